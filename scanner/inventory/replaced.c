#include "scanner/inventory/replaced.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/inventory/layer.h"

struct replaced_row {
    uint64_t key;
    uint64_t last;      // the last entry of that path
    uint64_t last_file; // the last one that was no directory; 0: none
};

void tw_replaced_done(struct tw_replaced *list)
{
    free(list->rows);
    *list = (struct tw_replaced){0};
}

int tw_replaced_add(struct tw_replaced *list, const char *path, uint64_t at, bool directory)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        void *grown = reallocarray(list->rows, capacity, sizeof *list->rows);
        if (!grown)
            return TW_E_NOMEM;
        list->rows = grown;
        list->capacity = capacity;
    }
    list->rows[list->count++] = (struct replaced_row){
        .key = tw_path_key(TW_PATH_OTHER, path), .last = at, .last_file = directory ? 0 : at};
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct replaced_row *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->last < y->last ? -1 : x->last > y->last;
}

void tw_replaced_sort(struct tw_replaced *list)
{
    if (list->count == 0)
        return;
    qsort(list->rows, list->count, sizeof *list->rows, compare);
    size_t out = 0;
    for (size_t i = 1; i < list->count; i++) {
        struct replaced_row *row = &list->rows[i], *kept = &list->rows[out];
        if (row->key != kept->key) {
            list->rows[++out] = *row;
            continue;
        }
        kept->last = row->last;
        if (row->last_file)
            kept->last_file = row->last_file;
    }
    list->count = out + 1;
}

static const struct replaced_row *find(const struct tw_replaced *list, uint64_t key)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->rows[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->rows[low].key == key ? &list->rows[low] : NULL;
}

bool tw_replaced_after(const struct tw_replaced *list, const char *path, uint64_t at)
{
    if (list->count == 0)
        return false;
    const struct replaced_row *row = find(list, tw_path_key(TW_PATH_OTHER, path));
    if (row && row->last > at)
        return true;
    char *parent = strdup(path);
    bool gone = !parent;
    for (char *slash; !gone && (slash = strrchr(parent, '/'));) {
        *slash = '\0';
        row = find(list, tw_path_key(TW_PATH_OTHER, parent));
        gone = row && row->last_file > at;
    }
    free(parent);
    return gone;
}
