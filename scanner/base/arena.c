#include "scanner/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local uint64_t tw_mem_failures;

#define BLOCK_BYTES ((size_t)64 * 1024)
#define FIRST_BLOCK_BYTES ((size_t)4 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t size;
    size_t used;
    max_align_t data[];
};

struct tw_arena {
    struct block *blocks; // the first one is filled
    uint64_t used;
    uint64_t max_bytes;
    bool is_full; // something did not fit under the ceiling
};

struct tw_arena *tw_arena_new(uint64_t max_bytes)
{
    struct tw_arena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->max_bytes = max_bytes;
    return arena;
}

void tw_arena_free(struct tw_arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->blocks; b;) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static bool add_block(struct tw_arena *arena, size_t size)
{
    size_t usual = arena->blocks ? BLOCK_BYTES : FIRST_BLOCK_BYTES;
    size_t bytes = size > usual ? size : usual;
    struct block *b = calloc(1, sizeof *b + bytes);
    if (!b) {
        tw_mem_failures++;
        return false;
    }
    b->size = bytes;
    b->next = arena->blocks;
    arena->blocks = b;
    return true;
}

void *tw_arena_alloc(struct tw_arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > SIZE_MAX / 2 || rounded > arena->max_bytes - arena->used) {
        arena->is_full = true;
        return NULL;
    }
    struct block *b = arena->blocks;
    if ((!b || b->size - b->used < rounded) && !add_block(arena, rounded))
        return NULL;
    b = arena->blocks;
    void *p = (char *)b->data + b->used;
    b->used += rounded;
    arena->used += rounded;
    return p;
}

char *tw_arena_strndup(struct tw_arena *arena, const void *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = tw_arena_alloc(arena, size + 1);
    if (copy && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *tw_arena_strdup(struct tw_arena *arena, const char *text)
{
    return tw_arena_strndup(arena, text, strlen(text));
}

char *tw_arena_printf(struct tw_arena *arena, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : tw_arena_alloc(arena, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

// Arrays hold 4, 8, 16 ... items, so the count alone tells when the next one does not fit.
void *tw_arena_push_(struct tw_arena *arena, void **items, size_t *count, size_t item_size)
{
    size_t n = *count;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        size_t capacity = n == 0 ? 4 : n * 2, bytes;
        if (__builtin_mul_overflow(capacity, item_size, &bytes))
            return NULL;
        void *grown = tw_arena_alloc(arena, bytes);
        if (!grown)
            return NULL;
        if (n > 0)
            memcpy(grown, *items, n * item_size);
        *items = grown;
    }
    *count = n + 1;
    return (char *)*items + n * item_size;
}

uint64_t tw_arena_used(const struct tw_arena *arena)
{
    return arena->used;
}

bool tw_arena_is_full(const struct tw_arena *arena)
{
    return arena->is_full;
}
