// Inventories of layers, by digest: each layer is read once in its life.
#include "daemon/store/inside.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static int get(struct tw_db *db, const struct tw_digest *digest, unsigned reader_version,
    struct tw_buf *ret_json, int64_t *ret_used_ms, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT json, used_ms FROM layer WHERE digest = ?1 AND reader_version >= ?2",
        TW_TEXT(digest->text), TW_NUMBER(reader_version));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r < 0)
        return r;
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "layer %s has not been read yet", digest->text);
    *ret_used_ms = sqlite3_column_int64(query, 1);
    const void *bytes = sqlite3_column_blob(query, 0);
    r = tw_buf_append(ret_json, bytes, (size_t)sqlite3_column_bytes(query, 0));
    return r < 0 ? tw_err_set(err, r, "layer %s: its inventory does not fit", digest->text) : 0;
}

struct layer_job {
    const struct tw_digest *digest;
    unsigned reader_version;
    struct tw_span json;
    int64_t now_ms;
    const struct tw_layer_bounds *bounds;
};

static int use_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct layer_job *job = ctx;
    return tw_db_run(db, err, "UPDATE layer SET used_ms = ?2 WHERE digest = ?1",
        TW_TEXT(job->digest->text), TW_NUMBER(job->now_ms));
}

int tw_store_layer_get(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, int64_t now_ms, struct tw_buf *ret_json, struct tw_err *err)
{
    int64_t used_ms = 0;
    struct tw_db *db = tw_store_reader(store);
    int r = get(db, digest, reader_version, ret_json, &used_ms, err);
    tw_store_reader_back(store, db);
    if (r < 0 || now_ms - used_ms < DAY_MS)
        return r;
    struct layer_job job = {.digest = digest, .now_ms = now_ms};
    return tw_writer_do(store->writer, use_job, &job, err);
}

// An older reader never takes the place of a newer one.
static int put(struct tw_db *db, const struct layer_job *job, struct tw_err *err)
{
    return tw_db_run(db, err,
        "INSERT INTO layer (digest, reader_version, json, read_ms, used_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?4)"
        " ON CONFLICT (digest) DO UPDATE SET reader_version = excluded.reader_version,"
        " json = excluded.json, read_ms = excluded.read_ms, used_ms = excluded.used_ms"
        " WHERE excluded.reader_version >= reader_version",
        TW_TEXT(job->digest->text), TW_NUMBER(job->reader_version),
        TW_BYTES(job->json.p, job->json.n), TW_NUMBER(job->now_ms));
}

// One by one: what is dropped is about what was put.
static int drop_oldest(struct tw_db *db, uint64_t max_bytes, struct tw_err *err)
{
    for (;;) {
        TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
        int r = tw_db_query(db, &query, err, "SELECT bytes FROM layer_sum WHERE id = 1");
        if (r == 0)
            r = tw_db_next(db, query, err);
        if (r < 0 || sqlite3_column_int64(query, 0) <= (int64_t)max_bytes)
            return r < 0 ? r : 0;
        r = tw_db_run(db, err,
            "DELETE FROM layer WHERE id = (SELECT id FROM layer ORDER BY used_ms LIMIT 1)");
        if (r < 0 || tw_db_changes(db) == 0)
            return r;
    }
}

static int put_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct layer_job *job = ctx;
    const struct tw_layer_bounds *bounds = job->bounds;
    int r = tw_db_run(db, err, "DELETE FROM layer WHERE used_ms < ?1",
        TW_NUMBER(job->now_ms - bounds->max_age_ms));
    if (r < 0 || job->json.n > bounds->max_bytes)
        return r;
    r = drop_oldest(db, bounds->max_bytes - job->json.n, err);
    return r < 0 ? r : put(db, job, err);
}

int tw_store_layer_put(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, struct tw_span json, int64_t now_ms,
    const struct tw_layer_bounds *bounds, struct tw_err *err)
{
    struct layer_job job = {.digest = digest,
        .reader_version = reader_version,
        .json = json,
        .now_ms = now_ms,
        .bounds = bounds};
    return tw_writer_do(store->writer, put_job, &job, err);
}
