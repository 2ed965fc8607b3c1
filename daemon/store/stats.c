// What there is now, from counters; and what there was.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/inside.h"
#include "daemon/store/walk.h"

enum {
    ROWS_MAX = 200, // of rules, releases, settings, experiments: those that most images have
    HOUR_MS = 60 * 60 * 1000,
};
#define DAY_MS (24LL * HOUR_MS)

static int no_memory(struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOMEM, "out of memory for what was counted");
}

// ---- now ----

static int read_kind(struct tw_db *db, const char *kind, struct tw_arena *arena,
    struct tw_stat_list *list, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    bool failed = false;
    int r = tw_db_query(db, &rows, err,
        "SELECT name, value, images, things FROM fleet_count WHERE kind = ?1 AND images > 0"
        " ORDER BY images DESC LIMIT ?2",
        TW_TEXT(kind), TW_NUMBER(ROWS_MAX));
    while (r >= 0 && !failed && (r = tw_db_next(db, rows, err)) > 0) {
        struct tw_stat *stat = tw_arena_push(arena, &list->items, &list->count);
        failed = !stat;
        if (stat)
            *stat = (struct tw_stat){tw_walk_text(arena, rows, 0, &failed),
                tw_walk_text(arena, rows, 1, &failed), (uint64_t)sqlite3_column_int64(rows, 2),
                (uint64_t)sqlite3_column_int64(rows, 3)};
    }
    return r < 0 ? r : failed ? no_memory(err) : 0;
}

static const struct tw_stat *find(const struct tw_stat_list *list, const char *name)
{
    static const struct tw_stat none = {"", "", 0, 0};
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    }
    return &none;
}

static int read_now(struct tw_db *db, struct tw_stats *s, struct tw_err *err)
{
    static const char *const statuses[] = {"complete", "partial", "failed"};
    struct tw_stat_list image = {0}, decision = {0}, completeness = {0}, severity = {0};
    const struct {
        const char *kind;
        struct tw_stat_list *list;
    } kinds[] = {{"image", &image}, {"decision", &decision}, {"completeness", &completeness},
        {"severity", &severity}, {"rule", &s->rules}, {"go", &s->releases},
        {"godebug", &s->settings}, {"experiment", &s->experiments}};
    int r = 0;
    for (size_t i = 0; r == 0 && i < TW_COUNT(kinds); i++)
        r = read_kind(db, kinds[i].kind, s->arena, kinds[i].list, err);
    s->images = find(&image, "")->images;
    s->go_binaries = find(&image, "")->things;
    for (int d = TW_PASS; d <= TW_DENY; d++)
        s->decisions[d] = find(&decision, tw_decision_name((enum tw_decision)d))->images;
    for (size_t i = 0; i < TW_COUNT(statuses); i++)
        s->completeness[i] = find(&completeness, statuses[i])->images;
    for (int i = 0; i < TW_SEVERITY_COUNT; i++) {
        const char name[] = {(char)('0' + i), '\0'};
        s->findings[i] = find(&severity, name)->things;
        s->finding_images[i] = find(&severity, name)->images;
    }
    return r;
}

// ---- the past ----

// What is sampled. Sums only grow: their series tell by how much.
enum { GAUGES = 10, SUMS = 3 };
static const char *const names[GAUGES + SUMS] = {"images", "go_binaries", "pass", "warn", "deny",
    "critical", "high", "medium", "low", "info", "pushes", "scans_done", "scans_failed"};

static int read_tally(struct tw_db *db, const char *name, int64_t *ret_n, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err, "SELECT n FROM tally WHERE name = ?1", TW_TEXT(name));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        *ret_n = sqlite3_column_int64(row, 0);
    return r < 0 ? r : 0;
}

struct sample_job {
    int64_t now_ms;
    const struct tw_sample_bounds *bounds;
};

static int read_values(struct tw_db *db, int64_t values[GAUGES + SUMS], struct tw_err *err)
{
    struct tw_stats s = {.arena = tw_arena_new(TW_STORE_PAGE_BYTES)};
    if (!s.arena)
        return no_memory(err);
    int r = read_now(db, &s, err);
    const uint64_t gauges[GAUGES] = {s.images, s.go_binaries, s.decisions[TW_PASS],
        s.decisions[TW_WARN], s.decisions[TW_DENY], s.findings[TW_CRITICAL], s.findings[TW_HIGH],
        s.findings[TW_MEDIUM], s.findings[TW_LOW], s.findings[TW_INFO]};
    for (int i = 0; i < GAUGES; i++)
        values[i] = (int64_t)gauges[i];
    tw_stats_done(&s);
    for (int i = GAUGES; r == 0 && i < GAUGES + SUMS; i++)
        r = read_tally(db, names[i], &values[i], err);
    return r;
}

static int sample_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct sample_job *job = ctx;
    int64_t values[GAUGES + SUMS] = {0}, hour_ms = job->now_ms - job->now_ms % HOUR_MS;
    int r = read_values(db, values, err);
    for (int i = 0; r == 0 && i < GAUGES + SUMS; i++)
        r = tw_db_run(db, err,
            "INSERT INTO sample (at_ms, name, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (at_ms, name) DO UPDATE SET value = excluded.value",
            TW_NUMBER(hour_ms), TW_TEXT(names[i]), TW_NUMBER(values[i]));
    if (r == 0)
        r = tw_db_run(db, err, "DELETE FROM sample WHERE at_ms < ?1",
            TW_NUMBER(job->now_ms - job->bounds->days_ms));
    // The last hour of a day stays. Only the day that has just become old is looked at, and one
    // before, in case that nobody was here yesterday.
    int64_t old_ms = job->now_ms - job->bounds->hours_ms;
    int64_t old_day_ms = old_ms - old_ms % DAY_MS;
    for (int64_t day_ms = old_day_ms - 7 * DAY_MS; r == 0 && day_ms < old_day_ms; day_ms += DAY_MS)
        r = tw_db_run(db, err,
            "DELETE FROM sample WHERE at_ms >= ?1 AND at_ms < (SELECT max(at_ms) FROM sample"
            " WHERE at_ms < ?1 + 86400000)",
            TW_NUMBER(day_ms));
    if (r == 0)
        r = tw_db_run(db, err,
            "DELETE FROM fleet_count WHERE kind IN ('godebug', 'experiment') AND images <= 0");
    return r;
}

int tw_store_sample(struct tw_store *store, int64_t now_ms, const struct tw_sample_bounds *bounds,
    struct tw_err *err)
{
    struct sample_job job = {now_ms, bounds};
    return tw_writer_do(store->writer, sample_job, &job, err);
}

static int add_point(
    struct tw_arena *arena, struct tw_series *series, int64_t at_ms, int64_t value, bool by_day)
{
    int64_t at = by_day ? at_ms - at_ms % DAY_MS : at_ms;
    struct tw_point *last = series->count ? &series->points[series->count - 1] : NULL;
    if (!last || last->at_ms != at)
        last = tw_arena_push(arena, &series->points, &series->count);
    if (last)
        *last = (struct tw_point){at, value};
    return last ? 0 : TW_E_NOMEM;
}

// Of a sum: what was added in each step. `before`: its value when the first step began.
static void differ(struct tw_series *series, int64_t before)
{
    for (size_t i = 0; i < series->count; i++) {
        int64_t value = series->points[i].value;
        series->points[i].value = value - before;
        before = value;
    }
}

static int value_before(
    struct tw_db *db, const char *name, int64_t at_ms, int64_t *ret_value, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT value FROM sample WHERE name = ?2 AND at_ms ="
        " (SELECT max(at_ms) FROM sample WHERE at_ms < ?1)",
        TW_NUMBER(at_ms), TW_TEXT(name));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        *ret_value = sqlite3_column_int64(row, 0);
    return r < 0 ? r : 0;
}

static int series_of(const char *name)
{
    for (int i = 0; i < GAUGES + SUMS; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

static int read_series(
    struct tw_db *db, const struct tw_stats_query *query, struct tw_stats *s, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    struct tw_series *series = tw_arena_alloc(s->arena, (GAUGES + SUMS) * sizeof *series);
    if (!series)
        return no_memory(err);
    for (int i = 0; i < GAUGES + SUMS; i++)
        series[i].name = names[i];
    int r = tw_db_query(db, &rows, err,
        "SELECT at_ms, name, value FROM sample WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms",
        TW_NUMBER(query->from_ms), TW_NUMBER(query->to_ms));
    while (r >= 0 && (r = tw_db_next(db, rows, err)) > 0) {
        const char *name = (const char *)sqlite3_column_text(rows, 1);
        int i = name ? series_of(name) : -1;
        if (i >= 0 && add_point(s->arena, &series[i], sqlite3_column_int64(rows, 0),
                          sqlite3_column_int64(rows, 2), query->by_day) < 0)
            return no_memory(err);
    }
    for (int i = GAUGES; r == 0 && i < GAUGES + SUMS; i++) {
        int64_t before = 0;
        r = value_before(db, names[i], query->from_ms, &before, err);
        differ(&series[i], before);
    }
    s->series = series;
    s->series_count = GAUGES + SUMS;
    return r;
}

int tw_store_stats(struct tw_store *store, const struct tw_stats_query *query,
    struct tw_stats *ret_stats, struct tw_err *err)
{
    TW_AUTO(tw_stats_done) struct tw_stats stats = {.arena = tw_arena_new(TW_STORE_PAGE_BYTES)};
    if (!stats.arena)
        return no_memory(err);
    int r = tw_store_queue_stats(store, stats.scans, &stats.queue_oldest_ms, err);
    if (r < 0)
        return r;
    struct tw_db *db = tw_store_reader(store);
    r = read_now(db, &stats, err);
    if (r == 0 && query->to_ms > 0)
        r = read_series(db, query, &stats, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        return r;
    *ret_stats = stats;
    stats = (struct tw_stats){0};
    return 0;
}
