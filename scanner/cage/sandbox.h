// The walls of the cage: everything that a process could do is taken from this one, before it
// reads the first hostile byte. Fails closed.
//
// landlock(7) with nothing allowed, rlimits, and a seccomp allow-list of what reading
// descriptor 0, writing 1 and 2 and managing memory needs. Opening files answers EACCES (libc
// and libarchive try optional files); every other system call ends the process with SIGSYS.
#pragma once

#include <stdbool.h>

#include "scanner/base/limits.h"

struct tw_sandbox_options {
    const struct tw_limits *limits; // cage_memory_bytes, layer_seconds, inventory_bytes
    bool without_landlock;          // for kernels that lack it; seccomp is always required
};

// Closes every descriptor above 2, empties the environment, and raises the walls. TW_E_CAGE
// says which one could not be raised and what to do; then the caller must end.
int tw_sandbox_enter(const struct tw_sandbox_options *options, struct tw_err *err);
