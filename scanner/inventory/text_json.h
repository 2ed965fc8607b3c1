// struct tw_text_file as JSON, out and back in. Private to layer_json.c and image_json.c.
#pragma once

#include "scanner/inventory/field.h"
#include "scanner/inventory/text_file.h"

// A new reference, or NULL when out of memory. `layer` is left out.
json_t *tw_texts_json(const struct tw_text_file *texts, size_t count);

// The list at `name` of `top`, at most `max` of them.
int tw_texts_take(const struct tw_field *top, const char *name, const struct tw_limits *limits,
    uint64_t max, struct tw_text_file **ret_texts, size_t *ret_count);
