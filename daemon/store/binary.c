// The Go programs of all images: lists.
#include <string.h>

#include "daemon/store/place.h"
#include "daemon/store/walk.h"

// ---- the filters ----

// Each by what must hold of row l of image_program, and by the rows that an index finds for it.
// "%s" stands for " AND x.is_current" or nothing; what is found first is joined by LEFT JOIN when
// rows are counted, so that programs that no current image has count too: they cost as much.
enum filter { BY_IMAGE, BY_MODULE, BY_EXPERIMENT, BY_MAIN, BY_GO, BY_GODEBUG, BY_PLACE, FILTERS };

#define OF_IMAGE "image_id IN (SELECT id FROM image_known WHERE digest = ?15)"
#define MODULE " m.module_id = (SELECT id FROM module WHERE path = ?9)"
#define OF_PROGRAM " JOIN image_program x ON x.program_id = "

static const struct {
    const char *fits, *first, *join, *where;
} filters[FILTERS] = {
    [BY_IMAGE] = {" AND l." OF_IMAGE, "image_program x", "", " x." OF_IMAGE},
    [BY_MODULE] = {" AND EXISTS (SELECT 1 FROM program_module m WHERE m.program_id ="
                   " l.program_id AND" MODULE " AND (?10 IS NULL OR m.version = ?10))",
        "program_module m", OF_PROGRAM "m.program_id", MODULE},
    [BY_EXPERIMENT] = {" AND EXISTS (SELECT 1 FROM program_experiment e WHERE e.name = ?11"
                       " AND e.program_id = l.program_id)",
        "program_experiment e", OF_PROGRAM "e.program_id", " e.name = ?11"},
    [BY_MAIN] = {" AND EXISTS (SELECT 1 FROM program p WHERE p.id = l.program_id"
                 " AND p.main_path = ?14)",
        "program p", OF_PROGRAM "p.id", " p.main_path = ?14"},
    [BY_GO] = {" AND l.go_number >= ?7 AND l.go_number < ?8", "image_program x", "",
        " x.go_number >= ?7 AND x.go_number < ?8"},
    [BY_GODEBUG] = {" AND EXISTS (SELECT 1 FROM image_godebug g WHERE g.image_id = l.image_id"
                    " AND g.n = l.n AND g.name = ?12 AND (?13 IS NULL OR g.value = ?13))",
        "image_godebug g", " JOIN image_program x ON x.image_id = g.image_id AND x.n = g.n",
        " g.name = ?12"},
    [BY_PLACE] = {""},
};

static bool is_wanted(const void *ctx, int filter)
{
    const struct tw_binary_query *q = ctx;
    switch (filter) {
    case BY_IMAGE:
        return q->image;
    case BY_MODULE:
        return q->module;
    case BY_EXPERIMENT:
        return q->experiment;
    case BY_MAIN:
        return q->main_path;
    case BY_GO:
        return q->go_from || q->go_until;
    case BY_GODEBUG:
        return q->godebug;
    case BY_PLACE:
        return tw_place_has_index(&q->place);
    case FILTERS:
        break;
    }
    return false;
}

static void write_fits(const struct tw_binary_query *q, struct tw_buf *sql)
{
    tw_buf_puts(sql, "(true");
    for (int f = 0; f < FILTERS; f++) {
        if (is_wanted(q, (enum filter)f))
            tw_buf_puts(sql, filters[f].fits);
    }
    tw_place_write_fits(&q->place, "l.image_id", sql);
    tw_buf_puts(sql, ")");
}

static void write_narrower(const struct tw_binary_query *q, enum filter filter, struct tw_buf *sql)
{
    if (filter == BY_MODULE && q->module_version)
        tw_buf_puts(sql, " AND m.version = ?10");
    if (filter == BY_GODEBUG && q->godebug_value)
        tw_buf_puts(sql, " AND g.value = ?13");
    if (filter == BY_GO)
        tw_buf_puts(
            sql, q->place.current ? " AND x.is_current = 1" : " AND x.is_current IN (0, 1)");
}

static void write_count(const void *ctx, int filter, struct tw_buf *sql)
{
    const struct tw_binary_query *q = ctx;
    if (filter == BY_PLACE) {
        tw_place_write_count(&q->place, "image_program", sql);
    } else {
        tw_buf_printf(sql, "SELECT 1 FROM %s", filters[filter].first);
        if (filters[filter].join[0])
            tw_buf_printf(sql, " LEFT%s%s", filters[filter].join,
                q->place.current ? " AND x.is_current = 1" : "");
        tw_buf_printf(sql, " WHERE%s", filters[filter].where);
        write_narrower(q, filter, sql);
    }
    tw_buf_printf(sql, " LIMIT %d", TW_WALK_FEW + 1);
}

// image_id and n of the rows that one filter leaves, each once.
static void write_few(const struct tw_binary_query *q, enum filter filter, struct tw_buf *sql)
{
    if (filter == BY_PLACE) {
        tw_buf_puts(sql, "SELECT x.image_id, x.n FROM (");
        tw_place_write_images(&q->place, sql);
        tw_buf_puts(sql, ") v CROSS JOIN image_program x ON x.image_id = v.id");
        return;
    }
    tw_buf_printf(sql, "SELECT DISTINCT x.image_id, x.n FROM %s%s%s%s WHERE%s",
        filters[filter].first, filters[filter].join[0] ? " CROSS" : "", filters[filter].join,
        filters[filter].join[0] && q->place.current ? " AND x.is_current = 1" : "",
        filters[filter].where);
    write_narrower(q, filter, sql);
}

// ---- the orders ----

static const char *key_of(const struct tw_binary_query *q)
{
    return q->order == TW_ORDER_GO     ? "l.go_number"
           : q->order == TW_ORDER_PATH ? "l.path"
                                       : "i.pushed_ms";
}

// The image's id, out of the table that leads.
static const char *image_of(const struct tw_binary_query *q)
{
    return q->order == TW_ORDER_PUSHED ? "i.id" : "l.image_id";
}

// What comes behind the cursor; the first column again, for the index.
static void write_behind(const struct tw_binary_query *q, struct tw_buf *sql)
{
    const char *key = key_of(q), *than = q->descending ? "<" : ">";
    if (q->order == TW_ORDER_PUSHED)
        tw_buf_printf(sql, " AND %s %s= ?1", key, than);
    tw_buf_printf(sql, " AND (%s, %s, l.n) %s (?1, ?2, ?3)", key, image_of(q), than);
    if (q->order == TW_ORDER_GO && is_wanted(q, BY_GO))
        tw_buf_puts(sql, q->descending ? " AND l.go_number >= ?7" : " AND l.go_number < ?8");
}

static void write_order(const struct tw_binary_query *q, struct tw_buf *sql)
{
    const char *way = q->descending ? " DESC" : "";
    tw_buf_printf(sql, " ORDER BY 1%s, 2%s, 3%s", way, way, way);
}

// All rows in order, of current images or of others.
static void write_walk_of(const struct tw_binary_query *q, int is_current, struct tw_buf *sql)
{
    bool pushed = q->order == TW_ORDER_PUSHED;
    tw_buf_printf(sql, "SELECT %s, %s, l.n, ", key_of(q), image_of(q));
    write_fits(q, sql);
    tw_buf_printf(sql, " FROM %s WHERE %s.is_current = %d",
        pushed ? "image i CROSS JOIN image_program l ON l.image_id = i.id"
               : (q->order == TW_ORDER_GO ? "image_program l INDEXED BY image_program_go"
                                          : "image_program l INDEXED BY image_program_path"),
        pushed ? "i" : "l", is_current);
    write_behind(q, sql);
}

static void write_walk(const void *ctx, struct tw_buf *sql)
{
    const struct tw_binary_query *q = ctx;
    write_walk_of(q, 1, sql);
    if (!q->place.current) {
        tw_buf_puts(sql, " UNION ALL ");
        write_walk_of(q, 0, sql);
    }
    write_order(q, sql);
}

static void write_sort(const void *ctx, int filter, struct tw_buf *sql)
{
    const struct tw_binary_query *q = ctx;
    tw_buf_printf(sql, "SELECT %s, %s, l.n, ", key_of(q), image_of(q));
    write_fits(q, sql);
    tw_buf_puts(sql, " FROM (");
    write_few(q, filter, sql);
    tw_buf_puts(sql, ") few CROSS JOIN image_program l ON l.image_id = few.image_id"
                     " AND l.n = few.n CROSS JOIN image i ON i.id = l.image_id WHERE true");
    if (q->place.current)
        tw_buf_puts(sql, " AND l.is_current = 1");
    write_behind(q, sql);
    write_order(q, sql);
}

// ---- what they show ----

#define SHOW(place)                                                                                \
    "SELECT i.digest, r.registry, r.name, q.tag, i.platform, q.pushed_ms, l.path, p.sha256, p.os," \
    " p.arch, p.go_version, p.go_release, p.experiments, p.main_path, p.main_version, p.id"        \
    " FROM image_program l JOIN image i ON i.id = l.image_id JOIN program p ON p.id ="             \
    " l.program_id LEFT JOIN push q ON q.id = " place                                              \
    " LEFT JOIN repository r ON r.id = q.repository_id WHERE l.image_id = ?2 AND l.n = ?3"

static int show_settings(struct tw_db *db, const struct tw_walk_key *key, struct tw_arena *arena,
    struct tw_binary *binary, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    bool failed = false;
    int r = tw_db_query(db, &rows, err,
        "SELECT name, value, from_default FROM image_godebug WHERE image_id = ?1 AND n = ?2",
        TW_NUMBER(key->image_id), TW_NUMBER(key->n));
    while (r >= 0 && !failed && (r = tw_db_next(db, rows, err)) > 0) {
        struct tw_binary_setting *item =
            tw_arena_push(arena, &binary->settings, &binary->setting_count);
        failed = !item;
        if (item)
            *item = (struct tw_binary_setting){tw_walk_text(arena, rows, 0, &failed),
                tw_walk_text(arena, rows, 1, &failed), sqlite3_column_int(rows, 2) != 0};
    }
    return r < 0 ? r : failed ? tw_err_set(err, TW_E_NOMEM, "out of memory for a page") : 0;
}

static int show_modules(struct tw_db *db, const char *path, int64_t program_id,
    struct tw_arena *arena, struct tw_binary *binary, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *rows = NULL;
    bool failed = false;
    int r = tw_db_query(db, &rows, err,
        "SELECT version FROM program_module WHERE program_id = ?1"
        " AND module_id = (SELECT id FROM module WHERE path = ?2)",
        TW_NUMBER(program_id), TW_TEXT(path));
    while (r >= 0 && !failed && (r = tw_db_next(db, rows, err)) > 0) {
        struct tw_binary_module *item =
            tw_arena_push(arena, &binary->modules, &binary->module_count);
        failed = !item;
        if (item)
            item->version = tw_walk_text(arena, rows, 0, &failed);
        if (item && !(item->path = tw_arena_strdup(arena, path)))
            failed = true;
    }
    return r < 0 ? r : failed ? tw_err_set(err, TW_E_NOMEM, "out of memory for a page") : 0;
}

// 1: shown; 0: it is not there any more.
static int show(struct tw_db *db, const void *ctx, const struct tw_walk_key *key,
    struct tw_arena *arena, void *ret_item, struct tw_err *err)
{
    const struct tw_binary_query *q = ctx;
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    struct tw_binary b = {0};
    bool failed = false;
    static const char current[] = SHOW(TW_PLACE_OF_TAG), any[] = SHOW(TW_PLACE_OF_PUSH);
    int r = tw_db_query(db, &row, err, q->place.current ? current : any, TW_TEXT(NULL),
        TW_NUMBER(key->image_id), TW_NUMBER(key->n), TW_TEXT(q->place.registry),
        TW_TEXT(q->place.repository), TW_TEXT(q->place.tag));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r <= 0)
        return r;
    const char **const texts[] = {&b.image, &b.registry, &b.repository, &b.tag, &b.platform, NULL,
        &b.path, &b.sha256, &b.os, &b.arch, &b.go_version, &b.go_release, &b.experiments,
        &b.main_path, &b.main_version};
    for (size_t i = 0; i < TW_COUNT(texts); i++) {
        if (texts[i])
            *texts[i] = tw_walk_text(arena, row, (int)i, &failed);
    }
    b.pushed_ms = sqlite3_column_int64(row, 5);
    if (failed)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for a page");
    r = show_settings(db, key, arena, &b, err);
    if (r == 0 && q->module)
        r = show_modules(db, q->module, sqlite3_column_int64(row, 15), arena, &b, err);
    *(struct tw_binary *)ret_item = b;
    return r < 0 ? r : 1;
}

static const struct tw_walk_ways ways = {
    .filters = FILTERS,
    .is_wanted = is_wanted,
    .write_count = write_count,
    .write_sort = write_sort,
    .write_walk = write_walk,
    .item_bytes = sizeof(struct tw_binary),
    .show = show,
};

static int list(struct tw_db *db, const struct tw_binary_query *q, struct tw_binary_list *list,
    struct tw_err *err)
{
    struct tw_walk walk = {.arena = list->arena,
        .list = 'b',
        .order = (int)q->order,
        .by_text = q->order == TW_ORDER_PATH,
        .descending = q->descending,
        .limit = q->limit};
    struct tw_walk_key from;
    int r = tw_walk_begin(&walk, q->cursor, &from, err);
    if (r < 0)
        return r;
    int64_t go_from = q->go_from ? q->go_from : 1;
    int64_t go_until = q->go_until ? q->go_until : INT64_MAX;
    if (q->order == TW_ORDER_GO && is_wanted(q, BY_GO))
        tw_walk_narrow(&walk, go_from, go_until - 1, &from);
    const struct tw_value values[] = {walk.by_text ? TW_TEXT(from.text) : TW_NUMBER(from.number),
        TW_NUMBER(from.image_id), TW_NUMBER(from.n), TW_TEXT(q->place.registry),
        TW_TEXT(q->place.repository), TW_TEXT(q->place.tag), TW_NUMBER(go_from),
        TW_NUMBER(go_until), TW_TEXT(q->module), TW_TEXT(q->module_version), TW_TEXT(q->experiment),
        TW_TEXT(q->godebug), TW_TEXT(q->godebug_value), TW_TEXT(q->main_path), TW_TEXT(q->image)};
    void *items = NULL;
    r = tw_walk_list(db, &ways, q, values, TW_COUNT(values), &walk, &items, &list->count, err);
    list->items = items;
    list->next = walk.next;
    return r;
}

int tw_store_binary_list(struct tw_store *store, const struct tw_binary_query *query,
    struct tw_binary_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_binary_list_done) struct tw_binary_list page = {0};
    int r = tw_store_check_page(query->limit, err);
    if (r < 0)
        return r;
    if (!(page.arena = tw_arena_new(TW_STORE_PAGE_BYTES)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory for a page");
    struct tw_db *db = tw_store_reader(store);
    r = list(db, query, &page, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        return r;
    *ret_list = page;
    page = (struct tw_binary_list){0};
    return 0;
}
