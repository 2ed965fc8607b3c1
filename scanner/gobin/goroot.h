// What runtime.GOROOT() will return when the environment does not say otherwise.
// facts/binary-format.md section 2, goroot-env.md section 2.
#pragma once

#include "scanner/gobin/pclntab.h"

// Fills bin->goroot and its source: by symbol, else by a recorded -X flag, else by the place of
// runtime/proc.go in the file table, else by what -trimpath leaves in that release. Stays NULL when
// nothing tells. `table` may be NULL. 0 or TW_E_NOMEM.
int tw_goroot_read(const struct tw_object *object, const struct tw_pclntab *table);
