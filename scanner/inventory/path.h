// Path keys in sets, and what a kept path looks like. Private to scanner/inventory, but for
// tw_path_key() of layer.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/mem.h"
#include "scanner/inventory/layer.h"

// Whether `text` is what tw_text_escape() gives for some bytes (there is only one such text).
bool tw_path_is_escaped(const char *text);

// Whether `text` is what tw_text_path() gives: relative, no empty, "." or ".." component.
bool tw_path_is_canonical(const char *text);

// The last component of a path.
const char *tw_path_base(const char *path);

// A set of keys: open addressing, 8 bytes a slot, at most three quarters full.
struct tw_keyset {
    uint64_t *slots;
    size_t capacity; // a power of two, or 0
    size_t used;     // slots taken, removed ones included
    size_t count;
};

void tw_keyset_done(struct tw_keyset *set);
bool tw_keyset_has(const struct tw_keyset *set, uint64_t key);
int tw_keyset_add(struct tw_keyset *set, uint64_t key); // 0 or TW_E_NOMEM
void tw_keyset_remove(struct tw_keyset *set, uint64_t key);

// The keys in order, in the arena. Empties the set. NULL only when the arena is exhausted.
uint64_t *tw_keyset_take_sorted(struct tw_keyset *set, struct tw_arena *arena, size_t *ret_count);

bool tw_keys_have(const uint64_t *sorted, size_t count, uint64_t key);

// Sorted keys as base64 of big-endian numbers, and back. decode: NULL and a reason when the
// text is not base64 of whole keys, or they are not in rising order.
int tw_keys_encode(const uint64_t *sorted, size_t count, struct tw_buf *out);
uint64_t *tw_keys_decode(
    const char *text, size_t size, struct tw_arena *arena, size_t *ret_count, const char **ret_why);
