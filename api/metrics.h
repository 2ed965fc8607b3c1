// Inside api/: counters and latencies of the HTTP side.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "scanner/base/buf.h"

struct tw_route;
struct tw_metrics;

struct tw_metrics *tw_metrics_new(void); // NULL: out of memory
void tw_metrics_free(struct tw_metrics *metrics);

// All of these: any thread.

// A request was answered. route: NULL for a path that there is not.
void tw_metrics_count(
    struct tw_metrics *metrics, const struct tw_route *route, unsigned status, double seconds);

// What became of pushes that somebody told of, or of a wish for a scan.
enum tw_push_outcome {
    TW_PUSH_QUEUED,      // a scan follows
    TW_PUSH_KNOWN,       // scanned already, or on the queue
    TW_PUSH_NOT_ALLOWED, // its registry is not one that may be asked
    TW_PUSH_BUSY,        // no room; the sender comes again
    TW_PUSH_FAILED,      // our own fault
    TW_PUSH_MALFORMED,   // could not be read
    TW_PUSH_IGNORED,     // no push of an image
    TW_PUSH_OUTCOMES,
};
// sender: a name of the table in webhook/; NULL: POST /v1/scans.
void tw_metrics_pushes(
    struct tw_metrics *metrics, const char *sender, enum tw_push_outcome outcome, size_t count);

// The outcome that a result of the service stands for.
enum tw_push_outcome tw_push_outcome_of(int result, bool is_new);

// The end of the served certificate's life, in seconds since 1970; 0: there is none.
void tw_metrics_set_certificate(struct tw_metrics *metrics, int64_t not_after_s);

// Prometheus' text format, onto `out`.
int tw_metrics_write(const struct tw_metrics *metrics, struct tw_buf *out);
