// What a judgement has to tell: findings that nobody was told of yet, and drift.
#pragma once

#include "daemon/judge/jury.h"
#include "daemon/store/notice.h"

struct tw_telling_court { // by what it is judged; all must outlive the call
    struct tw_store *store;
    struct tw_jury *jury;
    const struct tw_limits *limits;
};

struct tw_telling_subject {
    const struct tw_reference *reference; // where it was pushed to; with its digest
    struct tw_image_inventory *const *images;
    struct tw_verdict *const *verdicts; // of each image, in English
    size_t count;
    const char *decision; // of all of them together
};

// New is a finding that was not there, or less severe, in the image that the tag pointed to before,
// and has not been told of for this image in this repository. Each time that a tag comes to point
// to the image, it is also told how it differs from the one before. What was pushed by digest alone
// is told of when a tag points to it, or to the index that it is part of: nothing is set then. So
// it is when there is nothing to write. TW_E_NOMEM, TW_E_STORE.
int tw_telling_make(const struct tw_telling_court *court, const struct tw_telling_subject *subject,
    int64_t now_ms, struct tw_telling *ret_telling, struct tw_err *err);
