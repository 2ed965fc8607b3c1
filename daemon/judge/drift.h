// A push of a tag, compared with the one before.
#pragma once

#include "daemon/judge/jury.h"
#include "daemon/store/store.h"

// What changed, in counts. TW_E_NOT_FOUND: the tag pointed to nothing else before.
struct tw_push_drift {
    struct tw_digest previous;
    unsigned counts[TW_SEVERITY_COUNT];
    char worst[8]; // the rule of the worst change; "": none
};
int tw_push_drift(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_push_drift *ret_drift, struct tw_err *err);
