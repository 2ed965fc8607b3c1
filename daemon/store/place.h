// Where images are known from: parts of questions about all images. Private to daemon/store.
//
// In all of them ?4 is the registry, ?5 the repository, ?6 the tag; NULL: any.
#pragma once

#include "daemon/store/inside.h"

bool tw_place_is_any(const struct tw_place *place);

// Whether the image with this id (an SQL expression) is known from there: " AND EXISTS (...)", or
// nothing when it may be known from anywhere.
void tw_place_write_fits(const struct tw_place *place, const char *image_id, struct tw_buf *sql);

// Whether an index leads to the images of the place. If so, tw_place_write_images writes a SELECT
// of their ids, and tw_place_write_count one that has at least as many rows as it costs to find
// them and what they have in `table`.
bool tw_place_has_index(const struct tw_place *place);
void tw_place_write_images(const struct tw_place *place, struct tw_buf *sql);
void tw_place_write_count(const struct tw_place *place, const char *table, struct tw_buf *sql);

// The push that image i is shown by: the latest that fits.
#define TW_PLACE_OF_TAG                                                                            \
    "(SELECT q.id FROM tag g JOIN repository t ON t.id = g.repository_id JOIN push q ON q.id ="    \
    " g.push_id WHERE g.digest IN (SELECT i.digest UNION ALL SELECT parent.digest FROM"            \
    " image_child c JOIN image parent ON parent.id = c.parent_id WHERE c.child_id = i.id)"         \
    " AND (?4 IS NULL OR t.registry = ?4) AND (?5 IS NULL OR t.name = ?5)"                         \
    " AND (?6 IS NULL OR g.name = ?6) ORDER BY q.pushed_ms DESC, q.id DESC LIMIT 1)"
#define TW_PLACE_OF_PUSH                                                                           \
    TW_PUSH_OF_IMAGE(" AND (?4 IS NULL OR t.registry = ?4) AND (?5 IS NULL OR t.name = ?5)"        \
                     " AND (?6 IS NULL OR q.tag = ?6)")
