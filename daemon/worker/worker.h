// Workers: threads that take one scan after the other from the queue, do it, and store what it
// gave. A scan that failed goes back to the queue with its reason, later and later, or ends.
#pragma once

#include "api/metric/histogram.h"
#include "daemon/cage/options.h"
#include "daemon/config/current.h"
#include "daemon/judge/rejudge.h"
#include "daemon/registry/registry.h"
#include "daemon/store/store.h"

enum { TW_WORKERS_MAX = 64 };

struct tw_workers_options { // all of it must outlive the workers
    // Registries, seekable and parallel layers, bounds of queue and layers are taken from here anew
    // for each scan. NULL: they are what they are below.
    struct tw_current *current;
    struct tw_store *store;
    struct tw_jury *jury;
    struct tw_rejudge *rejudge;
    struct tw_events *events; // NULL: nobody is told
    const struct tw_registries *registries;
    const struct tw_limits *limits;
    struct tw_cage_options cage;
    bool whole_layers; // this and the next as in struct tw_scan_options
    unsigned layers_at_once;
    uint64_t layers_memory_bytes;
    struct tw_queue_limits queue;
    struct tw_layer_bounds layers;
    unsigned count;
    // Told of each image that was stored, and of each attempt that failed (`again`: the scan will
    // be tried once more). Both may be NULL; from the workers' threads.
    void (*stored)(void *ctx, const struct tw_digest *digest);
    void (*failed)(void *ctx, const char *scan_id, const struct tw_err *why, bool again);
    void *ctx;
};

struct tw_workers;

// TW_E_NOMEM, TW_E_IO: threads could not be started.
int tw_workers_start(
    const struct tw_workers_options *options, struct tw_workers **ret_workers, struct tw_err *err);

// There may be something to do. Any thread.
void tw_workers_wake(struct tw_workers *workers);

// From now on so many work, at most TW_WORKERS_MAX. Fewer: those that are too many end behind the
// scan that they have. From one thread at a time. TW_E_IO: a thread could not be started.
int tw_workers_set_count(struct tw_workers *workers, unsigned count, struct tw_err *err);

// Takes no new scans; those under way get `grace_s` seconds, then they are cancelled and go
// back to the queue, with no attempt counted. Frees.
void tw_workers_stop(struct tw_workers *workers, unsigned grace_s);

// What happened since the start.
enum { TW_ERROR_CODES = 32, TW_COMPLETENESS_WORDS = 3, TW_DECISION_WORDS = 3 };
extern const char *const tw_completeness_words[TW_COMPLETENESS_WORDS]; // "complete" ...
extern const char *const tw_decision_words[TW_DECISION_WORDS];         // "pass" ...

struct tw_worker_counters {
    uint64_t done, retried, failed, interrupted; // attempts by their end
    uint64_t errors[TW_ERROR_CODES];             // those retried and failed, by -TW_E_*
    uint64_t layers_read, layers_cached;         // through a cage; known already
    uint64_t layer_bytes;                        // compressed, fetched
    uint64_t images[TW_COMPLETENESS_WORDS][TW_DECISION_WORDS]; // stored, indexes left out
    unsigned running, workers;                                 // now
};
void tw_workers_counters(struct tw_workers *workers, struct tw_worker_counters *ret_counters);

// Durations of attempts, in seconds.
extern const struct tw_bounds tw_duration_bounds;
const struct tw_histogram *tw_workers_durations(const struct tw_workers *workers);

// Whether the threads do what they are for: leases are kept, and no scan is far past the limit
// scan_seconds. TW_E_INTERNAL says which does not.
int tw_workers_check(struct tw_workers *workers, struct tw_err *err);
