// Inside api/: values of answers. All return NULL when memory is short, and json_pack() of a
// NULL is NULL, so tw_answer_json is the one place that has to ask.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "scanner/base/json.h"

// RFC 3339 in UTC, with milliseconds; null for 0.
json_t *tw_json_time(int64_t ms_since_1970);

// {"items": items, "next": cursor or null}; takes `items`.
json_t *tw_json_page(json_t *items, const char *next);
