// The version of the main program, never a guess between two candidates.
#pragma once

#include "scanner/gobin/object.h"

// Fills object->bin's main_version and its source: the module's version unless it is "(devel)",
// else the value that the flags -X pkg.Version=value gave, of the recorded -ldflags, else of the
// variables themselves. Several such flags have to agree. 0 or TW_E_NOMEM.
int tw_mainversion_read(const struct tw_object *object);
