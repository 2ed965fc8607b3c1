// What can be said of a Go binary whose build info blob is gone.
// facts/binary-format.md sections 1.4, 6 and 8.
#pragma once

#include "scanner/gobin/pclntab.h"

// Looks for the second copy of the module info, the runtime's version string, and falls back to
// the range of releases that write this form of the function table. Sets bin->is_go and bin->go,
// and notes what was missing. 0 or a negative code.
int tw_recover(const struct tw_object *object, const struct tw_pclntab *table, struct tw_gobin *bin,
    struct tw_err *err);

// Whether the runtime's version string, where it can be found, is `version`: a blob that lies just
// somewhere in data may be of a program that is carried there.
bool tw_recover_agrees(const struct tw_object *object, struct tw_span version);
