// Lists of images that are filtered or sorted by more than their place.
#include "daemon/store/image_walk.h"

#include <string.h>

#include "daemon/store/place.h"

enum { SQL_MAX_BYTES = 32768 };

// ?7 and ?8 Go releases, ?9 decision, ?10 kind, ?11 completeness, ?12 severity, ?13 part of a name,
// ?14 and ?15 times.

static bool by_repository(const struct tw_image_query *q)
{
    return q->order == TW_ORDER_REPOSITORY;
}

static struct tw_place place_of(const struct tw_image_query *q)
{
    return (struct tw_place){q->registry, q->repository, q->tag, q->current > 0};
}

bool tw_image_walk_is_wanted(const struct tw_image_query *q)
{
    return q->order != TW_ORDER_STORED || q->kind || q->completeness || q->min_severity ||
           q->go_from || q->go_until || q->name_part || q->current || q->since_ms || q->until_ms;
}

static void write_fits(const struct tw_image_query *q, struct tw_buf *sql)
{
    const struct {
        bool is_wanted;
        const char *sql;
    } rows[] = {
        {q->go_from || q->go_until, " AND EXISTS (SELECT 1 FROM image_program l WHERE l.image_id ="
                                    " i.id AND l.go_number >= ?7 AND l.go_number < ?8)"},
        {q->decision, " AND i.decision = ?9"},
        {q->kind, " AND i.kind = ?10"},
        {q->completeness, " AND i.completeness = ?11"},
        {q->min_severity > 0, " AND i.worst >= ?12"},
        {q->name_part, " AND EXISTS (SELECT 1 FROM image_repository g JOIN repository r ON r.id ="
                       " g.repository_id WHERE g.image_id = i.id AND instr(r.name, ?13) > 0)"},
        {q->since_ms, " AND i.pushed_ms >= ?14"},
        {q->until_ms, " AND i.pushed_ms < ?15"},
        {q->current != 0, q->current > 0 ? " AND i.is_current = 1" : " AND i.is_current = 0"},
        // Of several repositories the one that it is shown with.
        {by_repository(q), q->current > 0
                               ? " AND h.repository_id = (SELECT repository_id FROM push WHERE id"
                                 " = " TW_PLACE_OF_TAG ")"
                               : " AND h.repository_id = (SELECT repository_id FROM push WHERE id"
                                 " = " TW_PLACE_OF_PUSH ")"},
    };
    struct tw_place place = place_of(q);
    tw_buf_puts(sql, "(true");
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (rows[i].is_wanted)
            tw_buf_puts(sql, rows[i].sql);
    }
    tw_place_write_fits(&place, "i.id", sql);
    tw_buf_puts(sql, ")");
}

static const struct {
    const char *key, *from;
} orders[] = {
    [TW_ORDER_STORED] = {"i.id", "image i"},
    [TW_ORDER_PUSHED] = {"i.pushed_ms", "image i INDEXED BY image_pushed"},
    [TW_ORDER_SEVERITY] = {"i.worst", "image i INDEXED BY image_worst"},
    [TW_ORDER_REPOSITORY] = {"n.name",
        "repository n INDEXED BY repository_name CROSS JOIN image_repository h ON"
        " h.repository_id = n.id CROSS JOIN image i ON i.id = h.image_id"},
};

static void write_behind_and_order(const struct tw_image_query *q, struct tw_buf *sql)
{
    bool down = q->descending || q->order == TW_ORDER_STORED;
    const char *key = orders[q->order].key, *than = down ? "<" : ">";
    const char *way = down ? " DESC" : "";
    if (by_repository(q)) // of one repository by order of storing, and repositories by name
        tw_buf_printf(sql, " WHERE n.name >= ?1 AND (n.name, n.id, h.image_id) > (?1, ?3, ?2)"
                           " ORDER BY n.name, n.id, h.image_id");
    else
        tw_buf_printf(sql, " WHERE (%s, i.id) %s (?1, ?2) ORDER BY 1%s, 2%s", key, than, way, way);
}

static void write_walk(const struct tw_image_query *q, struct tw_buf *sql)
{
    tw_buf_printf(
        sql, "SELECT %s, i.id, %s, ", orders[q->order].key, by_repository(q) ? "n.id" : "0");
    write_fits(q, sql);
    tw_buf_printf(sql, " FROM %s", orders[q->order].from);
    write_behind_and_order(q, sql);
}

// The images of a place that has few.
static void write_sort(const struct tw_image_query *q, struct tw_buf *sql)
{
    struct tw_place place = place_of(q);
    tw_buf_printf(
        sql, "SELECT %s, i.id, %s, ", orders[q->order].key, by_repository(q) ? "n.id" : "0");
    write_fits(q, sql);
    tw_buf_puts(sql, " FROM (");
    tw_place_write_images(&place, sql);
    tw_buf_puts(sql, ") v CROSS JOIN image i ON i.id = v.id");
    if (by_repository(q))
        tw_buf_puts(sql, " CROSS JOIN image_repository h ON h.image_id = i.id CROSS JOIN"
                         " repository n ON n.id = h.repository_id");
    write_behind_and_order(q, sql);
}

int tw_image_walk(
    struct tw_db *db, const struct tw_image_query *q, struct tw_walk *walk, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf sql = TW_BUF(SQL_MAX_BYTES);
    struct tw_place place = place_of(q);
    struct tw_walk_key from;
    unsigned rows = TW_WALK_FEW + 1;
    int r = tw_walk_begin(walk, q->cursor, &from, err);
    if (r < 0)
        return r;
    if (q->order == TW_ORDER_PUSHED)
        tw_walk_narrow(walk, q->since_ms, q->until_ms ? q->until_ms - 1 : INT64_MAX, &from);
    const struct tw_value values[] = {walk->by_text ? TW_TEXT(from.text) : TW_NUMBER(from.number),
        TW_NUMBER(from.image_id), TW_NUMBER(from.n), TW_TEXT(q->registry), TW_TEXT(q->repository),
        TW_TEXT(q->tag), TW_NUMBER(q->go_from ? q->go_from : 1),
        TW_NUMBER(q->go_until ? q->go_until : INT64_MAX), TW_TEXT(q->decision), TW_TEXT(q->kind),
        TW_TEXT(q->completeness), TW_NUMBER(q->min_severity - 1), TW_TEXT(q->name_part),
        TW_NUMBER(q->since_ms), TW_NUMBER(q->until_ms)};
    if (tw_place_has_index(&place)) {
        tw_place_write_count(&place, "image_repository", &sql);
        tw_buf_printf(&sql, " LIMIT %d", TW_WALK_FEW + 1);
        r = tw_walk_count(db, sql.data, values, TW_COUNT(values), &rows, err);
        tw_buf_reset(&sql);
    }
    if (rows <= TW_WALK_FEW)
        write_sort(q, &sql);
    else
        write_walk(q, &sql);
    if (r < 0 || sql.status < 0)
        return r < 0 ? r : tw_err_set(err, sql.status, "the query could not be written");
    return tw_walk_run(db, sql.data, values, TW_COUNT(values), walk, err);
}
