// "A Go binary" of the JSON contract, as reports and `inspect` print it.
#pragma once

#include <jansson.h>

#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/gobin/gobin.h"

// `layer` NULL leaves the field out. A new reference, or NULL when out of memory.
json_t *tw_binary_json(const char *layer, const char *path, uint64_t size_bytes,
    const struct tw_digest *sha256, const struct tw_gobin *bin);

// Appends an item to a list that is being made, and takes both references. NULL, with all given
// back, when one of them is: so a list that lost an item ends as no document at all.
json_t *tw_json_append(json_t *list, json_t *item);

// Appends the value and a line feed; `flags` as json_dumps. Takes the reference.
int tw_json_write(json_t *json, size_t flags, struct tw_buf *out, struct tw_err *err);
