// The end of a scan that worked: its images and its state, in one commit.
#include <string.h>

#include "daemon/store/inside.h"

struct finish_job {
    const char *id, *worker;
    const struct tw_digest *digest;
    const struct tw_stored_image *images;
    size_t count;
    int64_t now_ms;
};

static int end_scan(struct tw_db *db, const struct finish_job *job, struct tw_err *err)
{
    int r = tw_db_run(db, err,
        "UPDATE scan SET state = 'done', digest = ?3, finished_ms = ?4, retry_at_ms = 0,"
        " error_code = '', error_message = '', lease_owner = NULL, lease_until_ms = 0"
        " WHERE id = ?1 AND state = 'running' AND lease_owner = ?2",
        TW_TEXT(job->id), TW_TEXT(job->worker), TW_TEXT(job->digest->text), TW_NUMBER(job->now_ms));
    if (r == 0 && tw_db_changes(db) == 0)
        r = tw_err_set(err, TW_E_NOT_FOUND, "the lease of scan %.40s was lost", job->id);
    return r;
}

// A scan that was asked for by tag: which digest that was is known only now.
static int note_tag(struct tw_db *db, const struct finish_job *job, struct tw_err *err)
{
    char tag[TW_TAG_MAX + 1], by[64];
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT repository_id, tag, requested_by, created_ms FROM scan"
        " WHERE id = ?1 AND subject = tag",
        TW_TEXT(job->id));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r <= 0)
        return r;
    TW_COLUMN_TEXT(query, 1, tag);
    TW_COLUMN_TEXT(query, 2, by);
    struct tw_push_note note = {.repository_id = sqlite3_column_int64(query, 0),
        .tag = tag,
        .digest = job->digest->text,
        .requested_by = by,
        .pushed_ms = sqlite3_column_int64(query, 3)};
    return tw_push_note_write(db, &note, err);
}

static int put_image(struct tw_db *db, const struct finish_job *job,
    const struct tw_stored_image *image, struct tw_err *err)
{
    const struct tw_image_summary *s = &image->summary;
    int r = tw_db_run(db, err, "UPDATE image SET is_counted = 0 WHERE digest = ?1 AND is_counted",
        TW_TEXT(s->digest.text));
    if (r < 0)
        return r;
    r = tw_db_run(db, err,
        "INSERT INTO image (digest, scan_id, kind, media_type, platform, completeness, decision,"
        " info, low, medium, high, critical, go_binaries, scanned_ms, judged_by)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        " ON CONFLICT (digest) DO UPDATE SET scan_id = excluded.scan_id, kind = excluded.kind,"
        " media_type = excluded.media_type, platform = excluded.platform,"
        " completeness = excluded.completeness, decision = excluded.decision,"
        " info = excluded.info, low = excluded.low, medium = excluded.medium,"
        " high = excluded.high, critical = excluded.critical,"
        " go_binaries = excluded.go_binaries, scanned_ms = excluded.scanned_ms,"
        " judged_by = excluded.judged_by",
        TW_TEXT(s->digest.text), TW_TEXT(job->id), TW_TEXT(s->kind),
        TW_TEXT(image->media_type ? image->media_type : ""), TW_TEXT(s->platform),
        TW_TEXT(s->completeness), TW_TEXT(s->decision), TW_NUMBER(s->counts[TW_INFO]),
        TW_NUMBER(s->counts[TW_LOW]), TW_NUMBER(s->counts[TW_MEDIUM]),
        TW_NUMBER(s->counts[TW_HIGH]), TW_NUMBER(s->counts[TW_CRITICAL]), TW_NUMBER(s->go_binaries),
        TW_NUMBER(job->now_ms), TW_TEXT(image->judged_by ? image->judged_by : ""));
    if (r == 0 && image->inventory_json)
        r = tw_db_run(db, err,
            "INSERT INTO image_inventory (image_id, json)"
            " SELECT id, ?2 FROM image WHERE digest = ?1"
            " ON CONFLICT (image_id) DO UPDATE SET json = excluded.json",
            TW_TEXT(s->digest.text), TW_BYTES(image->inventory_json, image->inventory_size));
    return r;
}

// After all images are in.
static int put_children(struct tw_db *db, const struct tw_stored_image *image, struct tw_err *err)
{
    const char *parent = image->summary.digest.text;
    int r = tw_db_run(db, err,
        "DELETE FROM image_child WHERE parent_id = (SELECT id FROM image WHERE digest = ?1)",
        TW_TEXT(parent));
    for (size_t i = 0; r == 0 && i < image->child_count; i++) {
        const char *child = image->children[i].text;
        r = tw_db_run(db, err,
            "INSERT INTO image_child (parent_id, position, child_id)"
            " SELECT p.id, ?2, c.id FROM image p, image c WHERE p.digest = ?1 AND c.digest = ?3",
            TW_TEXT(parent), TW_NUMBER(i), TW_TEXT(child));
        if (r == 0 && tw_db_changes(db) == 0)
            r = tw_err_set(
                err, TW_E_INTERNAL, "index %s: its image %s is not stored", parent, child);
    }
    return r;
}

// What is told of an image that somebody else told of meanwhile is found out by judging it again.
static int tell(struct tw_db *db, const struct tw_telling *telling, struct tw_err *err)
{
    int r = telling && telling->is_set ? tw_telling_write(db, telling, err) : 0;
    return r <= 0 ? r
                  : tw_db_run(db, err, "UPDATE image SET judged_by = '' WHERE digest = ?1",
                        TW_TEXT(telling->reference.digest.text));
}

// After all that it is part of is in: an image is listed as current when a tag points to its index.
static int put_listing(struct tw_db *db, const struct finish_job *job,
    const struct tw_stored_image *image, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    if (!image->listing)
        return 0;
    int r = tw_db_query(db, &row, err, "SELECT id FROM image WHERE digest = ?1",
        TW_TEXT(image->summary.digest.text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    return r <= 0 ? r
                  : tw_listing_write(
                        db, sqlite3_column_int64(row, 0), image->listing, job->now_ms, err);
}

// Pushed under another name while the scan was under way: what was judged is not that name's.
static int unjudge_renamed(struct tw_db *db, const struct finish_job *job, struct tw_err *err)
{
    return tw_db_run(db, err,
        "UPDATE image AS i SET judged_by = '' WHERE i.scan_id = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM scan s JOIN push p ON p.repository_id = s.repository_id AND p.tag = s.tag"
        " WHERE s.id = ?1 AND p.id = " TW_PUSH_OF_IMAGE("") ")",
        TW_TEXT(job->id));
}

static int finish_job(struct tw_db *db, void *ctx, struct tw_err *err)
{
    const struct finish_job *job = ctx;
    int r = end_scan(db, job, err);
    if (r == 0)
        r = note_tag(db, job, err);
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = put_image(db, job, &job->images[i], err);
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = put_children(db, &job->images[i], err);
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = put_listing(db, job, &job->images[i], err);
    for (size_t i = 0; r == 0 && i < job->count; i++)
        r = tell(db, job->images[i].telling, err);
    return r < 0 ? r : unjudge_renamed(db, job, err);
}

int tw_store_finish(struct tw_store *store, const char *id, const char *worker,
    const struct tw_digest *digest, const struct tw_stored_image *images, size_t count,
    int64_t now_ms, struct tw_err *err)
{
    struct finish_job job = {.id = id,
        .worker = worker,
        .digest = digest,
        .images = images,
        .count = count,
        .now_ms = now_ms};
    int r = tw_writer_do(store->writer, finish_job, &job, err);
    if (r == 0)
        tw_store_tell(store);
    return r;
}
