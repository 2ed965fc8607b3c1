// Memory that is given back all at once, with a ceiling.
//
// A record read from hostile bytes (a layer's inventory, a binary's facts, a verdict) owns one
// arena and puts all its strings and arrays there: nothing can leak, and no input can make a
// record larger than the ceiling.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

struct tw_arena;

// NULL when out of memory. `max_bytes`: the sum of all allocations that it will serve.
struct tw_arena *tw_arena_new(uint64_t max_bytes);
void tw_arena_free(struct tw_arena *arena);
TW_DEFINE_AUTO(struct tw_arena, tw_arena_free)

// All of these return NULL when memory or the ceiling is exhausted; memory is zeroed.
void *tw_arena_alloc(struct tw_arena *arena, size_t size);
char *tw_arena_strndup(struct tw_arena *arena, const void *text, size_t size);
char *tw_arena_strdup(struct tw_arena *arena, const char *text);
char *tw_arena_printf(struct tw_arena *arena, const char *fmt, ...) TW_PRINTF(2, 3);

// Appends one zeroed item to an array in the arena and returns it (valid until the next push).
// `items` is the address of the array pointer; arrays grow by doubling.
void *tw_arena_push_(struct tw_arena *arena, void **items, size_t *count, size_t item_size);
#define tw_arena_push(arena, items, count)                                                         \
    ((__typeof__(*(items)))tw_arena_push_(arena, (void **)(items), count, sizeof **(items)))

uint64_t tw_arena_used(const struct tw_arena *arena);

// Whether something was refused because of the ceiling, not for want of memory.
bool tw_arena_is_full(const struct tw_arena *arena);
