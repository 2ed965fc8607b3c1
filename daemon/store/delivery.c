// Deliveries: taken, tried, ended; and lists of them.
#include <string.h>

#include "daemon/store/inside.h"

struct delivery_job {
    const char *sink, *id;
    size_t max;
    int64_t now_ms, lease_ms, at_ms;
    uint64_t keep;
    struct tw_delivery *deliveries;
    size_t count;
    int64_t next_ms;
    enum tw_delivery_end end;
    const char *error;
    uint64_t dropped;
    struct tw_notification notification;
};

// ---- taking ----

static int read_due(struct tw_db *db, struct delivery_job *job, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT d.id, d.attempts + 1, d.created_ms, d.due_ms, n.id, n.created_ms, n.kind, n.json"
        " FROM delivery d JOIN notice n ON n.id = d.notice_id"
        " WHERE d.state = 'waiting' AND d.sink = ?1 ORDER BY d.due_ms, d.id",
        TW_TEXT(job->sink));
    while (r >= 0 && (r = tw_db_next(db, row, err)) > 0) {
        job->next_ms = sqlite3_column_int64(row, 3);
        if (job->next_ms > job->now_ms || job->count == job->max)
            return 0;
        struct tw_delivery *d = &job->deliveries[job->count];
        *d = (struct tw_delivery){.attempts = (unsigned)sqlite3_column_int64(row, 1),
            .created_ms = sqlite3_column_int64(row, 2)};
        TW_COLUMN_TEXT(row, 0, d->id);
        d->notice.id = sqlite3_column_int64(row, 4);
        d->notice.created_ms = sqlite3_column_int64(row, 5);
        TW_COLUMN_TEXT(row, 6, d->notice.kind);
        const char *json = (const char *)sqlite3_column_text(row, 7);
        d->notice.size = (size_t)sqlite3_column_bytes(row, 7);
        d->notice.json = strndup(json ? json : "", d->notice.size);
        if (!d->notice.json)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        job->count++;
        job->next_ms = 0;
    }
    return r;
}

static int take_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct delivery_job *job = ctx;
    int r = read_due(db, job, err);
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = tw_db_run(db, err,
            "UPDATE delivery SET attempts = attempts + 1, due_ms = ?2 WHERE id = ?1",
            TW_TEXT(job->deliveries[i].id), TW_NUMBER(job->now_ms + job->lease_ms));
    return r;
}

int tw_store_delivery_take(struct tw_store *store, const char *sink, size_t max, int64_t now_ms,
    int64_t lease_ms, struct tw_delivery *ret_deliveries, size_t *ret_count, int64_t *ret_next_ms,
    struct tw_err *err)
{
    struct delivery_job job = {.sink = sink,
        .max = max,
        .now_ms = now_ms,
        .lease_ms = lease_ms,
        .deliveries = ret_deliveries};
    int r = tw_writer_do(store->writer, take_job, &job, err);
    for (size_t i = 0; r < 0 && i < job.count; i++)
        tw_news_done(&ret_deliveries[i].notice);
    if (r < 0)
        return r;
    *ret_count = job.count;
    *ret_next_ms = job.next_ms;
    return 0;
}

// ---- ends ----

static int end_one(
    struct tw_db *db, const struct delivery_job *job, const char *id, struct tw_err *err)
{
    if (job->end == TW_DELIVERY_DONE)
        return tw_db_run(db, err, "DELETE FROM delivery WHERE id = ?1", TW_TEXT(id));
    return tw_db_run(db, err,
        "UPDATE delivery SET state = ?2, attempts = attempts - ?3, due_ms = ?4, error = ?5"
        " WHERE id = ?1",
        TW_TEXT(id), TW_TEXT(job->end == TW_DELIVERY_FAILED ? "failed" : "waiting"),
        TW_NUMBER(job->end == TW_DELIVERY_BACK), TW_NUMBER(job->at_ms), TW_TEXT(job->error));
}

static int end_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct delivery_job *job = ctx;
    int r = 0;
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = end_one(db, job, job->deliveries[i].id, err);
    return r;
}

int tw_store_delivery_end(struct tw_store *store, const struct tw_delivery *deliveries,
    size_t count, enum tw_delivery_end end, const char *error, int64_t at_ms, struct tw_err *err)
{
    struct delivery_job job = {.deliveries = (struct tw_delivery *)deliveries, // only read
        .count = count,
        .end = end,
        .error = error,
        .at_ms = at_ms};
    return tw_writer_do(store->writer, end_job, &job, err);
}

static int recover_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct delivery_job *job = ctx;
    return tw_db_run(db, err,
        "UPDATE delivery SET due_ms = ?1 WHERE state = 'waiting' AND due_ms > ?1",
        TW_NUMBER(job->now_ms));
}

int tw_store_delivery_recover(struct tw_store *store, int64_t now_ms, struct tw_err *err)
{
    struct delivery_job job = {.now_ms = now_ms};
    return tw_writer_do(store->writer, recover_job, &job, err);
}

static int drop_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct delivery_job *job = ctx;
    int r = tw_db_run(
        db, err, "DELETE FROM delivery WHERE state = 'waiting' AND sink = ?1", TW_TEXT(job->sink));
    job->dropped = r == 0 ? (uint64_t)tw_db_changes(db) : 0;
    if (r == 0)
        r = tw_db_run(db, err, "DELETE FROM delivery WHERE state = 'failed' AND sink = ?1",
            TW_TEXT(job->sink));
    job->dropped += r == 0 ? (uint64_t)tw_db_changes(db) : 0;
    return r;
}

int tw_store_delivery_drop(
    struct tw_store *store, const char *sink, uint64_t *ret_count, struct tw_err *err)
{
    struct delivery_job job = {.sink = sink};
    int r = tw_writer_do(store->writer, drop_job, &job, err);
    if (r == 0)
        *ret_count = job.dropped;
    return r;
}

// Ids start with the time, so the oldest have the smallest.
static int purge_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct delivery_job *job = ctx;
    int r = tw_db_run(db, err,
        "DELETE FROM delivery WHERE state = 'failed' AND (created_ms < ?1 OR id IN"
        " (SELECT id FROM delivery WHERE state = 'failed' ORDER BY id DESC LIMIT -1 OFFSET ?2))",
        TW_NUMBER(job->now_ms), TW_NUMBER(job->keep));
    if (r == 0)
        job->dropped = (uint64_t)tw_db_changes(db);
    return r;
}

int tw_store_delivery_purge(struct tw_store *store, int64_t before_ms, uint64_t max,
    uint64_t *ret_count, struct tw_err *err)
{
    struct delivery_job job = {.now_ms = before_ms, .keep = max};
    int r = tw_writer_do(store->writer, purge_job, &job, err);
    if (r == 0)
        *ret_count = job.dropped;
    return r;
}

// ---- looking ----

static int read_counts(
    struct tw_db *db, struct tw_delivery_count **counts, size_t *count, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(
        db, &row, err, "SELECT sink, state, n FROM delivery_count ORDER BY sink, state");
    while (r >= 0 && (r = tw_db_next(db, row, err)) > 0) {
        const char *sink = (const char *)sqlite3_column_text(row, 0);
        if (*count == 0 || strcmp((*counts)[*count - 1].sink, sink) != 0) {
            struct tw_delivery_count *more = reallocarray(*counts, *count + 1, sizeof *more);
            if (!more)
                return tw_err_set(err, TW_E_NOMEM, "out of memory");
            *counts = more;
            more[*count] = (struct tw_delivery_count){0};
            TW_COLUMN_TEXT(row, 0, more[(*count)++].sink);
        }
        bool failed = strcmp((const char *)sqlite3_column_text(row, 1), "failed") == 0;
        struct tw_delivery_count *of = &(*counts)[*count - 1];
        *(failed ? &of->failed : &of->waiting) = (uint64_t)sqlite3_column_int64(row, 2);
    }
    return r;
}

int tw_store_delivery_counts(struct tw_store *store, struct tw_delivery_count **ret_counts,
    size_t *ret_count, struct tw_err *err)
{
    TW_AUTO(tw_freep) struct tw_delivery_count *counts = NULL;
    size_t count = 0;
    struct tw_db *db = tw_store_reader(store);
    int r = read_counts(db, &counts, &count, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        return r;
    *ret_counts = TW_TAKE(counts);
    *ret_count = count;
    return 0;
}

#define COLUMNS                                                                                    \
    "d.id, d.sink, n.kind, d.state, d.attempts, d.created_ms, d.due_ms, d.error,"                  \
    " json_extract(n.json, '$.registry'), json_extract(n.json, '$.repository'),"                   \
    " json_extract(n.json, '$.tag'), json_extract(n.json, '$.digest')"
#define TABLES "delivery d JOIN notice n ON n.id = d.notice_id"

static void read_notification(sqlite3_stmt *row, struct tw_notification *ret_notification)
{
    struct tw_notification n = {0};
    struct tw_reference reference = {0};
    TW_COLUMN_TEXT(row, 0, n.id);
    TW_COLUMN_TEXT(row, 1, n.sink);
    TW_COLUMN_TEXT(row, 2, n.event);
    TW_COLUMN_TEXT(row, 3, n.state);
    n.attempts = (unsigned)sqlite3_column_int64(row, 4);
    n.created_ms = sqlite3_column_int64(row, 5);
    n.due_ms = strcmp(n.state, "waiting") == 0 ? sqlite3_column_int64(row, 6) : 0;
    TW_COLUMN_TEXT(row, 7, n.error);
    TW_COLUMN_TEXT(row, 8, reference.registry);
    TW_COLUMN_TEXT(row, 9, reference.repository);
    TW_COLUMN_TEXT(row, 10, reference.tag);
    TW_COLUMN_TEXT(row, 11, reference.digest.text);
    tw_reference_format(&reference, n.reference);
    *ret_notification = n;
}

static int read_list(struct tw_db *db, const struct tw_notification_query *query,
    struct tw_notification_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    TW_AUTO(tw_freep)
    struct tw_notification *items = calloc(query->limit, sizeof *items);
    if (!items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_notification_list list = {0};
    // "~" sorts behind every id.
    int r = tw_db_query(db, &row, err,
        "SELECT " COLUMNS " FROM " TABLES " WHERE d.id < ?1 AND (?2 IS NULL OR d.sink = ?2)"
        " AND (?3 IS NULL OR d.state = ?3) ORDER BY d.id DESC LIMIT ?4",
        TW_TEXT(query->cursor && *query->cursor ? query->cursor : "~"), TW_TEXT(query->sink),
        TW_TEXT(query->state), TW_NUMBER(query->limit + 1));
    while (r >= 0 && (r = tw_db_next(db, row, err)) > 0) {
        if (list.count == query->limit) {
            memcpy(list.next, items[list.count - 1].id, sizeof items->id);
            break;
        }
        read_notification(row, &items[list.count++]);
    }
    if (r < 0)
        return r;
    list.items = TW_TAKE(items);
    *ret_list = list;
    return 0;
}

int tw_store_delivery_list(struct tw_store *store, const struct tw_notification_query *query,
    struct tw_notification_list *ret_list, struct tw_err *err)
{
    int r = tw_store_check_page(query->limit, err);
    if (r == 0 && query->cursor && query->cursor[0] &&
        (strlen(query->cursor) != 32 || strspn(query->cursor, "0123456789abcdef") != 32))
        r = tw_err_set(err, TW_E_USAGE,
            "this cursor is not from a list of notifications; start again without one");
    if (r < 0)
        return r;
    struct tw_db *db = tw_store_reader(store);
    r = read_list(db, query, ret_list, err);
    tw_store_reader_back(store, db);
    return r;
}

static int retry_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct delivery_job *job = ctx;
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(
        db, &row, err, "SELECT " COLUMNS " FROM " TABLES " WHERE d.id = ?1", TW_TEXT(job->id));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "there is no notification \"%.40s\"", job->id);
    if (r < 0)
        return r;
    struct tw_notification *n = &job->notification;
    read_notification(row, n);
    if (strcmp(n->state, "failed") != 0)
        return tw_err_set(err, TW_E_USAGE,
            "notification %s has not failed, so there is nothing to try again", n->id);
    memcpy(n->state, "waiting", sizeof "waiting");
    n->attempts = 0;
    n->due_ms = n->created_ms = job->now_ms; // its age counts from here
    return tw_db_run(db, err,
        "UPDATE delivery SET state = 'waiting', attempts = 0, created_ms = ?2, due_ms = ?2"
        " WHERE id = ?1",
        TW_TEXT(job->id), TW_NUMBER(job->now_ms));
}

int tw_store_delivery_retry(struct tw_store *store, const char *id, int64_t now_ms,
    struct tw_notification *ret_notification, struct tw_err *err)
{
    struct delivery_job job = {.id = id, .now_ms = now_ms};
    int r = tw_writer_do(store->writer, retry_job, &job, err);
    if (r < 0)
        return r;
    *ret_notification = job.notification;
    tw_store_tell(store);
    return 0;
}
