#include "api/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/metric/histogram.h"
#include "api/route.h"
#include "api/webhook/webhook.h"

enum { ROWS = TW_ROUTES_MAX + 1, STATUSES = 32, SENDERS = 32 };

// A push is to be answered within milliseconds, a large report may take longer.
static const struct tw_bounds any_bounds = {8, {0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5}};
// The aim is 25 ms for 99 of 100; registries give up after a second or more.
static const struct tw_bounds webhook_bounds = {
    11, {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}};
// The aim is 5 ms from the store; who waits for a scan waits for seconds, Kubernetes for ten.
static const struct tw_bounds admission_bounds = {
    12, {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10}};

static const unsigned statuses[STATUSES] = {200, 202, 204, 304, 400, 401, 403, 404, 405, 406, 408,
    409, 410, 411, 412, 413, 414, 415, 417, 422, 429, 431, 500, 501, 503};

static const char *const outcomes[TW_PUSH_OUTCOMES] = {
    [TW_PUSH_QUEUED] = "queued",
    [TW_PUSH_KNOWN] = "known",
    [TW_PUSH_NOT_ALLOWED] = "not-allowed",
    [TW_PUSH_BUSY] = "busy",
    [TW_PUSH_FAILED] = "failed",
    [TW_PUSH_MALFORMED] = "malformed",
    [TW_PUSH_IGNORED] = "ignored",
};

struct tw_metrics {
    struct row {                                  // the last is for paths that no route has
        atomic_uint_fast64_t by_status[STATUSES]; // the last: not in the table
        struct tw_histogram latency;
    } rows[ROWS];
    struct tw_histogram webhook, admission;
    atomic_uint_fast64_t pushes[SENDERS][TW_PUSH_OUTCOMES]; // the last: no webhook, POST /v1/scans
    atomic_int_fast64_t certificate_end_s;
};

struct tw_metrics *tw_metrics_new(void)
{
    return calloc(1, sizeof(struct tw_metrics));
}

void tw_metrics_free(struct tw_metrics *metrics)
{
    free(metrics);
}

// ---- counting ----

// Whose wait has a bound of its own, by what is asked.
static struct tw_histogram *own_latency(
    struct tw_metrics *metrics, const struct tw_route *route, const struct tw_bounds **ret_bounds)
{
    static const char webhooks[] = "/v1/webhooks/";
    if (route && strncmp(route->pattern, webhooks, sizeof webhooks - 1) == 0) {
        *ret_bounds = &webhook_bounds;
        return &metrics->webhook;
    }
    if (route && route->roles == TW_ROLE_ADMISSION) {
        *ret_bounds = &admission_bounds;
        return &metrics->admission;
    }
    return NULL;
}

void tw_metrics_count(
    struct tw_metrics *metrics, const struct tw_route *route, unsigned status, double seconds)
{
    size_t s = 0;
    struct row *row = &metrics->rows[route ? tw_route_index(route) : ROWS - 1];
    while (s < STATUSES - 1 && statuses[s] != status)
        s++;
    atomic_fetch_add_explicit(&row->by_status[s], 1, memory_order_relaxed);
    tw_histogram_add(&row->latency, &any_bounds, seconds);
    const struct tw_bounds *bounds = NULL;
    struct tw_histogram *own = own_latency(metrics, route, &bounds);
    if (own)
        tw_histogram_add(own, bounds, seconds);
}

static size_t sender_row(const char *name)
{
    size_t i = 0;
    const struct tw_webhook_sender *sender;
    while (
        name && i < SENDERS - 1 && (sender = tw_webhook_at(i)) && strcmp(sender->name, name) != 0)
        i++;
    return name && i < SENDERS - 1 && tw_webhook_at(i) ? i : SENDERS - 1;
}

void tw_metrics_pushes(
    struct tw_metrics *metrics, const char *sender, enum tw_push_outcome outcome, size_t count)
{
    atomic_fetch_add_explicit(
        &metrics->pushes[sender_row(sender)][outcome], count, memory_order_relaxed);
}

enum tw_push_outcome tw_push_outcome_of(int result, bool is_new)
{
    static const struct {
        int result;
        enum tw_push_outcome outcome;
    } rows[] = {
        {TW_E_NOT_ALLOWED, TW_PUSH_NOT_ALLOWED},
        {TW_E_BUSY, TW_PUSH_BUSY},
    };
    if (result == 0)
        return is_new ? TW_PUSH_QUEUED : TW_PUSH_KNOWN;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (rows[i].result == result)
            return rows[i].outcome;
    }
    return TW_PUSH_FAILED;
}

void tw_metrics_set_certificate(struct tw_metrics *metrics, int64_t not_after_s)
{
    atomic_store_explicit(&metrics->certificate_end_s, not_after_s, memory_order_relaxed);
}

// ---- writing ----

static uint64_t value(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static const char *pattern_of(const struct tw_route *route)
{
    return route ? route->pattern : "none";
}

static const char *method_of(const struct tw_route *route)
{
    return route ? tw_method_name(route->method) : "any";
}

static void write_counts(struct tw_buf *out, const struct row *row, const struct tw_route *route)
{
    for (size_t s = 0; s < STATUSES; s++) {
        char status[16] = "other";
        uint64_t n = value(&row->by_status[s]);
        if (n == 0)
            continue;
        if (statuses[s])
            snprintf(status, sizeof status, "%u", statuses[s]);
        tw_sample_count(out, "tidewaiter_http_requests_total",
            TW_LABELS(
                {"route", pattern_of(route)}, {"method", method_of(route)}, {"status", status}),
            n);
    }
}

static void write_requests(struct tw_buf *out, const struct tw_metrics *metrics)
{
    static const char duration[] = "tidewaiter_http_request_duration_seconds";
    tw_family(out, TW_COUNTER, "tidewaiter_http_requests_total", "Requests answered.");
    for (size_t i = 0; i < ROWS; i++)
        write_counts(out, &metrics->rows[i], tw_route_at(i));
    tw_family(out, TW_HISTOGRAM, duration, "From a request's first line to its answer.");
    for (size_t i = 0; i < ROWS; i++) {
        const struct tw_route *route = tw_route_at(i);
        const struct tw_histogram *latency = &metrics->rows[i].latency;
        if (tw_histogram_count(latency, &any_bounds) > 0)
            tw_histogram_write(out, duration,
                TW_LABELS({"route", pattern_of(route)}, {"method", method_of(route)}), latency,
                &any_bounds);
    }
}

// A sender that was never heard of has no series; one that was has all of them.
static void write_pushes(struct tw_buf *out, const struct tw_metrics *metrics)
{
    tw_family(out, TW_COUNTER, "tidewaiter_pushes_total",
        "Pushes that webhooks told of, and scans asked for (sender \"api\"), by what became of "
        "them.");
    for (size_t i = 0; i < SENDERS; i++) {
        uint64_t all = 0;
        const struct tw_webhook_sender *sender = i < SENDERS - 1 ? tw_webhook_at(i) : NULL;
        for (size_t o = 0; o < TW_PUSH_OUTCOMES; o++)
            all += value(&metrics->pushes[i][o]);
        for (size_t o = 0; o < TW_PUSH_OUTCOMES && all > 0; o++)
            tw_sample_count(out, "tidewaiter_pushes_total",
                TW_LABELS({"sender", sender ? sender->name : "api"}, {"outcome", outcomes[o]}),
                value(&metrics->pushes[i][o]));
    }
}

int tw_metrics_write(const struct tw_metrics *metrics, struct tw_buf *out)
{
    static const char webhook[] = "tidewaiter_webhook_duration_seconds";
    static const char admission[] = "tidewaiter_admission_duration_seconds";
    write_requests(out, metrics);
    write_pushes(out, metrics);
    tw_family(out, TW_HISTOGRAM, webhook, "How long a registry waited until its push was on disk.");
    tw_histogram_write(out, webhook, NULL, &metrics->webhook, &webhook_bounds);
    tw_family(out, TW_HISTOGRAM, admission,
        "How long the API server, or another one who decides on Pods, waited for an answer.");
    tw_histogram_write(out, admission, NULL, &metrics->admission, &admission_bounds);
    int64_t end_s = atomic_load_explicit(&metrics->certificate_end_s, memory_order_relaxed);
    if (end_s != 0)
        tw_single(out, TW_GAUGE, "tidewaiter_tls_certificate_not_after_timestamp_seconds",
            "When the served certificate ends, since 1970.", (double)end_s);
    return out->status;
}
