// A policy applied to findings: severities, what a channel allows, waivers, and the decision.
// Private to verdict.c.
#pragma once

#include "scanner/rules/judging.h"

// The first channel that fits the image and its place; NULL: none.
const struct tw_channel *tw_weigh_channel(
    const struct tw_image_inventory *image, const struct tw_judge_options *options);

// Drops findings of rules that are off and of what the channel allows, sets severities, and marks
// what is waived.
void tw_weigh_findings(struct tw_judging *judging, const struct tw_channel *channel);

// Counts, and decides. After sorting.
void tw_weigh_decide(struct tw_judging *judging, const struct tw_channel *channel);
