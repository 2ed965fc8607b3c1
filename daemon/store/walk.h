// Walking rows in the order of an index, a page at a time, and the cursors between the pages.
// Private to daemon/store.
//
// A question about all images may ask for things of which no index knows the combination. It stays
// bounded: where one of its filters alone leaves few rows, these are sorted; else rows are looked
// at in the order of the answer, at most TW_WALK_ROWS of them for a page.
#pragma once

#include "daemon/store/db.h"
#include "scanner/base/arena.h"

enum {
    TW_WALK_ROWS = 10000, // looked at for one page
    TW_WALK_FEW = 5000,   // rows of one filter that are sorted
};

// Where a row stands: what it is sorted by, then in order of storing.
struct tw_walk_key {
    int64_t number;   // when it is sorted by a number
    const char *text; // else
    int64_t image_id, n;
};

struct tw_walk {
    struct tw_arena *arena;
    char list; // of which list the cursors are: "b", "f"
    int order; // by which it is sorted, as a small number
    bool by_text;
    bool descending;
    unsigned limit;
    struct tw_walk_key *keys; // what fits, in order
    size_t count;
    const char *next; // cursor; "": this was all
};

// Where to begin: behind `cursor`, or (NULL, "") with the first row. A cursor is a stranger's:
// TW_E_USAGE when it is none of this list and order.
int tw_walk_begin(const struct tw_walk *walk, const char *cursor, struct tw_walk_key *ret_from,
    struct tw_err *err);

// A filter on the key itself: from `first` to `last`, both included. The walk begins there; where
// it ends is for `sql` to say.
void tw_walk_narrow(
    const struct tw_walk *walk, int64_t first, int64_t last, struct tw_walk_key *from);

// Rows of `sql` are: key, image, n, whether it fits. Reads until the page is full or the work is
// done.
int tw_walk_run(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    struct tw_walk *walk, struct tw_err *err);

// How many rows `sql` has, up to TW_WALK_FEW + 1.
int tw_walk_count(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    unsigned *ret_rows, struct tw_err *err);

// How a list is asked for. `query` is the list's own; filters are numbers below `filters`, those of
// the list that leave few rows by an index of their own.
struct tw_walk_ways {
    int filters;
    bool (*is_wanted)(const void *query, int filter);
    // Rows that the filter leaves, at most TW_WALK_FEW + 1.
    void (*write_count)(const void *query, int filter, struct tw_buf *sql);
    void (*write_sort)(const void *query, int filter, struct tw_buf *sql); // those, in order
    void (*write_walk)(const void *query, struct tw_buf *sql);             // all, in order
    size_t item_bytes;
    // Writes the item that stands there, its texts in the arena. 1: done; 0: it is not there any
    // more.
    int (*show)(struct tw_db *db, const void *query, const struct tw_walk_key *key,
        struct tw_arena *arena, void *ret_item, struct tw_err *err);
};

// As tw_walk_run, by the way that has the fewest rows to look at. *ret_items are in the walk's
// arena.
int tw_walk_list(struct tw_db *db, const struct tw_walk_ways *ways, const void *query,
    const struct tw_value *values, size_t count, struct tw_walk *walk, void **ret_items,
    size_t *ret_count, struct tw_err *err);

// A column as text in the arena, "" for NULL. Sets *failed when there is no memory.
const char *tw_walk_text(struct tw_arena *arena, sqlite3_stmt *row, int column, bool *failed);
