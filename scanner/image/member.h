// Inside scanner/image/: fields of manifests and configurations, checked and copied.
//
// A field that is absent or null gives NULL (or zero items); one of another type than wanted
// is TW_E_FORMAT with the field's name.
#pragma once

#include <jansson.h>

#include "scanner/base/arena.h"
#include "scanner/base/digest.h"

// The value, or NULL when it is absent or null.
const json_t *tw_member(const json_t *object, const char *key);

int tw_member_string(struct tw_arena *arena, const json_t *object, const char *key,
    const char **ret_text, struct tw_err *err);

// An array of strings. TW_E_LIMIT past max_count, with the name of the limit.
int tw_member_strings(struct tw_arena *arena, const json_t *object, const char *key,
    uint64_t max_count, const char *limit, const char ***ret_items, size_t *ret_count,
    struct tw_err *err);

// The object at `key`, or NULL.
int tw_member_object(
    const json_t *object, const char *key, const json_t **ret_object, struct tw_err *err);

// The array at `key`, or NULL. TW_E_LIMIT past max_count, with the name of the limit.
int tw_member_array(const json_t *object, const char *key, uint64_t max_count, const char *limit,
    const json_t **ret_array, struct tw_err *err);

// Must be there. A whole number, zero or more.
int tw_member_size(const json_t *object, const char *key, uint64_t *ret_size, struct tw_err *err);

// Must be there.
int tw_member_digest(
    const json_t *object, const char *key, struct tw_digest *ret_digest, struct tw_err *err);

int tw_member_nomem(struct tw_err *err);
