// Fields out of JSON that a stranger may have written. Private to layer_json.c and image_json.c.
//
// Every failure is TW_E_CAGE and names the field: "files[3].path: is no canonical path".
#pragma once

#include <jansson.h>

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/base/err.h"
#include "scanner/base/json.h"

// An object being read, and where it stands.
struct tw_field {
    const json_t *object;
    const char *where; // "files", or NULL at the top
    size_t index;      // in that array
    struct tw_arena *arena;
    struct tw_err *err;
};

// Checks that `f->object` is an object with exactly these keys (a NULL ends the list).
int tw_field_keys(const struct tw_field *f, const char *const *names);

enum tw_field_text {
    TW_FIELD_ANY,          // any text
    TW_FIELD_LINE,         // no control characters
    TW_FIELD_ESCAPED,      // as tw_text_escape() gives it
    TW_FIELD_PATH,         // as tw_text_path() gives it
    TW_FIELD_WORD,         // lower-case letters, digits and "-", 1 to 40 of them
    TW_FIELD_NULL = 0x100, // may be null
};

// The text is copied into the arena.
int tw_field_text(const struct tw_field *f, const char *name, int kind, const char **ret_text);
int tw_field_u64(const struct tw_field *f, const char *name, uint64_t *ret_value);
int tw_field_bool(const struct tw_field *f, const char *name, bool *ret_value);
// "" is the empty digest, when `optional`.
int tw_field_digest(
    const struct tw_field *f, const char *name, bool optional, struct tw_digest *ret_digest);
// An array of at most `max` items.
int tw_field_array(
    const struct tw_field *f, const char *name, uint64_t max, const json_t **ret_array);
// An array of texts, copied into the arena.
int tw_field_texts(const struct tw_field *f, const char *name, uint64_t max, int kind,
    const char ***ret_texts, size_t *ret_count);
// An array of arrays of `width` texts; kinds[width]. The texts lie one after the other in
// *ret_cells, *ret_count counts rows.
int tw_field_rows(const struct tw_field *f, const char *name, uint64_t max, size_t width,
    const int *kinds, const char ***ret_cells, size_t *ret_count);

int tw_field_fail(const struct tw_field *f, const char *name, const char *why);

// ---- out ----

// Appends `json` to `out`, compact, and releases it. TW_E_NOMEM: it is NULL, or memory failed
// since tw_mem_failures was `failures`, when its making began: then parts of it are missing.
int tw_field_dump(json_t *json, uint64_t failures, struct tw_buf *out, struct tw_err *err);
