#include "daemon/store/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// "b0d" (list, order, down or up), then image, n and key as hex digits, parted by dots; a key that
// is a text as the hex digits of its bytes.
enum { CURSOR_MAX_BYTES = 16384, SQL_MAX_BYTES = 32768 };

// ---- cursors ----

static const char *write_cursor(const struct tw_walk *walk, const struct tw_walk_key *key)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(CURSOR_MAX_BYTES);
    tw_buf_printf(&out, "%c%d%c%" PRIx64 ".%" PRIx64 ".", walk->list, walk->order,
        walk->descending ? 'd' : 'u', (uint64_t)key->image_id, (uint64_t)key->n);
    if (!walk->by_text)
        tw_buf_printf(&out, "%" PRIx64, (uint64_t)key->number);
    for (const char *p = walk->by_text ? key->text : ""; *p; p++)
        tw_buf_printf(&out, "%02x", (unsigned char)*p);
    return out.status < 0 ? NULL : tw_arena_strndup(walk->arena, out.data, out.size);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A number of 1 to 16 hex digits up to `end`; moves *at behind it.
static bool read_number(const char **at, char end, int64_t *ret_number)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; digit(**at) >= 0; (*at)++, digits++)
        number = number << 4 | (uint64_t)digit(**at);
    if (digits < 1 || digits > 16 || **at != end)
        return false;
    *at += end != '\0';
    *ret_number = (int64_t)number;
    return true;
}

static const char *read_text(struct tw_arena *arena, const char *hex)
{
    size_t size = strlen(hex);
    char *text = size % 2 == 0 ? tw_arena_alloc(arena, size / 2 + 1) : NULL;
    for (size_t i = 0; text && i < size; i += 2) {
        int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        text[i / 2] = (char)(high << 4 | low);
    }
    return text;
}

static bool read_cursor(
    const struct tw_walk *walk, const char *cursor, struct tw_walk_key *ret_from)
{
    const char *at = cursor + 3;
    if (strlen(cursor) > CURSOR_MAX_BYTES || cursor[0] != walk->list ||
        cursor[1] != '0' + walk->order || cursor[2] != (walk->descending ? 'd' : 'u') ||
        !read_number(&at, '.', &ret_from->image_id) || !read_number(&at, '.', &ret_from->n))
        return false;
    if (!walk->by_text)
        return read_number(&at, '\0', &ret_from->number);
    ret_from->text = read_text(walk->arena, at);
    return ret_from->text != NULL;
}

int tw_walk_begin(const struct tw_walk *walk, const char *cursor, struct tw_walk_key *ret_from,
    struct tw_err *err)
{
    // Before all, or behind all: no path sorts behind this one, which is no UTF-8.
    struct tw_walk_key from = {.number = INT64_MIN, .text = "", .image_id = -1, .n = -1};
    if (walk->descending)
        from = (struct tw_walk_key){INT64_MAX, "\xff", INT64_MAX, INT64_MAX};
    if (cursor && cursor[0] && !read_cursor(walk, cursor, &from))
        return tw_err_set(err, TW_E_USAGE,
            "this cursor is not from this list in this order; start again without one");
    *ret_from = from;
    return 0;
}

void tw_walk_narrow(
    const struct tw_walk *walk, int64_t first, int64_t last, struct tw_walk_key *from)
{
    if (!walk->descending && from->number < first)
        *from = (struct tw_walk_key){.number = first, .image_id = -1, .n = -1};
    else if (walk->descending && from->number > last)
        *from = (struct tw_walk_key){.number = last, .image_id = INT64_MAX, .n = INT64_MAX};
}

// ---- rows ----

const char *tw_walk_text(struct tw_arena *arena, sqlite3_stmt *row, int column, bool *failed)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    const char *copy = tw_arena_strdup(arena, text ? text : "");
    *failed |= !copy;
    return copy ? copy : "";
}

static int no_memory(struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOMEM, "out of memory for a page");
}

static void read_key(
    const struct tw_walk *walk, sqlite3_stmt *row, struct tw_walk_key *key, bool *failed)
{
    *key = (struct tw_walk_key){
        .image_id = sqlite3_column_int64(row, 1), .n = sqlite3_column_int64(row, 2)};
    if (walk->by_text)
        key->text = tw_walk_text(walk->arena, row, 0, failed);
    else
        key->number = sqlite3_column_int64(row, 0);
}

int tw_walk_run(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    struct tw_walk *walk, struct tw_err *err)
{
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *rows = NULL;
    bool failed = false, more = false;
    struct tw_walk_key last = {0};
    walk->next = "";
    walk->keys = tw_arena_alloc(walk->arena, (walk->limit + 1) * sizeof *walk->keys);
    if (!walk->keys)
        return no_memory(err);
    int r = tw_db_prepare(db, sql, values, count, &rows, err);
    for (unsigned looked = 0; r >= 0 && !more && (r = tw_db_next(db, rows, err)) > 0; looked++) {
        bool fits = sqlite3_column_int(rows, 3);
        more = looked == TW_WALK_ROWS || (fits && walk->count == walk->limit);
        if (more)
            break;
        if (fits)
            read_key(walk, rows, &walk->keys[walk->count++], &failed);
        if (looked + 1 == TW_WALK_ROWS)
            read_key(walk, rows, &last, &failed);
        else if (fits)
            last = walk->keys[walk->count - 1];
    }
    if (r < 0)
        return r;
    if (more)
        walk->next = write_cursor(walk, &last);
    return failed || !walk->next ? no_memory(err) : 0;
}

int tw_walk_count(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    unsigned *ret_rows, struct tw_err *err)
{
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *rows = NULL;
    unsigned n = 0;
    int r = tw_db_prepare(db, sql, values, count, &rows, err);
    while (r >= 0 && n <= TW_WALK_FEW && (r = tw_db_next(db, rows, err)) > 0)
        n++;
    *ret_rows = n;
    return r < 0 ? r : 0;
}

static int find(struct tw_db *db, const struct tw_walk_ways *ways, const void *query,
    const struct tw_value *values, size_t count, struct tw_walk *walk, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf sql = TW_BUF(SQL_MAX_BYTES);
    unsigned fewest = TW_WALK_FEW + 1;
    int best = ways->filters;
    for (int f = 0; f < ways->filters && fewest > 0; f++) {
        unsigned rows = 0;
        if (!ways->is_wanted(query, f))
            continue;
        tw_buf_reset(&sql);
        ways->write_count(query, f, &sql);
        int r = tw_walk_count(db, sql.data, values, count, &rows, err);
        if (r < 0)
            return r;
        if (rows < fewest) {
            fewest = rows;
            best = f;
        }
    }
    tw_buf_reset(&sql);
    if (best == ways->filters)
        ways->write_walk(query, &sql);
    else
        ways->write_sort(query, best, &sql);
    if (sql.status < 0)
        return tw_err_set(err, sql.status, "the query could not be written");
    return tw_walk_run(db, sql.data, values, count, walk, err);
}

int tw_walk_list(struct tw_db *db, const struct tw_walk_ways *ways, const void *query,
    const struct tw_value *values, size_t count, struct tw_walk *walk, void **ret_items,
    size_t *ret_count, struct tw_err *err)
{
    size_t shown = 0;
    int r = find(db, ways, query, values, count, walk, err);
    if (r < 0)
        return r;
    char *items = tw_arena_alloc(walk->arena, walk->count * ways->item_bytes + 1);
    if (!items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for a page");
    for (size_t i = 0; i < walk->count; i++) {
        void *item = items + shown * ways->item_bytes;
        r = ways->show(db, query, &walk->keys[i], walk->arena, item, err);
        if (r < 0)
            return r;
        shown += r > 0;
    }
    *ret_items = items;
    *ret_count = shown;
    return 0;
}
