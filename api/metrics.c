#include "api/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "api/route.h"

enum { ROWS = TW_ROUTES_MAX + 1, STATUSES = 16, BUCKETS = 8 };

// Upper bounds; a push is to be answered within milliseconds, a large report may take longer.
static const double bounds_s[BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5};

static const unsigned statuses[STATUSES] = {
    200, 202, 400, 403, 404, 405, 406, 409, 413, 415, 422, 500, 503};

// The last row is for paths that no route has, the last status for those not in the table.
struct tw_metrics {
    struct row {
        atomic_uint_fast64_t by_status[STATUSES];
        atomic_uint_fast64_t by_latency[BUCKETS + 1]; // not cumulative
        atomic_uint_fast64_t nanoseconds;
    } rows[ROWS];
};

struct tw_metrics *tw_metrics_new(void)
{
    return calloc(1, sizeof(struct tw_metrics));
}

void tw_metrics_free(struct tw_metrics *metrics)
{
    free(metrics);
}

void tw_metrics_count(
    struct tw_metrics *metrics, const struct tw_route *route, unsigned status, double seconds)
{
    size_t s = 0, b = 0;
    struct row *row = &metrics->rows[route ? tw_route_index(route) : ROWS - 1];
    while (s < STATUSES - 1 && statuses[s] != status)
        s++;
    while (b < BUCKETS && seconds > bounds_s[b])
        b++;
    atomic_fetch_add_explicit(&row->by_status[s], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&row->by_latency[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(
        &row->nanoseconds, (uint_fast64_t)(seconds * 1e9), memory_order_relaxed);
}

static uint64_t value(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

// route="/v1/scans",method="GET"
static void labels(struct tw_buf *out, size_t index)
{
    const struct tw_route *route = tw_route_at(index);
    tw_buf_printf(out, "route=\"%s\",method=\"%s\"", route ? route->pattern : "none",
        route ? tw_method_name(route->method) : "any");
}

static void write_counts(struct tw_buf *out, const struct row *row, size_t index)
{
    for (size_t s = 0; s < STATUSES; s++) {
        uint64_t n = value(&row->by_status[s]);
        if (n == 0)
            continue;
        tw_buf_puts(out, "tidewaiter_http_requests_total{");
        labels(out, index);
        if (statuses[s])
            tw_buf_printf(out, ",status=\"%u\"} %" PRIu64 "\n", statuses[s], n);
        else
            tw_buf_printf(out, ",status=\"other\"} %" PRIu64 "\n", n);
    }
}

static uint64_t request_count(const struct row *row)
{
    uint64_t n = 0;
    for (size_t b = 0; b <= BUCKETS; b++)
        n += value(&row->by_latency[b]);
    return n;
}

static void write_latency(struct tw_buf *out, const struct row *row, size_t index)
{
    static const char name[] = "tidewaiter_http_request_duration_seconds";
    if (request_count(row) == 0)
        return;
    uint64_t n = 0;
    for (size_t b = 0; b <= BUCKETS; b++) {
        n += value(&row->by_latency[b]);
        tw_buf_printf(out, "%s_bucket{", name);
        labels(out, index);
        if (b < BUCKETS)
            tw_buf_printf(out, ",le=\"%g\"} %" PRIu64 "\n", bounds_s[b], n);
        else
            tw_buf_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n", n);
    }
    tw_buf_printf(out, "%s_sum{", name);
    labels(out, index);
    tw_buf_printf(out, "} %.9f\n%s_count{", (double)value(&row->nanoseconds) / 1e9, name);
    labels(out, index);
    tw_buf_printf(out, "} %" PRIu64 "\n", n);
}

int tw_metrics_write(const struct tw_metrics *metrics, struct tw_buf *out)
{
    tw_buf_puts(out, "# HELP tidewaiter_http_requests_total Requests answered.\n"
                     "# TYPE tidewaiter_http_requests_total counter\n");
    for (size_t i = 0; i < ROWS; i++)
        write_counts(out, &metrics->rows[i], i);
    tw_buf_puts(out,
        "# HELP tidewaiter_http_request_duration_seconds From the headers to the answer.\n"
        "# TYPE tidewaiter_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i < ROWS; i++)
        write_latency(out, &metrics->rows[i], i);
    return out->status;
}
