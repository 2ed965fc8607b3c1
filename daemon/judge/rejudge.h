// The thread that judges stored images again when what they were judged by has changed.
#pragma once

#include "daemon/judge/jury.h"
#include "daemon/store/store.h"

struct tw_rejudge;

// Starts with everything that is stale already. All must outlive it.
int tw_rejudge_start(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    struct tw_rejudge **ret_rejudge, struct tw_err *err);

// The policy has changed. Any thread.
void tw_rejudge_wake(struct tw_rejudge *rejudge);

// Ends after the image under way. Frees. NULL: nothing happens.
void tw_rejudge_stop(struct tw_rejudge *rejudge);
