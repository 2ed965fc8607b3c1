// The rows that questions about all images are answered from, of one image.
#include "daemon/store/listing.h"

#include <string.h>

#include "daemon/store/inside.h"

// ---- programs: kept once, whatever the number of images that have it ----

// 1: it is there; 0: not.
static int find_program(
    struct tw_db *db, const struct tw_listed_program *program, int64_t *ret_id, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err, "SELECT id FROM program WHERE key = ?1",
        TW_BYTES(program->key, sizeof program->key));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        *ret_id = sqlite3_column_int64(row, 0);
    return r;
}

static int put_module(
    struct tw_db *db, int64_t program_id, const struct tw_listed_module *module, struct tw_err *err)
{
    int r = tw_db_run(
        db, err, "INSERT OR IGNORE INTO module (path) VALUES (?1)", TW_TEXT(module->path));
    return r < 0 ? r
                 : tw_db_run(db, err,
                       "INSERT OR IGNORE INTO program_module (program_id, module_id, version)"
                       " SELECT ?1, id, ?3 FROM module WHERE path = ?2",
                       TW_NUMBER(program_id), TW_TEXT(module->path), TW_TEXT(module->version));
}

// The words of "fieldtrack noswissmap".
static int put_experiments(
    struct tw_db *db, int64_t program_id, const char *experiments, struct tw_err *err)
{
    int r = 0;
    for (const char *word = experiments; r == 0 && *word;) {
        char name[64];
        size_t size = strcspn(word, " ");
        snprintf(name, sizeof name, "%.*s", (int)size, word);
        word += size + strspn(word + size, " ");
        r = tw_db_run(db, err,
            "INSERT OR IGNORE INTO program_experiment (name, program_id) VALUES (?1, ?2)",
            TW_TEXT(name), TW_NUMBER(program_id));
    }
    return r;
}

static int put_program(
    struct tw_db *db, const struct tw_listed_program *program, int64_t *ret_id, struct tw_err *err)
{
    int r = find_program(db, program, ret_id, err);
    if (r != 0)
        return r < 0 ? r : 0;
    r = tw_db_run(db, err,
        "INSERT INTO program (key, sha256, os, arch, go_version, go_release, experiments,"
        " main_path, main_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        TW_BYTES(program->key, sizeof program->key),
        TW_TEXT(tw_digest_is_set(&program->sha256) ? tw_digest_hex(&program->sha256) : ""),
        TW_TEXT(program->os), TW_TEXT(program->arch), TW_TEXT(program->version),
        TW_TEXT(program->release), TW_TEXT(program->experiments), TW_TEXT(program->main_path),
        TW_TEXT(program->main_version));
    if (r == 0)
        r = find_program(db, program, ret_id, err);
    if (r < 0)
        return r;
    r = put_experiments(db, *ret_id, program->experiments, err);
    for (size_t i = 0; r == 0 && i < program->module_count; i++)
        r = put_module(db, *ret_id, &program->modules[i], err);
    return r;
}

// ---- what the image has ----

static int put_settings(struct tw_db *db, int64_t image_id, size_t n,
    const struct tw_listed_program *program, struct tw_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < program->setting_count; i++) {
        const struct tw_listed_setting *setting = &program->settings[i];
        r = tw_db_run(db, err,
            "INSERT OR IGNORE INTO image_godebug (image_id, n, name, value, from_default)"
            " VALUES (?1, ?2, ?3, ?4, ?5)",
            TW_NUMBER(image_id), TW_NUMBER(n), TW_TEXT(setting->name), TW_TEXT(setting->value),
            TW_NUMBER(setting->from_default));
    }
    return r;
}

// Programs that no image has any more go with the last one that had them.
static int remove_programs(struct tw_db *db, int64_t image_id, struct tw_err *err)
{
    int r =
        tw_db_run(db, err, "DELETE FROM image_godebug WHERE image_id = ?1", TW_NUMBER(image_id));
    if (r == 0)
        r = tw_db_run(
            db, err, "DELETE FROM image_program WHERE image_id = ?1", TW_NUMBER(image_id));
    return r;
}

static int put_programs(
    struct tw_db *db, int64_t image_id, const struct tw_listing *listing, struct tw_err *err)
{
    int r = remove_programs(db, image_id, err);
    for (size_t n = 0; r == 0 && n < listing->program_count; n++) {
        const struct tw_listed_program *program = &listing->programs[n];
        int64_t program_id = 0;
        r = put_program(db, program, &program_id, err);
        if (r == 0)
            r = tw_db_run(db, err,
                "INSERT INTO image_program (image_id, n, program_id, path, go_number, is_current)"
                " SELECT ?1, ?2, ?3, ?4, ?5, is_current FROM image WHERE id = ?1",
                TW_NUMBER(image_id), TW_NUMBER(n), TW_NUMBER(program_id), TW_TEXT(program->path),
                TW_NUMBER(program->go_number));
        if (r == 0)
            r = put_settings(db, image_id, n, program, err);
    }
    return r;
}

// ---- what was found ----

struct seen {
    char fingerprint[40];
    int64_t first_ms;
};

struct seen_list {
    struct seen *items;
    size_t count;
};

static void seen_list_done(struct seen_list *list)
{
    free(list->items);
}

static int by_fingerprint(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->fingerprint, ((const struct seen *)b)->fingerprint);
}

static int read_seen(struct tw_db *db, int64_t image_id, struct seen_list *list, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    int r = tw_db_query(db, &rows, err,
        "SELECT fingerprint, first_seen_ms FROM finding WHERE image_id = ?1", TW_NUMBER(image_id));
    while (r >= 0 && (r = tw_db_next(db, rows, err)) > 0) {
        struct seen *more = reallocarray(list->items, list->count + 1, sizeof *more);
        if (!more)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        list->items = more;
        TW_COLUMN_TEXT(rows, 0, more[list->count].fingerprint);
        more[list->count++].first_ms = sqlite3_column_int64(rows, 1);
    }
    if (r == 0 && list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, by_fingerprint);
    return r;
}

static int64_t first_seen(const struct seen_list *list, const char *fingerprint, int64_t now_ms)
{
    struct seen wanted;
    snprintf(wanted.fingerprint, sizeof wanted.fingerprint, "%s", fingerprint);
    const struct seen *found = list->count ? bsearch(&wanted, list->items, list->count,
                                                 sizeof *list->items, by_fingerprint)
                                           : NULL;
    return found ? found->first_ms : now_ms;
}

static int put_findings(struct tw_db *db, int64_t image_id, const struct tw_listing *listing,
    int64_t now_ms, struct tw_err *err)
{
    TW_AUTO(seen_list_done) struct seen_list seen = {0};
    int r = read_seen(db, image_id, &seen, err);
    if (r == 0)
        r = tw_db_run(db, err, "DELETE FROM finding WHERE image_id = ?1", TW_NUMBER(image_id));
    for (size_t n = 0; r == 0 && n < listing->finding_count; n++) {
        const struct tw_listed_finding *f = &listing->findings[n];
        r = tw_db_run(db, err,
            "INSERT INTO finding (image_id, n, rule, severity, waived, first_seen_ms, is_current,"
            " fingerprint, binary, title, message)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, is_current, ?7, ?8, ?9, ?10 FROM image WHERE id = ?1",
            TW_NUMBER(image_id), TW_NUMBER(n), TW_TEXT(f->rule), TW_NUMBER(f->severity),
            TW_NUMBER(f->waived), TW_NUMBER(first_seen(&seen, f->fingerprint, now_ms)),
            TW_TEXT(f->fingerprint), TW_TEXT(f->binary), TW_TEXT(f->title), TW_TEXT(f->message));
    }
    return r;
}

// ---- all of it ----

static int read_marks(struct tw_db *db, int64_t image_id, int64_t *ret_programs,
    int64_t *ret_findings, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT programs_mark, findings_mark FROM image WHERE id = ?1", TW_NUMBER(image_id));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r <= 0)
        return r < 0 ? r : tw_err_set(err, TW_E_INTERNAL, "an image is not there to be listed");
    *ret_programs = sqlite3_column_int64(row, 0);
    *ret_findings = sqlite3_column_int64(row, 1);
    return 0;
}

int tw_listing_uncount(struct tw_db *db, int64_t image_id, struct tw_err *err)
{
    return tw_db_run(db, err, "UPDATE image SET is_counted = 0 WHERE id = ?1 AND is_counted",
        TW_NUMBER(image_id));
}

int tw_listing_write(struct tw_db *db, int64_t image_id, const struct tw_listing *listing,
    int64_t now_ms, struct tw_err *err)
{
    int64_t programs_mark = 0, findings_mark = 0;
    int r = read_marks(db, image_id, &programs_mark, &findings_mark, err);
    if (r == 0)
        r = tw_listing_uncount(db, image_id, err);
    if (r == 0 && programs_mark != listing->programs_mark)
        r = put_programs(db, image_id, listing, err);
    if (r == 0 && findings_mark != listing->findings_mark)
        r = put_findings(db, image_id, listing, now_ms, err);
    return r < 0 ? r
                 : tw_db_run(db, err,
                       "UPDATE image SET programs_mark = ?2, findings_mark = ?3,"
                       " is_counted = is_current WHERE id = ?1",
                       TW_NUMBER(image_id), TW_NUMBER(listing->programs_mark),
                       TW_NUMBER(listing->findings_mark));
}
