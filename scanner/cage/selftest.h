// Whether the cage holds on this kernel: each forbidden thing is tried from the inside.
#pragma once

#include "scanner/cage/sandbox.h"

// Prints one line a probe to standard output. Returns 0 when every one was refused, else
// TW_E_CAGE with the number of those that were not.
int tw_selftest(const struct tw_sandbox_options *options, struct tw_err *err);
