// The module info text: path, modules, build settings. facts/binary-format.md sections 1.4, 1.5.
#pragma once

#include "scanner/gobin/gobin.h"

enum { TW_MODINFO_SENTINEL_BYTES = 16 };

// Takes the sentinels off; false when they are not both there.
bool tw_modinfo_unframe(struct tw_span framed, struct tw_span *ret_text);

// Finds the next start sentinel at or after *at, and moves *at behind it; false: there is none.
// The text is empty when no end follows within max_bytes: programs carry the sentinels as data.
bool tw_modinfo_find(
    struct tw_span bytes, uint64_t max_bytes, uint64_t *at, struct tw_span *ret_text);

// Notes that the text has more than binary_text_bytes. 0 or TW_E_NOMEM.
int tw_modinfo_too_long(struct tw_arena *arena, struct tw_gobin *bin);

// Reads the lines into bin: main_path, main_module, modules, settings. Lines that are not
// understood are passed over. 0, TW_E_NOMEM or TW_E_LIMIT.
int tw_modinfo_parse(struct tw_span text, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_gobin *bin, struct tw_err *err);
