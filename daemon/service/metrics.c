#include "daemon/service/metrics.h"

#include <inttypes.h>

static void family(struct tw_buf *out, const char *name, const char *type, const char *help)
{
    tw_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void queue(struct tw_buf *out, const uint64_t counts[4], int64_t oldest_ms, int64_t now_ms)
{
    family(out, "tidewaiter_scans", "gauge", "Scans in the store by state.");
    for (int s = TW_SCAN_QUEUED; s <= TW_SCAN_FAILED; s++)
        tw_buf_printf(out, "tidewaiter_scans{state=\"%s\"} %" PRIu64 "\n",
            tw_scan_state_name((enum tw_scan_state)s), counts[s]);
    family(out, "tidewaiter_queue_oldest_seconds", "gauge",
        "Age of the oldest queued scan; 0 when none is queued.");
    int64_t age_ms = oldest_ms > 0 && now_ms > oldest_ms ? now_ms - oldest_ms : 0;
    tw_buf_printf(out, "tidewaiter_queue_oldest_seconds %.3f\n", (double)age_ms / 1000);
}

static void workers(struct tw_buf *out, const struct tw_worker_counters *c)
{
    const struct {
        const char *name, *type, *help, *labels;
        uint64_t value;
    } rows[] = {
        {"tidewaiter_workers_running", "gauge", "Scans under way.", "", c->running},
        {"tidewaiter_scan_attempts_total", "counter", "Attempts at a scan by their end.",
            "{end=\"done\"}", c->done},
        {"tidewaiter_scan_attempts_total", NULL, NULL, "{end=\"retried\"}", c->retried},
        {"tidewaiter_scan_attempts_total", NULL, NULL, "{end=\"failed\"}", c->failed},
        {"tidewaiter_layers_total", "counter", "Layers by where their inventory came from.",
            "{from=\"cage\"}", c->layers_read},
        {"tidewaiter_layers_total", NULL, NULL, "{from=\"store\"}", c->layers_cached},
        {"tidewaiter_layer_bytes_total", "counter", "Compressed bytes of layers fetched.", "",
            c->layer_bytes},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (rows[i].type)
            family(out, rows[i].name, rows[i].type, rows[i].help);
        tw_buf_printf(out, "%s%s %" PRIu64 "\n", rows[i].name, rows[i].labels, rows[i].value);
    }
    family(out, "tidewaiter_scan_duration_seconds", "histogram", "Duration of attempts at a scan.");
    for (int i = 0; i < TW_DURATION_BUCKETS; i++)
        tw_buf_printf(out, "tidewaiter_scan_duration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
            tw_duration_bounds_s[i], c->durations[i]);
    uint64_t all = c->done + c->retried + c->failed;
    tw_buf_printf(out,
        "tidewaiter_scan_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
        "tidewaiter_scan_duration_seconds_sum %g\n"
        "tidewaiter_scan_duration_seconds_count %" PRIu64 "\n",
        all, c->duration_sum_s, all);
}

static void admissions(struct tw_buf *out, const struct tw_daemon *daemon)
{
    family(out, "tidewaiter_admissions_total", "counter", "Pods and images asked about.");
    for (int d = TW_ADMIT_ALLOW; d <= TW_ADMIT_DENY; d++)
        tw_buf_printf(out, "tidewaiter_admissions_total{decision=\"%s\"} %llu\n",
            tw_admit_name((enum tw_admit)d), atomic_load(&daemon->admissions[d]));
}

int tw_daemon_metrics(
    struct tw_daemon *daemon, int64_t now_ms, struct tw_buf *out, struct tw_err *err)
{
    uint64_t counts[4] = {0};
    int64_t oldest_ms = 0;
    struct tw_worker_counters counters = {0};
    int r = tw_store_queue_stats(daemon->store, counts, &oldest_ms, err);
    if (r < 0)
        return r;
    tw_workers_counters(daemon->workers, &counters);
    queue(out, counts, oldest_ms, now_ms);
    workers(out, &counters);
    admissions(out, daemon);
    r = tw_notify_metrics(daemon->notify, out, err);
    if (r < 0)
        return r;
    return out->status < 0 ? tw_err_set(err, out->status, "the metrics do not fit") : 0;
}
