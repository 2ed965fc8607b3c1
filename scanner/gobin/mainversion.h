// The version of the main program, never a guess between two candidates.
#pragma once

#include "scanner/gobin/gobin.h"

// Fills bin->main_version and its source: the module's version unless it is "(devel)", else a
// -X pkg.Version=value of the recorded -ldflags when it is the only one. 0 or TW_E_NOMEM.
int tw_mainversion_read(struct tw_arena *arena, struct tw_gobin *bin);
