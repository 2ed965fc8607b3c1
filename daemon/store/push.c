// A push comes in: the history of tags, and the scan that follows.
#include <inttypes.h>
#include <string.h>

#include "daemon/store/inside.h"

enum { QUEUE_FULL_RETRY_S = 30 };

// ---- the history of tags ----

static int repository(
    struct tw_db *db, const struct tw_reference *reference, int64_t *ret_id, struct tw_err *err)
{
    for (int try = 0; try < 2; try++) {
        TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
        int r = tw_db_query(db, &query, err,
            "SELECT id FROM repository WHERE registry = ?1 AND name = ?2",
            TW_TEXT(reference->registry), TW_TEXT(reference->repository));
        if (r == 0)
            r = tw_db_next(db, query, err);
        if (r > 0)
            *ret_id = sqlite3_column_int64(query, 0);
        if (r != 0)
            return r < 0 ? r : 0;
        r = tw_db_run(db, err, "INSERT INTO repository (registry, name) VALUES (?1, ?2)",
            TW_TEXT(reference->registry), TW_TEXT(reference->repository));
        if (r < 0)
            return r;
    }
    return tw_err_set(err, TW_E_INTERNAL, "a repository is not there after it was added");
}

// Channels and waivers of a policy go by name: an image that was judged under another one must be
// judged again, and so must the images of an index.
static int unjudge(struct tw_db *db, const struct tw_push_note *note, struct tw_err *err)
{
    return tw_db_run(db, err,
        "UPDATE image AS i SET judged_by = '' WHERE i.judged_by <> '' AND i.id IN"
        " (SELECT o.id FROM image o WHERE o.digest = ?1 UNION ALL SELECT c.child_id FROM"
        " image_child c JOIN image o ON o.id = c.parent_id WHERE o.digest = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM push p WHERE p.id = " TW_PUSH_OF_IMAGE(
            "") " AND p.repository_id = ?2 AND p.tag = ?3)",
        TW_TEXT(note->digest), TW_NUMBER(note->repository_id), TW_TEXT(note->tag));
}

// A redelivery is no news: then only the time of the newest row moves. A tag that went from one
// digest to another and back has three rows.
int tw_push_note_write(struct tw_db *db, const struct tw_push_note *note, struct tw_err *err)
{
    static const char by_tag[] =
        "UPDATE push SET pushed_ms = max(pushed_ms, ?4) WHERE digest = ?3 AND id ="
        " (SELECT max(id) FROM push WHERE repository_id = ?1 AND tag = ?2)";
    static const char by_digest[] = "UPDATE push SET pushed_ms = max(pushed_ms, ?4)"
                                    " WHERE digest = ?3 AND repository_id = ?1 AND tag = ?2";
    int r = unjudge(db, note, err);
    if (r == 0)
        r = tw_db_run(db, err, note->tag[0] ? by_tag : by_digest, TW_NUMBER(note->repository_id),
            TW_TEXT(note->tag), TW_TEXT(note->digest), TW_NUMBER(note->pushed_ms));
    if (r < 0 || tw_db_changes(db) > 0)
        return r;
    // The tag moves: how the image differs from the one before is to be told, also of one that the
    // tag had earlier.
    if (note->tag[0])
        r = tw_db_run(
            db, err, "UPDATE image SET judged_by = '' WHERE digest = ?1", TW_TEXT(note->digest));
    if (r < 0)
        return r;
    r = tw_db_run(db, err,
        "INSERT INTO push (repository_id, tag, digest, pushed_ms, requested_by, actor)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        TW_NUMBER(note->repository_id), TW_TEXT(note->tag), TW_TEXT(note->digest),
        TW_NUMBER(note->pushed_ms), TW_TEXT(note->requested_by), TW_TEXT(note->actor));
    if (r < 0 || !note->tag[0])
        return r;
    return tw_db_run(db, err,
        "INSERT INTO tag (repository_id, name, digest, push_id)"
        " VALUES (?1, ?2, ?3, last_insert_rowid()) ON CONFLICT (repository_id, name)"
        " DO UPDATE SET digest = excluded.digest, push_id = excluded.push_id",
        TW_NUMBER(note->repository_id), TW_TEXT(note->tag), TW_TEXT(note->digest));
}

// ---- the scan that follows ----

struct push_job {
    struct tw_store *store;
    const struct tw_push *push;
    bool rescan;
    int64_t now_ms;
    const struct tw_queue_limits *limits;
    int64_t repository_id;
    struct tw_scan scan;
    bool is_new;
};

// 1: found; 0: not.
static int first_scan(
    struct tw_db *db, sqlite3_stmt *query, struct tw_scan *ret_scan, struct tw_err *err)
{
    int r = tw_db_next(db, query, err);
    if (r > 0) {
        int read = tw_scan_read(query, ret_scan, err);
        r = read < 0 ? read : 1;
    }
    return r;
}

static int find_active(
    struct tw_db *db, struct push_job *job, const char *subject, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT " TW_SCAN_COLUMNS " FROM " TW_SCAN_TABLES
        " WHERE s.repository_id = ?1 AND s.subject = ?2 AND s.state IN ('queued', 'running')",
        TW_NUMBER(job->repository_id), TW_TEXT(subject));
    return r < 0 ? r : first_scan(db, query, &job->scan, err);
}

// The scan that stored the digest. An image that could not be read at all is no reason not to
// try again.
static int find_stored(
    struct tw_db *db, struct push_job *job, const char *digest, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT " TW_SCAN_COLUMNS " FROM image i JOIN scan s ON s.id = i.scan_id"
        " JOIN repository r ON r.id = s.repository_id"
        " WHERE i.digest = ?1 AND i.completeness <> 'failed'",
        TW_TEXT(digest));
    return r < 0 ? r : first_scan(db, query, &job->scan, err);
}

static int check_room(struct tw_db *db, const struct tw_queue_limits *limits, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(
        db, &query, err, "SELECT n FROM scan_count WHERE state = ?1", TW_TEXT("queued"));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r < 0)
        return r;
    int64_t queued = sqlite3_column_int64(query, 0);
    if (queued < 0 || (uint64_t)queued < limits->max_queued)
        return 0;
    r = tw_err_set(err, TW_E_BUSY,
        "the queue is full (%" PRId64 " scans wait); try again later, or set --queue-max higher",
        queued);
    if (err)
        err->retry_after_s = QUEUE_FULL_RETRY_S;
    return r;
}

static int add_scan(struct tw_db *db, struct push_job *job, const char *subject, struct tw_err *err)
{
    const struct tw_push *push = job->push;
    char id[33];
    int r = check_room(db, job->limits, err);
    if (r == 0)
        r = tw_store_new_id(job->store, job->now_ms, id, err);
    if (r == 0)
        r = tw_db_run(db, err,
            "INSERT INTO scan (id, repository_id, tag, subject, digest, state, requested_by,"
            " created_ms, due_ms) VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?7)",
            TW_TEXT(id), TW_NUMBER(job->repository_id), TW_TEXT(push->reference.tag),
            TW_TEXT(subject), TW_TEXT(push->reference.digest.text), TW_TEXT(push->requested_by),
            TW_NUMBER(job->now_ms));
    if (r == 0)
        r = tw_scan_get(db, id, &job->scan, err);
    job->is_new = r == 0;
    return r;
}

static int push_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    struct push_job *job = ctx;
    const struct tw_reference *reference = &job->push->reference;
    bool by_digest = tw_digest_is_set(&reference->digest);
    const char *subject = by_digest ? reference->digest.text : reference->tag;
    int r = repository(db, reference, &job->repository_id, err);
    if (r == 0 && by_digest)
        r = tw_push_note_write(db,
            &(struct tw_push_note){.repository_id = job->repository_id,
                .tag = reference->tag,
                .digest = reference->digest.text,
                .requested_by = job->push->requested_by,
                .actor = job->push->actor,
                .pushed_ms = job->now_ms},
            err);
    if (r == 0)
        r = find_active(db, job, subject, err);
    if (r == 0 && by_digest && !job->rescan)
        r = find_stored(db, job, subject, err);
    return r == 0 ? add_scan(db, job, subject, err) : r;
}

int tw_store_push(struct tw_store *store, const struct tw_push *push, bool rescan, int64_t now_ms,
    const struct tw_queue_limits *limits, struct tw_scan *ret_scan, bool *ret_new,
    struct tw_err *err)
{
    struct push_job job = {
        .store = store, .push = push, .rescan = rescan, .now_ms = now_ms, .limits = limits};
    int r = tw_writer_do(store->writer, push_job, &job, err);
    if (r < 0)
        return r;
    *ret_scan = job.scan;
    *ret_new = job.is_new;
    return 0;
}

// ---- where a tag points ----

static int tag_get(struct tw_db *db, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err)
{
    struct tw_digest digest = {0};
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT p.digest FROM push p WHERE p.tag = ?3 AND p.repository_id ="
        " (SELECT id FROM repository WHERE registry = ?1 AND name = ?2) ORDER BY p.id DESC LIMIT 1",
        TW_TEXT(reference->registry), TW_TEXT(reference->repository), TW_TEXT(reference->tag));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "no push of this tag is known");
    if (r < 0)
        return r;
    TW_COLUMN_TEXT(query, 0, digest.text);
    *ret_digest = digest;
    return 0;
}

int tw_store_tag_get(struct tw_store *store, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = tag_get(db, reference, ret_digest, err);
    tw_store_reader_back(store, db);
    return r;
}
