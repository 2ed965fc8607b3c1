// What was found in all images: lists.
#include <string.h>

#include "daemon/store/place.h"
#include "daemon/store/walk.h"

// ?7 rule, ?8 and ?9 severities, ?10 and ?11 times, ?12 waived.

static void write_fits(const struct tw_finding_query *q, struct tw_buf *sql)
{
    tw_buf_puts(sql, "(l.severity BETWEEN ?8 AND ?9 AND l.first_seen_ms >= ?10"
                     " AND l.first_seen_ms < ?11 AND (?12 < 0 OR l.waived = ?12)");
    if (q->rule)
        tw_buf_puts(sql, " AND l.rule = ?7");
    tw_place_write_fits(&q->place, "l.image_id", sql);
    tw_buf_puts(sql, ")");
}

static const char *key_of(const struct tw_finding_query *q)
{
    return q->order == TW_ORDER_SEVERITY ? "l.severity" : "l.first_seen_ms";
}

static void write_behind(const struct tw_finding_query *q, struct tw_buf *sql)
{
    bool by_severity = q->order == TW_ORDER_SEVERITY;
    tw_buf_printf(
        sql, " AND (%s, l.image_id, l.n) %s (?1, ?2, ?3)", key_of(q), q->descending ? "<" : ">");
    if (q->descending)
        tw_buf_puts(sql, by_severity ? " AND l.severity >= ?8" : " AND l.first_seen_ms >= ?10");
    else
        tw_buf_puts(sql, by_severity ? " AND l.severity <= ?9" : " AND l.first_seen_ms < ?11");
}

static void write_order(const struct tw_finding_query *q, struct tw_buf *sql)
{
    const char *way = q->descending ? " DESC" : "";
    tw_buf_printf(sql, " ORDER BY 1%s, 2%s, 3%s", way, way, way);
}

// By rule and severity in the order of that index; else the index of the key begins where the
// filters of that key let it.
static void write_walk_of(const struct tw_finding_query *q, int is_current, struct tw_buf *sql)
{
    bool by_severity = q->order == TW_ORDER_SEVERITY, by_rule = q->rule && by_severity;
    tw_buf_printf(sql, "SELECT %s, l.image_id, l.n, ", key_of(q));
    write_fits(q, sql);
    tw_buf_printf(sql, " FROM finding l INDEXED BY %s WHERE l.is_current = %d%s",
        by_rule       ? "finding_rule"
        : by_severity ? "finding_severity"
                      : "finding_seen",
        is_current, by_rule ? " AND l.rule = ?7" : "");
    write_behind(q, sql);
}

static void write_walk(const void *ctx, struct tw_buf *sql)
{
    const struct tw_finding_query *q = ctx;
    write_walk_of(q, 1, sql);
    if (!q->place.current) {
        tw_buf_puts(sql, " UNION ALL ");
        write_walk_of(q, 0, sql);
    }
    write_order(q, sql);
}

// ---- filters that leave few rows ----

enum filter { BY_RULE, BY_SEVERITY, BY_TIME, BY_PLACE, FILTERS };

static const char *const wheres[FILTERS] = {
    [BY_RULE] = " x.rule = ?7 AND x.severity BETWEEN ?8 AND ?9",
    [BY_SEVERITY] = " x.severity BETWEEN ?8 AND ?9",
    [BY_TIME] = " x.first_seen_ms >= ?10 AND x.first_seen_ms < ?11",
};

static bool is_wanted(const void *ctx, int filter)
{
    const struct tw_finding_query *q = ctx;
    switch (filter) {
    case BY_RULE:
        return q->rule;
    case BY_SEVERITY:
        return q->severity_from > TW_INFO || q->severity_to < TW_CRITICAL;
    case BY_TIME:
        return q->since_ms > 0 || q->until_ms > 0;
    case BY_PLACE:
        return tw_place_has_index(&q->place);
    case FILTERS:
        break;
    }
    return false;
}

static void write_indexed(const struct tw_finding_query *q, enum filter filter, struct tw_buf *sql)
{
    tw_buf_printf(sql, " FROM finding x WHERE%s AND x.is_current %s", wheres[filter],
        q->place.current ? "= 1" : "IN (0, 1)");
}

static void write_count(const void *ctx, int filter, struct tw_buf *sql)
{
    const struct tw_finding_query *q = ctx;
    if (filter == BY_PLACE) {
        tw_place_write_count(&q->place, "finding", sql);
    } else {
        tw_buf_puts(sql, "SELECT 1");
        write_indexed(q, filter, sql);
    }
    tw_buf_printf(sql, " LIMIT %d", TW_WALK_FEW + 1);
}

static void write_sort(const void *ctx, int filter, struct tw_buf *sql)
{
    const struct tw_finding_query *q = ctx;
    tw_buf_printf(sql, "SELECT %s, l.image_id, l.n, ", key_of(q));
    write_fits(q, sql);
    tw_buf_puts(sql, " FROM (SELECT x.image_id, x.n");
    if (filter == BY_PLACE) {
        tw_buf_puts(sql, " FROM (");
        tw_place_write_images(&q->place, sql);
        tw_buf_puts(sql, ") v CROSS JOIN finding x ON x.image_id = v.id");
    } else {
        write_indexed(q, filter, sql);
    }
    tw_buf_puts(sql, ") few CROSS JOIN finding l ON l.image_id = few.image_id AND l.n = few.n"
                     " WHERE true");
    if (q->place.current)
        tw_buf_puts(sql, " AND l.is_current = 1");
    write_behind(q, sql);
    write_order(q, sql);
}

// ---- what they show ----

#define SHOW(place)                                                                                \
    "SELECT i.digest, r.registry, r.name, q.tag, i.platform, l.rule, l.title, l.message,"          \
    " l.fingerprint, l.binary, l.severity, l.waived, l.first_seen_ms"                              \
    " FROM finding l JOIN image i ON i.id = l.image_id LEFT JOIN push q ON q.id = " place          \
    " LEFT JOIN repository r ON r.id = q.repository_id WHERE l.image_id = ?2 AND l.n = ?3"

// 1: shown; 0: it is not there any more.
static int show(struct tw_db *db, const void *ctx, const struct tw_walk_key *key,
    struct tw_arena *arena, void *ret_item, struct tw_err *err)
{
    const struct tw_finding_query *q = ctx;
    TW_AUTO(tw_db_endp) sqlite3_stmt *row = NULL;
    struct tw_listed f = {0};
    bool failed = false;
    static const char current[] = SHOW(TW_PLACE_OF_TAG), any[] = SHOW(TW_PLACE_OF_PUSH);
    int r = tw_db_query(db, &row, err, q->place.current ? current : any, TW_TEXT(NULL),
        TW_NUMBER(key->image_id), TW_NUMBER(key->n), TW_TEXT(q->place.registry),
        TW_TEXT(q->place.repository), TW_TEXT(q->place.tag));
    if (r == 0)
        r = tw_db_next(db, row, err);
    if (r <= 0)
        return r;
    const char **const texts[] = {&f.image, &f.registry, &f.repository, &f.tag, &f.platform,
        &f.rule, &f.title, &f.message, &f.fingerprint, &f.binary};
    for (size_t i = 0; i < TW_COUNT(texts); i++)
        *texts[i] = tw_walk_text(arena, row, (int)i, &failed);
    if (sqlite3_column_type(row, 9) == SQLITE_NULL)
        f.binary = NULL;
    f.severity = (enum tw_severity)sqlite3_column_int(row, 10);
    f.waived = sqlite3_column_int(row, 11);
    f.first_seen_ms = sqlite3_column_int64(row, 12);
    if (failed)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for a page");
    *(struct tw_listed *)ret_item = f;
    return 1;
}

static const struct tw_walk_ways ways = {
    .filters = FILTERS,
    .is_wanted = is_wanted,
    .write_count = write_count,
    .write_sort = write_sort,
    .write_walk = write_walk,
    .item_bytes = sizeof(struct tw_listed),
    .show = show,
};

static int list(struct tw_db *db, const struct tw_finding_query *q, struct tw_finding_list *list,
    struct tw_err *err)
{
    struct tw_walk walk = {.arena = list->arena,
        .list = 'f',
        .order = (int)q->order,
        .descending = q->descending,
        .limit = q->limit};
    struct tw_walk_key from;
    int r = tw_walk_begin(&walk, q->cursor, &from, err);
    if (r < 0)
        return r;
    int64_t until_ms = q->until_ms ? q->until_ms : INT64_MAX;
    if (q->order == TW_ORDER_SEVERITY)
        tw_walk_narrow(&walk, q->severity_from, q->severity_to, &from);
    else
        tw_walk_narrow(&walk, q->since_ms, until_ms - 1, &from);
    const struct tw_value values[] = {TW_NUMBER(from.number), TW_NUMBER(from.image_id),
        TW_NUMBER(from.n), TW_TEXT(q->place.registry), TW_TEXT(q->place.repository),
        TW_TEXT(q->place.tag), TW_TEXT(q->rule), TW_NUMBER(q->severity_from),
        TW_NUMBER(q->severity_to), TW_NUMBER(q->since_ms), TW_NUMBER(until_ms),
        TW_NUMBER(q->waived)};
    void *items = NULL;
    r = tw_walk_list(db, &ways, q, values, TW_COUNT(values), &walk, &items, &list->count, err);
    list->items = items;
    list->next = walk.next;
    return r;
}

int tw_store_finding_list(struct tw_store *store, const struct tw_finding_query *query,
    struct tw_finding_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_finding_list_done) struct tw_finding_list page = {0};
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
    page = (struct tw_finding_list){0};
    return 0;
}
