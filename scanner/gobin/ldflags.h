// The linker's flags as a build records them: "-s -w -X main.version=1.4.0".
#pragma once

#include "scanner/base/span.h"

// Calls `each` for every -X variable=value, in order. Words are parted as cmd/internal/quoted
// does. Of several definitions of one variable the linker takes the last.
void tw_ldflags_definitions(struct tw_span flags,
    void (*each)(void *ctx, struct tw_span variable, struct tw_span value), void *ctx);
