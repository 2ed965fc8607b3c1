// Inside api/: counters and latencies of the HTTP side.
#pragma once

#include <stddef.h>

#include "scanner/base/buf.h"

struct tw_route;
struct tw_metrics;

struct tw_metrics *tw_metrics_new(void); // NULL: out of memory
void tw_metrics_free(struct tw_metrics *metrics);

// Any thread. route: NULL for a path that there is not.
void tw_metrics_count(
    struct tw_metrics *metrics, const struct tw_route *route, unsigned status, double seconds);

// Prometheus' text format 0.0.4, onto `out`.
int tw_metrics_write(const struct tw_metrics *metrics, struct tw_buf *out);
