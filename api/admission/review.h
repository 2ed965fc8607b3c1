// AdmissionReview, admission.k8s.io/v1: the request in, the response out. Input is hostile JSON.
// facts/admission.md sections 2, 3 and 5.
#pragma once

#include "api/admission/admission.h"
#include "scanner/base/limits.h"
#include "scanner/base/span.h"

enum { TW_REVIEW_UID_MAX = 256 };

struct tw_review {
    json_t *json;
    char uid[TW_REVIEW_UID_MAX + 1];
    bool dry_run;
    struct tw_pod *pod;  // what is to be looked at; perhaps without containers
    const char *skipped; // nothing is to be looked at: why; NULL
    struct tw_err why;   // code < 0: it is not understood; `pod` is empty then
};

// Whatever has a uid is a review: what else is wrong with it is in `why`. TW_E_FORMAT, TW_E_LIMIT:
// this is no AdmissionReview of v1, or there is no uid to answer to.
int tw_review_read(struct tw_span body, const struct tw_limits *limits,
    struct tw_review *ret_review, struct tw_err *err);
void tw_review_done(struct tw_review *review);

// The AdmissionReview that answers it. `admission` NULL: allowed, `skipped` says why. NULL: out of
// memory.
json_t *tw_review_answer(const struct tw_review *review, const struct tw_admission *admission);
