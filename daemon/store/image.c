// Stored images: one, lists, inventories.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/image_walk.h"
#include "daemon/store/inside.h"
#include "daemon/store/place.h"

// ?1 registry, ?2 repository, ?3 tag: NULL for any.
#define PLACE                                                                                      \
    TW_PUSH_OF_IMAGE(" AND (?1 IS NULL OR t.registry = ?1) AND (?2 IS NULL OR t.name = ?2)"        \
                     " AND (?3 IS NULL OR q.tag = ?3)")

#define COLUMNS                                                                                    \
    "i.digest, i.kind, r.registry, r.name, p.tag, i.platform, i.completeness, i.decision, i.info," \
    " i.low, i.medium, i.high, i.critical, i.go_binaries, p.pushed_ms, i.scanned_ms, i.id"

#define TABLES_BY(place)                                                                           \
    "image i LEFT JOIN push p ON p.id = " place " LEFT JOIN repository r ON r.id = "               \
    "p.repository_id"
#define TABLES TABLES_BY(PLACE)

enum { COLUMN_ID = 16, COLUMN_MEDIA_TYPE, COLUMN_JSON };

static void read_summary(sqlite3_stmt *row, struct tw_image_summary *ret_image)
{
    struct tw_image_summary image = {0};
    TW_COLUMN_TEXT(row, 0, image.digest.text);
    TW_COLUMN_TEXT(row, 1, image.kind);
    TW_COLUMN_TEXT(row, 2, image.registry);
    TW_COLUMN_TEXT(row, 3, image.repository);
    TW_COLUMN_TEXT(row, 4, image.tag);
    TW_COLUMN_TEXT(row, 5, image.platform);
    TW_COLUMN_TEXT(row, 6, image.completeness);
    TW_COLUMN_TEXT(row, 7, image.decision);
    for (int s = TW_INFO; s <= TW_CRITICAL; s++)
        image.counts[s] = (unsigned)sqlite3_column_int64(row, 8 + s);
    image.go_binaries = (unsigned)sqlite3_column_int64(row, 13);
    image.pushed_ms = sqlite3_column_int64(row, 14);
    image.scanned_ms = sqlite3_column_int64(row, 15);
    *ret_image = image;
}

static int not_found(const struct tw_digest *digest, struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOT_FOUND, "%s has not been scanned", digest->text);
}

static int get(struct tw_db *db, const struct tw_digest *digest, struct tw_image_summary *ret_image,
    struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err, "SELECT " COLUMNS " FROM " TABLES " WHERE i.digest = ?4",
        TW_TEXT(NULL), TW_TEXT(NULL), TW_TEXT(NULL), TW_TEXT(digest->text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        read_summary(row, ret_image);
    else if (r == 0)
        return not_found(digest, err);
    return r < 0 ? r : 0;
}

int tw_store_image_get(struct tw_store *store, const struct tw_digest *digest,
    struct tw_image_summary *ret_image, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = get(db, digest, ret_image, err);
    tw_store_reader_back(store, db);
    return r;
}

// ---- lists: the image that was stored last comes first ----

// The one repository that is asked for; 0: several have the name, or nobody asked for one.
static int find_repository(
    struct tw_db *db, const struct tw_image_query *query, int64_t *ret_id, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    *ret_id = 0;
    if (!query->repository || query->tag)
        return 0;
    int r = tw_db_query(db, &row, err,
        "SELECT max(id) FROM repository WHERE name = ?1 AND (?2 IS NULL OR registry = ?2)"
        " HAVING count(*) = 1",
        TW_TEXT(query->repository), TW_TEXT(query->registry));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        *ret_id = sqlite3_column_int64(row, 0);
    return r < 0 ? r : 0;
}

// Images by their pushes: what a tag had, or repositories of the same name.
static void write_pushed(const struct tw_image_query *query, struct tw_buf *sql)
{
    tw_buf_puts(sql, " AND i.id IN (WITH pushed (id) AS (SELECT o.id FROM push q JOIN image o"
                     " ON o.digest = q.digest WHERE");
    if (query->tag)
        tw_buf_puts(sql, " q.tag = ?3 AND");
    tw_buf_puts(sql, " q.repository_id IN (SELECT t.id FROM repository t WHERE true");
    if (query->registry)
        tw_buf_puts(sql, " AND t.registry = ?1");
    if (query->repository)
        tw_buf_puts(sql, " AND t.name = ?2");
    tw_buf_puts(sql, ")) SELECT id FROM pushed UNION SELECT c.child_id FROM image_child c"
                     " JOIN pushed ON pushed.id = c.parent_id)");
}

// CROSS JOIN keeps SQLite from looking at images first.
static void write_list_sql(
    const struct tw_image_query *query, int64_t repository_id, struct tw_buf *sql)
{
    bool pushed = !repository_id && (query->repository || query->tag);
    bool of_registry = query->registry && !repository_id && !pushed;
    bool placed = of_registry || repository_id;
    tw_buf_puts(sql, "SELECT " COLUMNS " FROM ");
    if (placed)
        tw_buf_puts(sql,
            of_registry ? "image_registry g CROSS JOIN " TABLES " WHERE g.registry = ?1"
                        : "image_repository g CROSS JOIN " TABLES " WHERE g.repository_id = ?7");
    tw_buf_puts(
        sql, placed ? " AND g.image_id < ?5 AND i.id = g.image_id" : TABLES " WHERE i.id < ?5");
    if (query->decision)
        tw_buf_puts(sql, " AND i.decision = ?4");
    if (pushed)
        write_pushed(query, sql);
    tw_buf_puts(sql, placed ? " ORDER BY g.image_id DESC" : " ORDER BY i.id DESC");
    tw_buf_puts(sql, " LIMIT ?6");
}

static int read_page(struct tw_db *db, sqlite3_stmt *rows, unsigned limit,
    struct tw_image_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_freep) struct tw_image_summary *items = calloc(limit, sizeof *items);
    if (!items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_image_list list = {0};
    int64_t last = 0;
    int r;
    while ((r = tw_db_next(db, rows, err)) > 0) {
        if (list.count == limit) { // one row more than the page: there is a next one
            snprintf(list.next, sizeof list.next, "i%" PRIx64, (uint64_t)last);
            break;
        }
        read_summary(rows, &items[list.count++]);
        last = sqlite3_column_int64(rows, COLUMN_ID);
    }
    if (r < 0)
        return r;
    list.items = TW_TAKE(items);
    *ret_list = list;
    return 0;
}

static int list(struct tw_db *db, const struct tw_image_query *query, int64_t before,
    struct tw_image_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf sql = TW_BUF(16384);
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *rows = NULL;
    int64_t repository_id;
    int r = find_repository(db, query, &repository_id, err);
    if (r < 0)
        return r;
    const struct tw_value values[] = {TW_TEXT(query->registry), TW_TEXT(query->repository),
        TW_TEXT(query->tag), TW_TEXT(query->decision), TW_NUMBER(before),
        TW_NUMBER(query->limit + 1), TW_NUMBER(repository_id)};
    write_list_sql(query, repository_id, &sql);
    if (sql.status < 0)
        return tw_err_set(err, sql.status, "the query could not be written");
    r = tw_db_prepare(db, sql.data, values, TW_COUNT(values) - (repository_id == 0), &rows, err);
    return r < 0 ? r : read_page(db, rows, query->limit, ret_list, err);
}

static int read_cursor(const char *cursor, int64_t *ret_before, struct tw_err *err)
{
    size_t digits = strspn(cursor + 1, "0123456789abcdef");
    if (cursor[0] != 'i' || digits < 1 || digits > 15 || cursor[1 + digits] != '\0')
        return tw_err_set(
            err, TW_E_USAGE, "this cursor is not from a list of images; start again without one");
    *ret_before = strtoll(cursor + 1, NULL, 16);
    return 0;
}

static int show(struct tw_db *db, const struct tw_image_query *query, int64_t id,
    struct tw_image_list *list, struct tw_err *err)
{
    // One that is asked for as current is shown by a tag that points to it.
    static const char current[] =
        "SELECT " COLUMNS " FROM " TABLES_BY(TW_PLACE_OF_TAG) " WHERE i.id = ?1";
    static const char any[] =
        "SELECT " COLUMNS " FROM " TABLES_BY(TW_PLACE_OF_PUSH) " WHERE i.id = ?1";
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err, query->current > 0 ? current : any, TW_NUMBER(id),
        TW_TEXT(NULL), TW_TEXT(NULL), TW_TEXT(query->registry), TW_TEXT(query->repository),
        TW_TEXT(query->tag));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r > 0)
        read_summary(row, &list->items[list->count++]);
    return r < 0 ? r : 0;
}

static int walk_list(struct tw_db *db, const struct tw_image_query *query,
    struct tw_image_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(TW_STORE_PAGE_BYTES);
    TW_AUTO(tw_freep) struct tw_image_summary *items = calloc(query->limit, sizeof *items);
    if (!arena || !items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_image_list list = {.items = items};
    struct tw_walk walk = {.arena = arena,
        .list = 'i',
        .order = (int)query->order,
        .by_text = query->order == TW_ORDER_REPOSITORY,
        .descending = query->descending || query->order == TW_ORDER_STORED,
        .limit = query->limit};
    int r = tw_image_walk(db, query, &walk, err);
    for (size_t i = 0; r == 0 && i < walk.count; i++)
        r = show(db, query, walk.keys[i].image_id, &list, err);
    if (r < 0)
        return r;
    if (strlen(walk.next) >= sizeof list.next)
        return tw_err_set(err, TW_E_INTERNAL, "a cursor is too long");
    snprintf(list.next, sizeof list.next, "%s", walk.next);
    items = NULL;
    *ret_list = list;
    return 0;
}

int tw_store_image_list(struct tw_store *store, const struct tw_image_query *query,
    struct tw_image_list *ret_list, struct tw_err *err)
{
    int64_t before = INT64_MAX;
    int r = tw_store_check_page(query->limit, err);
    if (r == 0 && tw_image_walk_is_wanted(query)) {
        struct tw_db *reader = tw_store_reader(store);
        r = walk_list(reader, query, ret_list, err);
        tw_store_reader_back(store, reader);
        return r;
    }
    if (r == 0 && query->cursor && query->cursor[0])
        r = read_cursor(query->cursor, &before, err);
    if (r < 0)
        return r;
    struct tw_db *db = tw_store_reader(store);
    r = list(db, query, before, ret_list, err);
    tw_store_reader_back(store, db);
    return r;
}

// ---- inventories ----

static int read_children(
    struct tw_db *db, int64_t parent_id, struct tw_stored_inventory *inventory, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT i.digest FROM image_child c JOIN image i ON i.id = c.child_id"
        " WHERE c.parent_id = ?1 ORDER BY c.position",
        TW_NUMBER(parent_id));
    while (r >= 0 && (r = tw_db_next(db, row, err)) > 0) {
        size_t n = inventory->child_count;
        struct tw_digest *more = reallocarray(inventory->children, n + 1, sizeof *more);
        if (!more)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        inventory->children = more;
        memset(&more[n], 0, sizeof more[n]);
        TW_COLUMN_TEXT(row, 0, more[n].text);
        inventory->child_count++;
    }
    return r;
}

static int read_json(sqlite3_stmt *row, struct tw_stored_inventory *inventory, struct tw_err *err)
{
    if (sqlite3_column_type(row, COLUMN_JSON) == SQLITE_NULL)
        return 0;
    const void *bytes = sqlite3_column_blob(row, COLUMN_JSON);
    size_t size = (size_t)sqlite3_column_bytes(row, COLUMN_JSON);
    inventory->inventory_json = calloc(1, size + 1);
    if (!inventory->inventory_json)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (size > 0)
        memcpy(inventory->inventory_json, bytes, size);
    inventory->inventory_size = size;
    return 0;
}

static int read_inventory(struct tw_db *db, const struct tw_digest *digest,
    struct tw_stored_inventory *inventory, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    int r = tw_db_query(db, &row, err,
        "SELECT " COLUMNS ", i.media_type, j.json FROM " TABLES
        " LEFT JOIN image_inventory j ON j.image_id = i.id AND i.kind = 'image'"
        " WHERE i.digest = ?4",
        TW_TEXT(NULL), TW_TEXT(NULL), TW_TEXT(NULL), TW_TEXT(digest->text));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r < 0)
        return r;
    if (r == 0)
        return not_found(digest, err);
    read_summary(row, &inventory->summary);
    TW_COLUMN_TEXT(row, COLUMN_MEDIA_TYPE, inventory->media_type);
    r = read_json(row, inventory, err);
    // The row's query is still open, so the children are of the same moment as the row.
    if (r == 0)
        r = read_children(db, sqlite3_column_int64(row, COLUMN_ID), inventory, err);
    return r;
}

int tw_store_inventory_get(struct tw_store *store, const struct tw_digest *digest,
    struct tw_stored_inventory *ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_stored_inventory_done) struct tw_stored_inventory inventory = {0};
    struct tw_db *db = tw_store_reader(store);
    int r = read_inventory(db, digest, &inventory, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        return r;
    *ret_inventory = inventory;
    inventory = (struct tw_stored_inventory){0};
    return 0;
}

void tw_stored_inventory_done(struct tw_stored_inventory *inventory)
{
    free(inventory->inventory_json);
    free(inventory->children);
    *inventory = (struct tw_stored_inventory){0};
}
