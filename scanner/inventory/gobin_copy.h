// A Go record copied into another arena.
#pragma once

#include "scanner/gobin/gobin.h"

// Copies everything that `bin` points to. TW_E_NOMEM: the arena is exhausted.
int tw_gobin_copy(const struct tw_gobin *bin, struct tw_arena *arena, struct tw_gobin *ret_bin);
