// JSON from outside: size, depth and number of values are capped before jansson sees it (a value
// of two bytes costs it some two hundred), duplicate keys refused. And strings that go out.
#pragma once

#include <jansson.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

// Once in a program, before anything else uses jansson: see json_memory.h.
void tw_json_init(void);

struct tw_json_caps {
    uint64_t bytes;
    uint64_t depth;  // of nested arrays and objects
    uint64_t values; // of all kinds, at any depth
};

// Parses one value. *ret_json is a new reference. TW_E_LIMIT: too large, too deep, too many
// values. TW_E_FORMAT: not JSON, with line and column. TW_E_NOMEM.
int tw_json_parse(
    struct tw_span text, struct tw_json_caps caps, json_t **ret_json, struct tw_err *err);

// The same, but strings may have NUL characters: whoever takes one looks at its length too.
int tw_json_parse_with_nul(
    struct tw_span text, struct tw_json_caps caps, json_t **ret_json, struct tw_err *err);

static inline void tw_json_decrefp(json_t **json)
{
    json_decref(*json);
}

// Strings of answers and reports. All return NULL when memory is short, and json_pack() of a NULL
// is NULL.
json_t *tw_json_text(const char *text);         // bytes that are not UTF-8 are escaped
json_t *tw_json_text_or_null(const char *text); // the same; null for NULL and ""
json_t *tw_json_or_null(const char *text);      // of UTF-8; null for NULL

// The string at `key`, or NULL when it is absent or no string.
static inline const char *tw_json_string(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}
