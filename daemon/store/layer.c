// Inventories of layers, by digest: each layer is read once in its life.
#include "daemon/store/inside.h"

static int get(struct tw_db *db, const struct tw_digest *digest, unsigned reader_version,
    struct tw_buf *ret_json, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT json FROM layer WHERE digest = ?1 AND reader_version >= ?2", TW_TEXT(digest->text),
        TW_NUMBER(reader_version));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r < 0)
        return r;
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "layer %s has not been read yet", digest->text);
    const void *bytes = sqlite3_column_blob(query, 0);
    r = tw_buf_append(ret_json, bytes, (size_t)sqlite3_column_bytes(query, 0));
    return r < 0 ? tw_err_set(err, r, "layer %s: its inventory does not fit", digest->text) : 0;
}

int tw_store_layer_get(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, struct tw_buf *ret_json, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = get(db, digest, reader_version, ret_json, err);
    tw_store_reader_back(store, db);
    return r;
}

struct layer_job {
    const struct tw_digest *digest;
    unsigned reader_version;
    struct tw_span json;
    int64_t now_ms;
};

// An older reader never takes the place of a newer one.
static int put_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct layer_job *job = ctx;
    return tw_db_run(db, err,
        "INSERT INTO layer (digest, reader_version, json, read_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (digest) DO UPDATE SET reader_version = excluded.reader_version,"
        " json = excluded.json, read_ms = excluded.read_ms"
        " WHERE excluded.reader_version >= reader_version",
        TW_TEXT(job->digest->text), TW_NUMBER(job->reader_version),
        TW_BYTES(job->json.p, job->json.n), TW_NUMBER(job->now_ms));
}

int tw_store_layer_put(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, struct tw_span json, int64_t now_ms, struct tw_err *err)
{
    struct layer_job job = {
        .digest = digest, .reader_version = reader_version, .json = json, .now_ms = now_ms};
    return tw_writer_do(store->writer, put_job, &job, err);
}
