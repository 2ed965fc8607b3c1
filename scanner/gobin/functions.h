// The names of all functions in a binary, packed: each name without what it shares with the one
// before it, all of them compressed with zstd: 6 to 8 bytes a function.
#pragma once

#include "scanner/gobin/pclntab.h"

// Packs the names of `table`, in its order, into the arena. Past limits->binary_functions names
// or limits->binary_names_bytes the rest is left out (ret_complete false). TW_E_NOMEM.
int tw_functions_pack(const struct tw_pclntab *table, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_span *ret_packed, bool *ret_complete);

// Calls `each` for every name until it returns false; a name is valid during the call. TW_E_CAGE:
// `packed` is not what tw_functions_pack writes, or unpacks to more than the limits allow.
int tw_functions_unpack(struct tw_span packed, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx, struct tw_err *err);
