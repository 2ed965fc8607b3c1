// Whether the cage holds on this kernel: each forbidden thing is tried from the inside.
#pragma once

#include "scanner/cage/sandbox.h"

// Tries the probes behind all walls of `options` and behind single ones of them, and then every
// system call by its number. Prints one line each (all system calls have one line together) to
// standard output. Returns 0 when everything was refused, else TW_E_CAGE with the number of
// those that were not. Takes seconds.
int tw_selftest(const struct tw_sandbox_options *options, struct tw_err *err);
