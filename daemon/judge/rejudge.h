// The thread that judges stored images again when what they were judged by has changed:
// the policy, the facts, the day, or the name that an image is known by.
#pragma once

#include "daemon/events/events.h"
#include "daemon/judge/jury.h"
#include "daemon/store/store.h"

struct tw_rejudge;

// Starts with everything that is stale already. All must outlive it. events: told of decisions that
// change; NULL.
int tw_rejudge_start(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    struct tw_events *events, struct tw_rejudge **ret_rejudge, struct tw_err *err);

// Something may have to be judged again: what was pushed under another name, or (all) everything,
// as after a change of the policy. Any thread.
void tw_rejudge_wake(struct tw_rejudge *rejudge, bool all);

struct tw_rejudge_counters {
    uint64_t judged;  // since the start
    uint64_t backlog; // what the pass under way has still to look at; 0: none is under way
};
void tw_rejudge_counters(struct tw_rejudge *rejudge, struct tw_rejudge_counters *ret_counters);

// Ends after the image under way. Frees. NULL: nothing happens.
void tw_rejudge_stop(struct tw_rejudge *rejudge);
