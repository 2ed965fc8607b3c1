// The parts of rules that look at build steps, where other parts look at the image. Private to the
// checks.
#pragma once

#include "scanner/rules/judging.h"

// TW101 for ENV and export lines of a build; TW302 likewise.
void tw_check_goroot_final_build(struct tw_judging *judging, const struct tw_rule *rule);
void tw_check_goexperiment_empty_build(struct tw_judging *judging, const struct tw_rule *rule);
