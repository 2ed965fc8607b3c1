// The policy in force, shared by all who judge.
#pragma once

#include "daemon/config/policy.h"
#include "scanner/rules/compare.h"

struct tw_jury;

// Loads the policy that the settings name.
int tw_jury_new(const struct tw_settings *settings, struct tw_jury **ret_jury, struct tw_err *err);
void tw_jury_free(struct tw_jury *jury); // nobody may be judging any more
TW_DEFINE_AUTO(struct tw_jury, tw_jury_free)

// Loads what these settings name. On error the policy that was in force stays so.
int tw_jury_reload(struct tw_jury *jury, const struct tw_settings *settings, struct tw_err *err);

// What a verdict depends on beside the image: program, facts, policy, and the day when the policy
// has waivers. An image whose mark differs has to be judged again.
enum { TW_JURY_MARK_BYTES = 128 };
void tw_jury_mark(struct tw_jury *jury, char ret_mark[TW_JURY_MARK_BYTES]);

// ret_mark: may be NULL.
int tw_jury_judge(struct tw_jury *jury, const struct tw_image_inventory *image, enum tw_lang lang,
    struct tw_verdict **ret_verdict, char ret_mark[TW_JURY_MARK_BYTES], struct tw_err *err);

// The same for one place: `place` says which (rules/verdict.h); its policy and its day are set
// here.
int tw_jury_judge_in(struct tw_jury *jury, const struct tw_image_inventory *image,
    const struct tw_judge_options *place, struct tw_verdict **ret_verdict, struct tw_err *err);

// What the policy in force says of admission.
struct tw_jury_admission {
    struct tw_admission_policy modes;
    char policy[128];  // its name
    char trouble[512]; // why its file cannot be read any more; "": it can
};
void tw_jury_admission(struct tw_jury *jury, struct tw_jury_admission *ret_admission);

// As tw_compare_all.
int tw_jury_compare(struct tw_jury *jury, const struct tw_compare_side *from,
    const struct tw_compare_side *to, enum tw_lang lang, struct tw_comparisons *ret_comparisons,
    struct tw_err *err);
