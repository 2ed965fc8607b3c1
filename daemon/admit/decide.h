// Whether a Pod may run: its images looked up, each judged as its container will run it, and the
// policy's word on what cannot be told. docs/admission.md.
#pragma once

#include "api/admission/admission.h"
#include "daemon/admit/lookup.h"
#include "daemon/judge/jury.h"

struct tw_decide_options { // must outlive the call
    struct tw_lookup *lookup;
    struct tw_jury *jury;
    const struct tw_registries *registries;
};

// As api/service.h, `admit`. The question's Pod must outlive the admission.
int tw_decide(const struct tw_decide_options *options, const struct tw_admission_question *question,
    struct tw_admission **ret_admission, struct tw_err *err);
