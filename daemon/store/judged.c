// What stored images were judged to be, and by what; and what a tag pointed to before.
#include <string.h>

#include "daemon/store/inside.h"

static int read_stale(struct tw_db *db, const char *kind, const char *mark, int64_t *after,
    struct tw_digest *digests, size_t max, size_t *ret_count, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    size_t count = 0;
    int r = tw_db_query(db, &rows, err,
        mark ? "SELECT id, digest FROM image WHERE id > ?1 AND kind = ?2 AND judged_by <> ?3"
               " ORDER BY id LIMIT ?4"
             : "SELECT id, digest FROM image WHERE id > ?1 AND kind = ?2 AND judged_by = ''"
               " ORDER BY id LIMIT ?4",
        TW_NUMBER(*after), TW_TEXT(kind), TW_TEXT(mark), TW_NUMBER(max));
    while (r >= 0 && count < max && (r = tw_db_next(db, rows, err)) > 0) {
        *after = sqlite3_column_int64(rows, 0);
        memset(&digests[count], 0, sizeof digests[count]);
        TW_COLUMN_TEXT(rows, 1, digests[count].text);
        count++;
    }
    *ret_count = count;
    return r < 0 ? r : 0;
}

int tw_store_stale(struct tw_store *store, const char *kind, const char *mark, int64_t *after,
    struct tw_digest *ret_digests, size_t max, size_t *ret_count, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_stale(db, kind, mark, after, ret_digests, max, ret_count, err);
    tw_store_reader_back(store, db);
    return r;
}

static int read_stale_count(
    struct tw_db *db, const char *mark, uint64_t *ret_count, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        mark ? "SELECT count(*) FROM image WHERE judged_by <> ?1"
             : "SELECT count(*) FROM image WHERE judged_by = ''",
        TW_TEXT(mark));
    if (r == 0 && (r = tw_db_next(db, row, err)) > 0)
        *ret_count = (uint64_t)sqlite3_column_int64(row, 0);
    return r < 0 ? r : 0;
}

int tw_store_stale_count(
    struct tw_store *store, const char *mark, uint64_t *ret_count, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_stale_count(db, mark, ret_count, err);
    tw_store_reader_back(store, db);
    return r;
}

struct judged_job {
    const struct tw_image_summary *summaries;
    const struct tw_listing *listings; // NULL: none are given
    const struct tw_telling *tellings; // NULL: nothing is told
    size_t count;
    const char *mark;
    int64_t now_ms;
};

// The image, when it is still the one that was judged. 1: it is; 0: not.
static int find_judged(
    struct tw_db *db, const struct tw_image_summary *s, int64_t *ret_id, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT i.id FROM image i WHERE i.digest = ?1 AND i.scanned_ms = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM push p JOIN repository r ON r.id = p.repository_id WHERE p.id"
        " = " TW_PUSH_OF_IMAGE("") " AND (r.registry <> ?3 OR r.name <> ?4 OR p.tag <> ?5))",
        TW_TEXT(s->digest.text), TW_NUMBER(s->scanned_ms), TW_TEXT(s->registry),
        TW_TEXT(s->repository), TW_TEXT(s->tag));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        *ret_id = sqlite3_column_int64(row, 0);
    return r;
}

static int set_judged(
    struct tw_db *db, const struct judged_job *job, size_t i, bool *ret_taken, struct tw_err *err)
{
    const struct tw_image_summary *s = &job->summaries[i];
    const struct tw_listing *listing = job->listings ? &job->listings[i] : NULL;
    int64_t id = 0;
    int r = find_judged(db, s, &id, err);
    if (r <= 0)
        return r;
    *ret_taken = true;
    r = tw_listing_uncount(db, id, err);
    if (r == 0)
        r = tw_db_run(db, err,
            "UPDATE image SET decision = ?2, info = ?3, low = ?4, medium = ?5, high = ?6,"
            " critical = ?7, judged_by = ?8, is_counted = is_current AND programs_mark <> 0"
            " WHERE id = ?1",
            TW_NUMBER(id), TW_TEXT(s->decision), TW_NUMBER(s->counts[TW_INFO]),
            TW_NUMBER(s->counts[TW_LOW]), TW_NUMBER(s->counts[TW_MEDIUM]),
            TW_NUMBER(s->counts[TW_HIGH]), TW_NUMBER(s->counts[TW_CRITICAL]), TW_TEXT(job->mark));
    return r == 0 && listing && listing->arena ? tw_listing_write(db, id, listing, job->now_ms, err)
                                               : r;
}

// When something else was told meanwhile, the image is judged once more.
static int tell(struct tw_db *db, const struct judged_job *job, size_t i, struct tw_err *err)
{
    int r = tw_telling_write(db, &job->tellings[i], err);
    return r <= 0 ? r
                  : tw_db_run(db, err, "UPDATE image SET judged_by = '' WHERE digest = ?1",
                        TW_TEXT(job->summaries[i].digest.text));
}

static int judged_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct judged_job *job = ctx;
    int r = 0;
    for (size_t i = 0; r == 0 && i < job->count; i++) {
        bool is_taken = false;
        r = set_judged(db, job, i, &is_taken, err);
        if (r == 0 && is_taken && job->tellings && job->tellings[i].is_set)
            r = tell(db, job, i, err);
    }
    return r;
}

int tw_store_judged(struct tw_store *store, const struct tw_image_summary *summaries,
    const struct tw_listing *listings, const struct tw_telling *tellings, size_t count,
    const char *mark, int64_t now_ms, struct tw_err *err)
{
    struct judged_job job = {summaries, listings, tellings, count, mark, now_ms};
    int r = tw_writer_do(store->writer, judged_job, &job, err);
    if (r == 0 && tellings)
        tw_store_tell(store);
    return r;
}

static int read_previous(struct tw_db *db, const struct tw_digest *digest,
    struct tw_digest *ret_previous, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT old.digest FROM push new JOIN push old ON old.repository_id = new.repository_id"
        " AND old.tag = new.tag AND old.id < new.id AND old.digest <> new.digest"
        " JOIN image i ON i.digest = old.digest"
        " WHERE new.id = (SELECT id FROM push WHERE digest = ?1 AND tag <> ''"
        "  ORDER BY pushed_ms DESC, id DESC LIMIT 1)"
        " ORDER BY old.id DESC LIMIT 1",
        TW_TEXT(digest->text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "no tag of %s pointed to another scanned image before", digest->text);
    if (r < 0)
        return r;
    memset(ret_previous, 0, sizeof *ret_previous);
    TW_COLUMN_TEXT(row, 0, ret_previous->text);
    return 0;
}

int tw_store_previous(struct tw_store *store, const struct tw_digest *digest,
    struct tw_digest *ret_previous, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = read_previous(db, digest, ret_previous, err);
    tw_store_reader_back(store, db);
    return r;
}
