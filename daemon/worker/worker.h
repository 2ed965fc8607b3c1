// Workers: threads that take one scan after the other from the queue, do it, and store what it
// gave. A scan that failed goes back to the queue with its reason, later and later, or ends.
#pragma once

#include "daemon/cage/options.h"
#include "daemon/judge/rejudge.h"
#include "daemon/registry/registry.h"
#include "daemon/store/store.h"

struct tw_workers_options { // all of it must outlive the workers
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

// Takes no new scans; those under way get `grace_s` seconds, then they are cancelled and go
// back to the queue, with no attempt counted. Frees.
void tw_workers_stop(struct tw_workers *workers, unsigned grace_s);

// What happened since the start.
enum { TW_DURATION_BUCKETS = 12 };
extern const double tw_duration_bounds_s[TW_DURATION_BUCKETS]; // upper bounds, ascending

struct tw_worker_counters {
    uint64_t done, retried, failed;          // attempts by their end
    uint64_t layers_read, layers_cached;     // through a cage; known already
    uint64_t layer_bytes;                    // compressed, fetched
    uint64_t durations[TW_DURATION_BUCKETS]; // attempts no longer than the bound (cumulative)
    double duration_sum_s;
    unsigned running; // now
};
void tw_workers_counters(struct tw_workers *workers, struct tw_worker_counters *ret_counters);
