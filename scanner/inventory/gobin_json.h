// One Go record as JSON: the contract's "A Go binary" without path, size and digest.
#pragma once

#include <jansson.h>

#include "scanner/gobin/gobin.h"

// A new reference, or NULL when out of memory.
json_t *tw_gobin_to_json(const struct tw_gobin *bin);

// Adds the packed names of functions to the record's "functions": inventories keep them, reports
// do not. 0 or TW_E_NOMEM.
int tw_gobin_add_names(json_t *json, const struct tw_gobin *bin);

// The inverse; everything is checked and copied into the arena. TW_E_CAGE names the field.
int tw_gobin_from_json(
    const json_t *json, struct tw_arena *arena, struct tw_gobin *ret_bin, struct tw_err *err);
