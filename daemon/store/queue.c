// The queue: leases, and how attempts end. (How scans get in: push.c; how they are done: finish.c)
#include <inttypes.h>
#include <string.h>

#include "daemon/store/inside.h"

// What every one of the jobs below works with; each uses what it needs.
struct queue_job {
    const char *id, *worker;
    int64_t now_ms, lease_ms, retry_at_ms, next_ms;
    const struct tw_err *why;
    const struct tw_queue_limits *limits;
    bool all;
    unsigned count;
    struct tw_scan scan;
};

static int lost(const char *id, struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOT_FOUND, "the lease of scan %.40s was lost", id);
}

// ---- lease ----

static int next_due(struct tw_db *db, struct queue_job *job, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT id, due_ms FROM scan INDEXED BY scan_due WHERE state = 'queued'"
        " ORDER BY due_ms, id LIMIT 1");
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r > 0) {
        TW_COLUMN_TEXT(query, 0, job->scan.id);
        job->next_ms = sqlite3_column_int64(query, 1);
    }
    return r;
}

static int lease_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct queue_job *job = ctx;
    char id[33];
    int r = next_due(db, job, err);
    if (r < 0)
        return r;
    if (r == 0 || job->next_ms > job->now_ms)
        return tw_err_set(err, TW_E_NOT_FOUND, "nothing is due");
    memcpy(id, job->scan.id, sizeof id);
    r = tw_db_run(db, err,
        "UPDATE scan SET state = 'running', attempts = attempts + 1, started_ms = ?2,"
        " finished_ms = 0, retry_at_ms = 0, lease_owner = ?3, lease_until_ms = ?4 WHERE id = ?1",
        TW_TEXT(id), TW_NUMBER(job->now_ms), TW_TEXT(job->worker),
        TW_NUMBER(job->now_ms + job->lease_ms));
    return r < 0 ? r : tw_scan_get(db, id, &job->scan, err);
}

int tw_store_lease(struct tw_store *store, const char *worker, int64_t now_ms, int64_t lease_ms,
    struct tw_scan *ret_scan, int64_t *ret_next_ms, struct tw_err *err)
{
    struct queue_job job = {.worker = worker, .now_ms = now_ms, .lease_ms = lease_ms};
    int r = tw_writer_do(store->writer, lease_job, &job, err);
    if (r == TW_E_NOT_FOUND)
        *ret_next_ms = job.next_ms;
    if (r < 0)
        return r;
    *ret_scan = job.scan;
    return 0;
}

static int renew_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct queue_job *job = ctx;
    int r = tw_db_run(db, err,
        "UPDATE scan SET lease_until_ms = ?3"
        " WHERE id = ?1 AND state = 'running' AND lease_owner = ?2",
        TW_TEXT(job->id), TW_TEXT(job->worker), TW_NUMBER(job->now_ms + job->lease_ms));
    return r == 0 && tw_db_changes(db) == 0 ? lost(job->id, err) : r;
}

int tw_store_renew(struct tw_store *store, const char *id, const char *worker, int64_t now_ms,
    int64_t lease_ms, struct tw_err *err)
{
    struct queue_job job = {.id = id, .worker = worker, .now_ms = now_ms, .lease_ms = lease_ms};
    return tw_writer_do(store->writer, renew_job, &job, err);
}

// ---- ends of attempts ----

static int fail_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct queue_job *job = ctx;
    bool again = job->retry_at_ms > 0;
    int r = tw_db_run(db, err,
        "UPDATE scan SET state = ?3, due_ms = max(?4, due_ms), retry_at_ms = ?4, finished_ms = ?5,"
        " attempts = attempts - ?6, error_code = ?7, error_message = ?8,"
        " lease_owner = NULL, lease_until_ms = 0"
        " WHERE id = ?1 AND state = 'running' AND lease_owner = ?2",
        TW_TEXT(job->id), TW_TEXT(job->worker), TW_TEXT(again ? "queued" : "failed"),
        TW_NUMBER(job->retry_at_ms), TW_NUMBER(again ? 0 : job->now_ms),
        TW_NUMBER(again && job->why->code == TW_E_INTERRUPTED), // that is nobody's failure
        TW_TEXT(tw_err_name(job->why->code)), TW_TEXT(job->why->msg));
    return r == 0 && tw_db_changes(db) == 0 ? lost(job->id, err) : r;
}

int tw_store_fail(struct tw_store *store, const char *id, const char *worker,
    const struct tw_err *why, int64_t retry_at_ms, int64_t now_ms, struct tw_err *err)
{
    struct queue_job job = {
        .id = id, .worker = worker, .why = why, .retry_at_ms = retry_at_ms, .now_ms = now_ms};
    int r = tw_writer_do(store->writer, fail_job, &job, err);
    if (r == 0 && retry_at_ms <= 0)
        tw_store_tell(store);
    return r;
}

static int wait_no_longer_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct queue_job *job = ctx;
    return tw_db_run(db, err,
        "UPDATE scan SET due_ms = ?1, retry_at_ms = min(retry_at_ms, ?1)"
        " WHERE state = 'queued' AND due_ms > ?1",
        TW_NUMBER(job->now_ms));
}

// Attempts count here: an image that brings the process down each time must not do so for ever.
static int recover_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    static const char sql[] =
        "UPDATE scan SET state = iif(attempts >= ?3, 'failed', 'queued'), due_ms = ?2,"
        " finished_ms = iif(attempts >= ?3, ?2, 0), lease_owner = NULL, lease_until_ms = 0,"
        " error_code = ?4, error_message = ?5"
        " WHERE state = 'running' AND lease_until_ms <= ?1";
    struct queue_job *job = ctx;
    int r = tw_db_run(db, err, sql, TW_NUMBER(job->all ? INT64_MAX : job->now_ms),
        TW_NUMBER(job->now_ms), TW_NUMBER(job->limits->max_attempts),
        TW_TEXT(tw_err_name(TW_E_INTERRUPTED)),
        TW_TEXT("the worker that had it ended without a result"));
    if (r == 0)
        job->count = (unsigned)tw_db_changes(db);
    return r == 0 && job->all ? wait_no_longer_job(db, ctx, err) : r;
}

int tw_store_wait_no_longer(struct tw_store *store, int64_t now_ms, struct tw_err *err)
{
    struct queue_job job = {.now_ms = now_ms};
    return tw_writer_do(store->writer, wait_no_longer_job, &job, err);
}

int tw_store_recover(struct tw_store *store, bool all, int64_t now_ms,
    const struct tw_queue_limits *limits, unsigned *ret_count, struct tw_err *err)
{
    struct queue_job job = {.all = all, .now_ms = now_ms, .limits = limits};
    int r = tw_writer_do(store->writer, recover_job, &job, err);
    if (r == 0)
        *ret_count = job.count;
    if (r == 0 && job.count > 0)
        tw_store_tell(store);
    return r;
}

// ---- dead letters ----

static int check_no_other(struct tw_db *db, const char *id, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT a.id FROM scan s JOIN scan a"
        " ON a.repository_id = s.repository_id AND a.subject = s.subject"
        " WHERE s.id = ?1 AND a.state IN ('queued', 'running')",
        TW_TEXT(id));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r > 0)
        return tw_err_set(err, TW_E_USAGE, "scan %s of the same image is under way already",
            (const char *)sqlite3_column_text(query, 0));
    return r;
}

static int retry_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct queue_job *job = ctx;
    int r = tw_scan_get(db, job->id, &job->scan, err);
    if (r < 0)
        return r;
    if (job->scan.state != TW_SCAN_FAILED)
        return tw_err_set(err, TW_E_USAGE,
            "scan %s has not failed, so there is nothing to try again", job->scan.id);
    r = check_no_other(db, job->id, err);
    if (r == 0)
        r = tw_db_run(db, err,
            "UPDATE scan SET state = 'queued', attempts = 0, due_ms = ?2, started_ms = 0,"
            " finished_ms = 0, retry_at_ms = 0, error_code = '', error_message = ''"
            " WHERE id = ?1",
            TW_TEXT(job->id), TW_NUMBER(job->now_ms));
    return r < 0 ? r : tw_scan_get(db, job->id, &job->scan, err);
}

int tw_store_scan_retry(struct tw_store *store, const char *id, int64_t now_ms,
    struct tw_scan *ret_scan, struct tw_err *err)
{
    struct queue_job job = {.id = id, .now_ms = now_ms};
    int r = tw_writer_do(store->writer, retry_job, &job, err);
    if (r == 0)
        *ret_scan = job.scan;
    return r;
}
