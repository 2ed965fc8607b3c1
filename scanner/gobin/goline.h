// The go line of the main module, as far as DefaultGODEBUG betrays it.
#pragma once

#include "scanner/gobin/gobin.h"

// Strictly it is the GODEBUG default that it betrays: a `godebug default=go1.N` line in go.mod
// moves that away from the go line, and nothing in the binary tells the two apart.
// An entry that turns a default back to what it was before Go 1.N shows a go line below 1.N.
// Fills bin->go_line_at_most with the lowest such 1.(N-1); stays NULL when nothing tells.
// 0 or TW_E_NOMEM.
int tw_goline_read(struct tw_arena *arena, struct tw_gobin *bin);
