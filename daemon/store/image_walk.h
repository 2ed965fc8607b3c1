// Which images a list has, when it is filtered or sorted by more than their place. Private to
// daemon/store.
#pragma once

#include "api/service.h"
#include "daemon/store/walk.h"

// Whether the query asks for more than a place and a decision.
bool tw_image_walk_is_wanted(const struct tw_image_query *query);

// walk->keys[].image_id: the images of the page.
int tw_image_walk(
    struct tw_db *db, const struct tw_image_query *query, struct tw_walk *walk, struct tw_err *err);
