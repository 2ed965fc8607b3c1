// JSON from outside: size and depth are capped before jansson sees it, duplicate keys refused.
#pragma once

#include <jansson.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

// Parses one value; max_depth counts nested arrays and objects. *ret_json is a new reference.
// TW_E_LIMIT: too large, too deep, or of so many parts that it would fill memory with more than
// ten times max_bytes (and 1 MiB). TW_E_FORMAT: not JSON, with line and column.
int tw_json_parse(struct tw_span text, uint64_t max_bytes, uint64_t max_depth, json_t **ret_json,
    struct tw_err *err);

static inline void tw_json_decrefp(json_t **json)
{
    json_decref(*json);
}

// The string at `key`, or NULL when it is absent or no string.
static inline const char *tw_json_string(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}
