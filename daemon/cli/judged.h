// The images of a SOURCE and what they were judged to be.
#pragma once

#include "daemon/cli/subject.h"
#include "daemon/config/policy.h"

struct tw_judged {
    struct tw_report *reports;
    struct tw_verdict **verdicts;
    size_t count;
};

// The reports point into the subject. `policy` holds while they are used.
int tw_judged_make(const struct tw_subject *subject, const struct tw_policy *policy,
    const struct tw_options *o, struct tw_judged *ret_judged, struct tw_err *err);
void tw_judged_done(struct tw_judged *judged);

// 1: the verdict is deny; 3: it is not, but something could not be looked at and the policy cares.
enum tw_exit tw_judged_exit(const struct tw_judged *judged, const struct tw_policy *policy);
