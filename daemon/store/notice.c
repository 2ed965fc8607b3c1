// What has to be told, and what of an image was told before.
#include <string.h>

#include "daemon/store/inside.h"

void tw_told_done(struct tw_told *told)
{
    tw_buf_done(&told->findings);
}

void tw_telling_done(struct tw_telling *telling)
{
    tw_buf_done(&telling->findings);
    for (size_t i = 0; i < telling->count; i++)
        tw_buf_done(&telling->notices[i].json);
    *telling = (struct tw_telling){0};
}

void tw_news_done(struct tw_news *notice)
{
    free(notice->json);
    *notice = (struct tw_news){0};
}

// ---- who listens ----

void tw_store_listen(struct tw_store *store, void (*noticed)(void *ctx), void *ctx)
{
    store->noticed = noticed;
    store->noticed_ctx = ctx;
}

void tw_store_tell(struct tw_store *store)
{
    if (store->noticed)
        store->noticed(store->noticed_ctx);
}

void tw_store_set_telling(struct tw_store *store, bool telling)
{
    atomic_store(&store->telling, telling);
}

bool tw_store_is_telling(const struct tw_store *store)
{
    return atomic_load(&store->telling);
}

// ---- what was told ----

static int read_told(struct tw_db *db, const struct tw_reference *reference,
    struct tw_told *ret_told, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT t.generation, t.findings, t.push_id < (SELECT max(q.id) FROM push q"
        "  WHERE q.repository_id = t.repository_id AND q.tag = ?4 AND q.digest = t.digest)"
        " FROM told t WHERE t.digest = ?3 AND t.repository_id ="
        " (SELECT id FROM repository WHERE registry = ?1 AND name = ?2)",
        TW_TEXT(reference->registry), TW_TEXT(reference->repository),
        TW_TEXT(reference->digest.text), TW_TEXT(reference->tag));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r <= 0)
        return r;
    ret_told->generation = sqlite3_column_int64(row, 0);
    ret_told->has_moved = sqlite3_column_int(row, 2) != 0; // NULL: not on record yet
    ret_told->state = sqlite3_column_type(row, 1) == SQLITE_NULL ? TW_TOLD_BEFORE : TW_TOLD;
    const void *bytes = sqlite3_column_blob(row, 1);
    size_t size = (size_t)sqlite3_column_bytes(row, 1);
    r = size ? tw_buf_append(&ret_told->findings, bytes, size) : 0;
    return r < 0 ? tw_err_set(err, r, "what was told of %s does not fit", reference->digest.text)
                 : 0;
}

int tw_store_told_get(struct tw_store *store, const struct tw_reference *reference,
    struct tw_told *ret_told, struct tw_err *err)
{
    struct tw_told told = {.findings = TW_BUF(TW_TOLD_BYTES_MAX)};
    struct tw_db *db = tw_store_reader(store);
    int r = read_told(db, reference, &told, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        tw_told_done(&told);
    else
        *ret_told = told;
    return r;
}

static int read_tag_before(struct tw_db *db, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err)
{
    struct tw_digest digest = {0};
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT p.digest FROM push p JOIN image i ON i.digest = p.digest"
        " WHERE p.repository_id = (SELECT id FROM repository WHERE registry = ?1 AND name = ?2)"
        " AND p.tag = ?3 AND p.digest <> ?4 AND p.id < coalesce((SELECT max(q.id) FROM push q"
        "  WHERE q.repository_id = p.repository_id AND q.tag = ?3 AND q.digest = ?4),"
        "  9223372036854775807)"
        " ORDER BY p.id DESC LIMIT 1",
        TW_TEXT(reference->registry), TW_TEXT(reference->repository), TW_TEXT(reference->tag),
        TW_TEXT(reference->digest.text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "the tag pointed to no other scanned image before");
    if (r < 0)
        return r;
    TW_COLUMN_TEXT(row, 0, digest.text);
    *ret_digest = digest;
    return 0;
}

int tw_store_tag_before(struct tw_store *store, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_tag_before(db, reference, ret_digest, err);
    tw_store_reader_back(store, db);
    return r;
}

static int read_current_tag(struct tw_db *db, const struct tw_reference *reference,
    char ret_tag[TW_TAG_MAX + 1], struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT q.tag FROM push q WHERE q.digest = ?3 AND q.tag <> '' AND q.repository_id ="
        " (SELECT id FROM repository WHERE registry = ?1 AND name = ?2)"
        " AND q.id = (SELECT max(id) FROM push WHERE repository_id = q.repository_id"
        "  AND tag = q.tag) ORDER BY q.pushed_ms DESC, q.id DESC LIMIT 1",
        TW_TEXT(reference->registry), TW_TEXT(reference->repository),
        TW_TEXT(reference->digest.text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "no tag points to it");
    if (r < 0)
        return r;
    tw_column_text(row, 0, ret_tag, TW_TAG_MAX + 1);
    return 0;
}

int tw_store_current_tag(struct tw_store *store, const struct tw_reference *reference,
    char ret_tag[TW_TAG_MAX + 1], struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_current_tag(db, reference, ret_tag, err);
    tw_store_reader_back(store, db);
    return r;
}

// ---- writing ----

int tw_telling_write(struct tw_db *db, const struct tw_telling *telling, struct tw_err *err)
{
    static const uint8_t nothing[1] = {0}; // no bytes, but not NULL
    const struct tw_reference *reference = &telling->reference;
    const struct tw_buf *findings = &telling->findings;
    int r = tw_db_run(db, err,
        "INSERT INTO told (repository_id, digest, generation, findings, push_id)"
        " SELECT id, ?3, 1, ?4, coalesce((SELECT max(q.id) FROM push q WHERE q.digest = ?3"
        "  AND q.repository_id = repository.id AND q.tag = ?5), 0)"
        " FROM repository WHERE registry = ?1 AND name = ?2"
        " ON CONFLICT DO UPDATE SET generation = generation + 1, findings = excluded.findings,"
        " push_id = max(push_id, excluded.push_id) WHERE generation = ?6",
        TW_TEXT(reference->registry), TW_TEXT(reference->repository),
        TW_TEXT(reference->digest.text),
        TW_BYTES(findings->size ? (const void *)findings->data : nothing, findings->size),
        TW_TEXT(reference->tag), TW_NUMBER(telling->generation));
    if (r == 0 && tw_db_changes(db) == 0)
        return 1;
    for (size_t i = 0; r == 0 && i < telling->count; i++)
        r = tw_db_run(db, err, "INSERT INTO notice (kind, created_ms, json) VALUES (?1, ?2, ?3)",
            TW_TEXT(telling->notices[i].kind), TW_NUMBER(telling->now_ms),
            TW_TEXT(telling->notices[i].json.data));
    return r;
}

// ---- sorting ----

static int copy_json(sqlite3_stmt *row, int column, struct tw_news *notice, struct tw_err *err)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    notice->size = (size_t)sqlite3_column_bytes(row, column);
    notice->json = strndup(text ? text : "", notice->size);
    return notice->json ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int read_next(struct tw_db *db, struct tw_news *ret_notice, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT id, created_ms, kind, json FROM notice WHERE sorted = 0 ORDER BY id LIMIT 1");
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "all notices are sorted");
    if (r < 0)
        return r;
    struct tw_news notice = {
        .id = sqlite3_column_int64(row, 0), .created_ms = sqlite3_column_int64(row, 1)};
    TW_COLUMN_TEXT(row, 2, notice.kind);
    r = copy_json(row, 3, &notice, err);
    if (r == 0)
        *ret_notice = notice;
    return r;
}

int tw_store_notice_next(struct tw_store *store, struct tw_news *ret_notice, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_next(db, ret_notice, err);
    tw_store_reader_back(store, db);
    return r;
}

struct sort_job {
    struct tw_store *store;
    int64_t notice_id, now_ms;
    const char *const *sinks;
    size_t count;
    uint64_t max_waiting;
    bool *dropped;
};

static int add_delivery(
    struct tw_db *db, const struct sort_job *job, size_t i, size_t *added, struct tw_err *err)
{
    char id[33];
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT n FROM delivery_count WHERE sink = ?1 AND state = 'waiting'",
        TW_TEXT(job->sinks[i]));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r < 0)
        return r;
    job->dropped[i] = r > 0 && (uint64_t)sqlite3_column_int64(row, 0) >= job->max_waiting;
    if (job->dropped[i])
        return 0;
    r = tw_store_new_id(job->store, job->now_ms, id, err);
    if (r == 0)
        r = tw_db_run(db, err,
            "INSERT INTO delivery (id, notice_id, sink, state, created_ms, due_ms)"
            " VALUES (?1, ?2, ?3, 'waiting', ?4, ?4)",
            TW_TEXT(id), TW_NUMBER(job->notice_id), TW_TEXT(job->sinks[i]), TW_NUMBER(job->now_ms));
    *added += r == 0;
    return r;
}

static int sort_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct sort_job *job = ctx;
    size_t added = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = add_delivery(db, job, i, &added, err);
    if (r < 0)
        return r;
    return added > 0
               ? tw_db_run(db, err, "UPDATE notice SET sorted = 1 WHERE id = ?1",
                     TW_NUMBER(job->notice_id))
               : tw_db_run(db, err, "DELETE FROM notice WHERE id = ?1", TW_NUMBER(job->notice_id));
}

int tw_store_notice_sort(struct tw_store *store, int64_t notice_id, const char *const *sinks,
    size_t count, uint64_t max_waiting, int64_t now_ms, bool *ret_dropped, struct tw_err *err)
{
    struct sort_job job = {.store = store,
        .notice_id = notice_id,
        .now_ms = now_ms,
        .sinks = sinks,
        .count = count,
        .max_waiting = max_waiting,
        .dropped = ret_dropped};
    return tw_writer_do(store->writer, sort_job, &job, err);
}
