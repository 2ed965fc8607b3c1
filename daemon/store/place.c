#include "daemon/store/place.h"

bool tw_place_is_any(const struct tw_place *place)
{
    return !place->registry && !place->repository && !place->tag;
}

static const char *table_of(const struct tw_place *place)
{
    return place->current ? "tag" : "push";
}

static void write_named(const struct tw_place *place, struct tw_buf *sql)
{
    if (place->registry)
        tw_buf_puts(sql, " AND r.registry = ?4");
    if (place->repository)
        tw_buf_puts(sql, " AND r.name = ?5");
    if (place->tag)
        tw_buf_puts(sql, place->current ? " AND t.name = ?6" : " AND t.tag = ?6");
}

void tw_place_write_fits(const struct tw_place *place, const char *image_id, struct tw_buf *sql)
{
    if (tw_place_is_any(place))
        return;
    tw_buf_printf(sql,
        " AND EXISTS (SELECT 1 FROM %s t JOIN repository r ON r.id = t.repository_id"
        " WHERE t.digest IN (SELECT digest FROM image WHERE id = %s UNION ALL SELECT o.digest"
        " FROM image_child c JOIN image o ON o.id = c.parent_id WHERE c.child_id = %s)",
        table_of(place), image_id, image_id);
    write_named(place, sql);
    tw_buf_puts(sql, ")");
}

bool tw_place_has_index(const struct tw_place *place)
{
    return place->repository || (place->current && place->tag);
}

// The tags or pushes of the place, by repository when one is given.
static void write_from(const struct tw_place *place, const char *join, struct tw_buf *sql)
{
    if (place->repository)
        tw_buf_printf(sql,
            " FROM repository r CROSS JOIN %s t ON t.repository_id = r.id %s JOIN image o"
            " ON o.digest = t.digest",
            table_of(place), join);
    else
        tw_buf_printf(sql,
            " FROM tag t CROSS JOIN repository r ON r.id = t.repository_id %s JOIN image o"
            " ON o.digest = t.digest",
            join);
}

void tw_place_write_images(const struct tw_place *place, struct tw_buf *sql)
{
    tw_buf_puts(sql, "WITH named (id) AS (SELECT o.id");
    write_from(place, "CROSS", sql);
    tw_buf_puts(sql, " WHERE true");
    write_named(place, sql);
    tw_buf_puts(sql, ") SELECT id FROM named UNION SELECT c.child_id FROM named CROSS JOIN"
                     " image_child c ON c.parent_id = named.id");
}

void tw_place_write_count(const struct tw_place *place, const char *table, struct tw_buf *sql)
{
    tw_buf_puts(sql, "SELECT 1");
    write_from(place, "LEFT", sql);
    tw_buf_printf(sql,
        " LEFT JOIN image_child c ON c.parent_id = o.id"
        " LEFT JOIN %s x ON x.image_id = ifnull(c.child_id, o.id) WHERE true",
        table);
    write_named(place, sql);
}
