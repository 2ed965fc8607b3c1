// Cursors of lists come back from strangers: each gives a place of that list and order, or
// TW_E_USAGE.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void begin(const char *cursor, bool by_text, bool descending)
{
    struct tw_walk walk = {.list = 'f', .order = 1, .by_text = by_text, .descending = descending};
    struct tw_walk_key key = {.image_id = -7};
    struct tw_err err = {0};
    walk.arena = tw_arena_new(1 << 20);
    if (!walk.arena)
        return;
    int r = tw_walk_begin(&walk, cursor, &key, &err);
    if (r != 0 && (r != TW_E_USAGE || err.msg[0] == '\0' || key.image_id != -7))
        abort();
    if (r == 0 && by_text && !key.text)
        abort();
    if (r == 0 && by_text && 2 * strlen(key.text) > strlen(cursor) + 2)
        abort(); // it ends where the digits end
    tw_arena_free(walk.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *cursor = malloc(size + 1);
    if (!cursor)
        return 0;
    if (size > 0)
        memcpy(cursor, data, size);
    cursor[size] = '\0';
    for (int kind = 0; kind < 4; kind++)
        begin(cursor, kind & 1, kind & 2);
    free(cursor);
    return 0;
}
