// Paths that one tar names more than once: which entry was the last. Private to layer.c.
//
// Of repeated paths the last entry counts, and a file, link or device that comes after a
// directory of that name takes the directory's content away, as it does when a runtime unpacks.
// Only repeated paths are kept, so an ordinary archive costs nothing here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replaced_row;

struct tw_replaced {
    struct replaced_row *rows;
    size_t count, capacity;
};

void tw_replaced_done(struct tw_replaced *list);

// Entry number `at` put `path` in place of an earlier entry. 0 or TW_E_NOMEM.
int tw_replaced_add(struct tw_replaced *list, const char *path, uint64_t at, bool directory);

// Call once when all are in, before asking.
void tw_replaced_sort(struct tw_replaced *list);

// Whether what entry number `at` put at `path` was taken away by a later entry.
bool tw_replaced_after(const struct tw_replaced *list, const char *path, uint64_t at);
