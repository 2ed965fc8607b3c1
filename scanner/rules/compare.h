// What changes for the running programs between two images: TW601 to TW604, TW306, TW307.
#pragma once

#include "scanner/rules/verdict.h"

struct tw_comparison {
    const struct tw_image_inventory *from, *to; // not owned
    // Findings of drift, worst first, with decision and counts by the policy.
    struct tw_verdict *drift;
    // Findings of each image by itself.
    struct tw_verdict *before, *after;
};

// Programs are paired by path, else by the path of their main package. The result points into both
// images. TW_E_NOMEM.
int tw_compare(const struct tw_image_inventory *from, const struct tw_image_inventory *to,
    const struct tw_judge_options *options, struct tw_comparison *ret_comparison,
    struct tw_err *err);
void tw_comparison_done(struct tw_comparison *comparison);

// Images of several platforms.
struct tw_compare_side {
    struct tw_image_inventory *const *images;
    size_t count;
};

struct tw_comparisons {
    struct tw_comparison *items;
    size_t count;
};

// Each image of `to` with that of `from` for the same platform; what is not known of a platform
// fits any. TW_E_NOT_FOUND: they have none in common.
int tw_compare_all(const struct tw_compare_side *from, const struct tw_compare_side *to,
    const struct tw_judge_options *options, struct tw_comparisons *ret_comparisons,
    struct tw_err *err);
void tw_comparisons_done(struct tw_comparisons *comparisons);

// The program of `image` that is the same as this one in the other image; NULL: there is none.
const struct tw_image_binary *tw_compare_partner(
    const struct tw_image_inventory *image, const struct tw_image_binary *binary);

// Whether a verdict has a finding with this fingerprint.
bool tw_verdict_has(const struct tw_verdict *verdict, const char *fingerprint);
