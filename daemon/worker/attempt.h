// One attempt at one scan: pulled, read, judged, stored.
#pragma once

#include <stdatomic.h>

#include "daemon/worker/flight.h"
#include "daemon/worker/worker.h"

struct tw_attempt {
    const struct tw_workers_options *options;
    struct tw_flight *flight;
    const char *worker; // the name that holds the lease
    const struct tw_scan *scan;
    const atomic_bool *cancelled;
    struct tw_reference reference; // of the scan; with the digest as soon as it is known
    // What it did, for the counters.
    atomic_uint_least64_t layers_read, layers_cached;
    uint64_t layer_bytes;
    struct tw_digest digest; // of what was scanned, once it is known
    unsigned images[TW_COMPLETENESS_WORDS][TW_DECISION_WORDS]; // that it stored
};

// 0 when the results are stored and the scan is done. TW_E_INTERRUPTED: it was cancelled, or the
// lease was lost. The caller does what follows from an error.
int tw_attempt_run(struct tw_attempt *attempt, struct tw_err *err);
