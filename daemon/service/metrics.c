#include "daemon/service/metrics.h"

#include "api/metric/exposition.h"
#include "daemon/service/fleet.h"
#include "daemon/service/process.h"
#include "scanner/facts/release.h"

static void queue(struct tw_buf *out, const uint64_t counts[4], int64_t oldest_ms, int64_t now_ms)
{
    tw_family(out, TW_GAUGE, "tidewaiter_scans", "Scans in the store by state; the queue's depth.");
    for (int s = TW_SCAN_QUEUED; s <= TW_SCAN_FAILED; s++)
        tw_sample_count(out, "tidewaiter_scans",
            TW_LABELS({"state", tw_scan_state_name((enum tw_scan_state)s)}), counts[s]);
    int64_t age_ms = oldest_ms > 0 && now_ms > oldest_ms ? now_ms - oldest_ms : 0;
    tw_single(out, TW_GAUGE, "tidewaiter_queue_oldest_seconds",
        "Age of the oldest queued scan; 0 when none is queued.", (double)age_ms / 1000);
}

static void attempts(struct tw_buf *out, const struct tw_worker_counters *c)
{
    const struct {
        const char *end;
        uint64_t count;
    } ends[] = {{"done", c->done}, {"retried", c->retried}, {"failed", c->failed},
        {"interrupted", c->interrupted}};
    tw_family(
        out, TW_COUNTER, "tidewaiter_scan_attempts_total", "Attempts at a scan by their end.");
    for (size_t i = 0; i < TW_COUNT(ends); i++)
        tw_sample_count(
            out, "tidewaiter_scan_attempts_total", TW_LABELS({"end", ends[i].end}), ends[i].count);
    tw_family(out, TW_COUNTER, "tidewaiter_scan_errors_total",
        "Attempts that were retried or failed, by why.");
    for (int code = 1; code < TW_ERROR_CODES; code++) {
        if (c->errors[code] > 0)
            tw_sample_count(out, "tidewaiter_scan_errors_total",
                TW_LABELS({"code", tw_err_name(-code)}), c->errors[code]);
    }
    tw_family(out, TW_COUNTER, "tidewaiter_images_scanned_total",
        "Images that scans stored, by how much could be read, and the verdict then.");
    for (size_t i = 0; i < TW_COMPLETENESS_WORDS * TW_DECISION_WORDS; i++)
        tw_sample_count(out, "tidewaiter_images_scanned_total",
            TW_LABELS({"completeness", tw_completeness_words[i / TW_DECISION_WORDS]},
                {"decision", tw_decision_words[i % TW_DECISION_WORDS]}),
            c->images[i / TW_DECISION_WORDS][i % TW_DECISION_WORDS]);
}

static void workers(struct tw_buf *out, struct tw_workers *workers)
{
    static const char duration[] = "tidewaiter_scan_duration_seconds";
    struct tw_worker_counters c = {0};
    tw_workers_counters(workers, &c);
    tw_single_count(out, TW_GAUGE, "tidewaiter_workers", "Scans that may be under way.", c.workers);
    tw_single_count(out, TW_GAUGE, "tidewaiter_workers_running", "Scans under way.", c.running);
    attempts(out, &c);
    tw_family(out, TW_HISTOGRAM, duration, "Duration of attempts at a scan.");
    tw_histogram_write(out, duration, NULL, tw_workers_durations(workers), &tw_duration_bounds);
    tw_family(out, TW_COUNTER, "tidewaiter_layers_total",
        "Layers by where their inventory came from: the store's are the cache's hits.");
    tw_sample_count(out, "tidewaiter_layers_total", TW_LABELS({"from", "cage"}), c.layers_read);
    tw_sample_count(out, "tidewaiter_layers_total", TW_LABELS({"from", "store"}), c.layers_cached);
    tw_single_count(out, TW_COUNTER, "tidewaiter_layer_bytes_total",
        "Compressed bytes of layers fetched.", c.layer_bytes);
}

static void cages(struct tw_buf *out, const struct tw_cage_counters *cages)
{
    tw_single_count(out, TW_COUNTER, "tidewaiter_layer_uncompressed_bytes_total",
        "Bytes that cages read, uncompressed.", atomic_load(&cages->out_bytes));
    tw_single_count(
        out, TW_COUNTER, "tidewaiter_cages_total", "Cages started.", atomic_load(&cages->started));
    tw_family(out, TW_COUNTER, "tidewaiter_cage_deaths_total",
        "Cages that did not end as they should, by why; what is wrong with a layer is no death.");
    for (int d = TW_CAGE_LIVED + 1; d < TW_CAGE_DEATHS; d++)
        tw_sample_count(out, "tidewaiter_cage_deaths_total",
            TW_LABELS({"reason", tw_cage_death_name((enum tw_cage_death)d)}),
            atomic_load(&cages->deaths[d]));
}

static void admissions(struct tw_buf *out, struct tw_daemon *daemon)
{
    tw_family(
        out, TW_COUNTER, "tidewaiter_admissions_total", "Pods and images asked about, by answer.");
    for (int d = TW_ADMIT_ALLOW; d <= TW_ADMIT_DENY; d++)
        tw_sample_count(out, "tidewaiter_admissions_total",
            TW_LABELS({"decision", tw_admit_name((enum tw_admit)d)}),
            atomic_load(&daemon->admissions[d]));
    tw_family(out, TW_COUNTER, "tidewaiter_admission_containers_total",
        "Containers of them, by what was known of their image, and the answer.");
    for (int s = TW_IMAGE_JUDGED; s <= TW_IMAGE_UNKNOWN; s++) {
        for (int d = TW_ADMIT_ALLOW; d <= TW_ADMIT_DENY; d++)
            tw_sample_count(out, "tidewaiter_admission_containers_total",
                TW_LABELS({"image", tw_image_state_name((enum tw_image_state)s)},
                    {"decision", tw_admit_name((enum tw_admit)d)}),
                atomic_load(&daemon->admitted[s][d]));
    }
}

static void store(struct tw_buf *out, const struct tw_store *store)
{
    static const char seconds[] = "tidewaiter_store_commit_duration_seconds";
    static const char writes[] = "tidewaiter_store_commit_writes";
    const struct tw_store_counters *c = tw_store_counters(store);
    tw_family(out, TW_HISTOGRAM, seconds, "Duration of commits, until they were on the disk.");
    tw_histogram_write(out, seconds, NULL, &c->commit_seconds, &tw_commit_seconds_bounds);
    tw_family(out, TW_HISTOGRAM, writes, "Writes that shared a commit.");
    tw_histogram_write(out, writes, NULL, &c->commit_writes, &tw_commit_writes_bounds);
    tw_single_count(out, TW_COUNTER, "tidewaiter_store_commit_failures_total",
        "Commits that failed, as on a disk that is full.", atomic_load(&c->failed_commits));
}

static void disk(struct tw_buf *out, const struct tw_room *room, uint64_t reserve_bytes)
{
    uint64_t free_bytes = 0;
    if (tw_room_free(room, &free_bytes))
        tw_single_count(out, TW_GAUGE, "tidewaiter_disk_free_bytes",
            "Free for the store on the disk under it.", free_bytes);
    tw_single_count(out, TW_GAUGE, "tidewaiter_disk_reserve_bytes",
        "Below so much that is free no push is taken (setting disk-reserve).", reserve_bytes);
}

static void rejudge(struct tw_buf *out, struct tw_rejudge *rejudge)
{
    struct tw_rejudge_counters c = {0};
    tw_rejudge_counters(rejudge, &c);
    tw_single_count(out, TW_COUNTER, "tidewaiter_rejudged_images_total",
        "Stored images and indexes that were judged again.", c.judged);
    tw_single_count(out, TW_GAUGE, "tidewaiter_rejudge_backlog",
        "Stored images and indexes that have still to be judged again.", c.backlog);
}

static void build(struct tw_buf *out)
{
    tw_family(out, TW_GAUGE, "tidewaiter_build_info",
        "1; the program's version, and the newest Go release that it knows.");
    tw_sample_count(out, "tidewaiter_build_info",
        TW_LABELS({"version", TW_VERSION}, {"facts", tw_facts_version()}), 1);
}

int tw_daemon_metrics(
    struct tw_daemon *daemon, int64_t now_ms, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(daemon->current);
    const struct tw_stats_query now = {0}; // without series
    TW_AUTO(tw_stats_done) struct tw_stats stats = {0};
    int r = tw_store_stats(daemon->store, &now, &stats, err);
    if (r < 0)
        return r;
    queue(out, stats.scans, stats.queue_oldest_ms, now_ms);
    tw_fleet_metrics(&stats, out);
    workers(out, daemon->workers);
    cages(out, &daemon->cages);
    admissions(out, daemon);
    store(out, daemon->store);
    disk(out, &daemon->room, held->settings->disk_reserve_mib << 20);
    rejudge(out, daemon->rejudge);
    build(out);
    tw_process_metrics(out);
    r = tw_notify_metrics(daemon->notify, out, err);
    if (r < 0)
        return r;
    return out->status < 0 ? tw_err_set(err, out->status, "the metrics do not fit") : 0;
}
