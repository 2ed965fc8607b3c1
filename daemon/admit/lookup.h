// From an image's name to its inventories, within a given time.
//
// What is in memory is answered at once. Everything that may take long (the registry for a tag, the
// store, the queue) is done by threads of its own, once however many ask, while those who asked
// wait no longer than they want to. So no registry and no store that hangs holds an answer up.
#pragma once

#include "daemon/admit/known.h"
#include "daemon/config/current.h"
#include "daemon/registry/registry.h"

struct tw_lookup_options {      // all of it must outlive the lookup
    struct tw_current *current; // where registries are taken from each time; NULL: those below
    struct tw_store *store;
    const struct tw_registries *registries;
    const struct tw_limits *limits;
    // Puts it on the queue: api/service.h, `push`.
    int (*push)(void *ctx, const struct tw_push *push, struct tw_scan *ret_scan, bool *ret_new,
        struct tw_err *err);
    void *push_ctx;
    unsigned tag_seconds;  // a tag's digest is remembered
    unsigned patience_s;   // a registry that has not told a digest by then is given up
    unsigned waiters_max;  // requests that wait for scans; past it nobody does
    uint64_t memory_bytes; // of inventories that are kept, about
};

struct tw_lookup;

int tw_lookup_start(
    const struct tw_lookup_options *options, struct tw_lookup **ret_lookup, struct tw_err *err);
// Takes tag_seconds, patience_s, waiters_max and memory_bytes over.
void tw_lookup_tune(struct tw_lookup *lookup, const struct tw_lookup_options *options);
// From now on who asks is answered at once by what is in memory, and who waits is answered.
void tw_lookup_hurry(struct tw_lookup *lookup);
// Nobody may be asking any more. What others tell it is of no matter from here on. NULL: nothing
// happens.
void tw_lookup_stop(struct tw_lookup *lookup);
void tw_lookup_free(struct tw_lookup *lookup); // after the stop

enum tw_found_state {
    TW_FOUND_OPEN,     // never comes out
    TW_FOUND_KNOWN,    // here are its images
    TW_FOUND_SCANNING, // it has not been scanned yet; `why` says how far it is
    TW_FOUND_NOTHING,  // `why`
};

struct tw_found {
    enum tw_found_state state;
    struct tw_digest digest; // empty: not known
    bool is_last_known;      // the registry did not tell what the tag points to now
    struct tw_known *known;  // KNOWN: held by the caller
    struct tw_err why;
};

struct tw_lookup_wishes {
    bool may_scan;       // what has not been scanned is put on the queue
    bool wait_for_scans; // else only for what is needed to know whether there is one
    int64_t until_ms;    // CLOCK_MONOTONIC
};

// Any thread. Asks for all at once; returns when each is answered, or the time is over.
void tw_lookup_ask(struct tw_lookup *lookup, const struct tw_reference *references, size_t count,
    const struct tw_lookup_wishes *wishes, struct tw_found *ret_found);

// What others find out, from any thread: an image was stored; a scan failed (`again`: it will be
// tried again); a tag was pushed.
void tw_lookup_stored(struct tw_lookup *lookup, const struct tw_digest *digest);
void tw_lookup_failed(
    struct tw_lookup *lookup, const char *scan_id, const struct tw_err *why, bool again);
void tw_lookup_pushed(struct tw_lookup *lookup, const struct tw_reference *reference);
