#include "scanner/inventory/path.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/base/base64.h"
#include "scanner/base/text.h"

// Slots that hold no key. A path whose key is one of these gets the next free number instead.
enum { EMPTY, REMOVED, FIRST_KEY };

uint64_t tw_path_key(enum tw_path_kind kind, const char *path)
{
    static const char prefixes[] = {
        [TW_PATH_DIRECTORY] = 'd', [TW_PATH_OTHER] = 'f', [TW_PATH_PARENT] = 'p'};
    char small[512];
    size_t size = strlen(path) + 2;
    char *text = size <= sizeof small ? small : tw_mem_alloc(size);
    uint8_t sum[TW_SHA256_BYTES];
    uint64_t key = 0;
    // Out of memory would have to be an error of each caller; a key that matches nothing of a
    // layer is what remains, and the next allocation fails anyway.
    if (text) {
        text[0] = prefixes[kind];
        text[1] = ':';
        memcpy(text + 2, path, size - 2);
        if (tw_sha256(text, size, sum) == 0)
            tw_span_u64(tw_span_of(sum, sizeof sum), 0, true, &key);
    }
    if (text != small)
        free(text);
    return key < FIRST_KEY ? key + FIRST_KEY : key;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

// Undoes tw_text_escape(). NULL: a backslash that starts no \xNN, or no memory.
static char *unescape(const char *text, size_t *ret_size)
{
    char *raw = tw_mem_alloc(strlen(text) + 1);
    size_t size = 0;
    while (raw && *text) {
        if (*text != '\\') {
            raw[size++] = *text++;
            continue;
        }
        int high = text[1] == 'x' ? hex_digit(text[2]) : -1;
        int low = high >= 0 ? hex_digit(text[3]) : -1;
        if (low < 0) {
            free(raw);
            return NULL;
        }
        raw[size++] = (char)(high << 4 | low);
        text += 4;
    }
    *ret_size = size;
    return raw;
}

bool tw_path_is_escaped(const char *text)
{
    size_t size = 0;
    TW_AUTO(tw_freep) char *raw = unescape(text, &size);
    if (!raw)
        return false;
    TW_AUTO(tw_buf_done) struct tw_buf again = TW_BUF(strlen(text));
    return tw_text_escape_to(&again, tw_span_of(raw, size)) == 0 && again.size == strlen(text) &&
           memcmp(again.data ? again.data : "", text, again.size) == 0;
}

bool tw_path_is_canonical(const char *text)
{
    for (const char *part = text; *text; part += strcspn(part, "/") + 1) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        if (part[n] == '\0')
            break;
    }
    return tw_path_is_escaped(text);
}

const char *tw_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void tw_keyset_done(struct tw_keyset *set)
{
    free(set->slots);
    *set = (struct tw_keyset){0};
}

// The slot of the key, or the empty one where the search for it ends.
static size_t slot_of(const struct tw_keyset *set, uint64_t key)
{
    size_t i = (size_t)key & (set->capacity - 1);
    while (set->slots[i] != EMPTY && set->slots[i] != key)
        i = (i + 1) & (set->capacity - 1);
    return i;
}

bool tw_keyset_has(const struct tw_keyset *set, uint64_t key)
{
    return set->capacity > 0 && set->slots[slot_of(set, key)] == key;
}

static int grow(struct tw_keyset *set)
{
    // Removed slots go away as well, so a set that only churns does not grow.
    size_t capacity = set->count * 2 >= set->capacity ? set->capacity * 2 : set->capacity;
    struct tw_keyset grown = {.capacity = capacity ? capacity : 1024, .count = set->count};
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return TW_E_NOMEM;
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i] >= FIRST_KEY)
            grown.slots[slot_of(&grown, set->slots[i])] = set->slots[i];
    }
    grown.used = grown.count;
    free(set->slots);
    *set = grown;
    return 0;
}

int tw_keyset_add(struct tw_keyset *set, uint64_t key)
{
    if (tw_keyset_has(set, key))
        return 0;
    if (set->used + 1 > set->capacity / 4 * 3 && grow(set) < 0)
        return TW_E_NOMEM;
    set->slots[slot_of(set, key)] = key;
    set->used++;
    set->count++;
    return 0;
}

void tw_keyset_remove(struct tw_keyset *set, uint64_t key)
{
    if (!tw_keyset_has(set, key))
        return;
    set->slots[slot_of(set, key)] = REMOVED;
    set->count--;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t *tw_keyset_take_sorted(struct tw_keyset *set, struct tw_arena *arena, size_t *ret_count)
{
    size_t count = 0;
    uint64_t *keys = tw_arena_alloc(arena, set->count * sizeof *keys + 1);
    for (size_t i = 0; keys && i < set->capacity; i++) {
        if (set->slots[i] >= FIRST_KEY)
            keys[count++] = set->slots[i];
    }
    if (keys && count > 0)
        qsort(keys, count, sizeof *keys, compare_keys);
    *ret_count = count;
    tw_keyset_done(set);
    return keys;
}

bool tw_keys_have(const uint64_t *sorted, size_t count, uint64_t key)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low] == key;
}

int tw_keys_encode(const uint64_t *sorted, size_t count, struct tw_buf *out)
{
    uint8_t chunk[3 * 1024];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < 8; byte++)
            chunk[size++] = (uint8_t)(sorted[i] >> (56 - 8 * byte));
        if (size == sizeof chunk || i + 1 == count) {
            tw_base64_encode(tw_span_of(chunk, size), out);
            size = 0;
        }
    }
    return out->status;
}

uint64_t *tw_keys_decode(
    const char *text, size_t size, struct tw_arena *arena, size_t *ret_count, const char **ret_why)
{
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(size);
    if (!tw_base64_decode(tw_span_of(text, size), &bytes) || bytes.size % 8 != 0) {
        *ret_why = "is not base64 of 8-byte keys";
        return NULL;
    }
    uint64_t *keys = tw_arena_alloc(arena, bytes.size + 1);
    if (!keys) {
        *ret_why = "is too large";
        return NULL;
    }
    for (size_t i = 0; i < bytes.size / 8; i++) {
        tw_span_u64(tw_buf_span(&bytes), i * 8, true, &keys[i]);
        if (keys[i] < FIRST_KEY || (i > 0 && keys[i] <= keys[i - 1])) {
            *ret_why = "is not sorted";
            return NULL;
        }
    }
    *ret_count = bytes.size / 8;
    return keys;
}
