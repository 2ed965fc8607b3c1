// The checks of a comparison. Private to compare.c.
#pragma once

#include "scanner/rules/judging.h"

// Puts the findings into the verdict of `to`.
void tw_drift(struct tw_judging *from, struct tw_judging *to);

// A program in both images.
struct tw_pair {
    const struct tw_judged_binary *from, *to;
};

// One rule of modules: TW604.
void tw_drift_modules(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_pair *pair);
