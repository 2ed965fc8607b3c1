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

// The program of `image` that is the same as this one in the other image; NULL: there is none.
const struct tw_image_binary *tw_compare_partner(
    const struct tw_image_inventory *image, const struct tw_image_binary *binary);

// Whether a verdict has a finding with this fingerprint.
bool tw_verdict_has(const struct tw_verdict *verdict, const char *fingerprint);
