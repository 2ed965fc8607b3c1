// The walls of the cage: everything that a process could do is taken from this one, before it
// reads the first hostile byte. Fails closed.
//
// landlock(7) with nothing allowed, rlimits, and a seccomp allow-list of what reading
// descriptor 0, writing 1 and 2 and managing memory needs. Opening files answers EACCES (libc
// and libarchive try optional files); every other system call ends the process with SIGSYS.
#pragma once

#include <stdbool.h>

#include "scanner/base/limits.h"

enum {
    TW_WALL_RLIMITS = 1,
    TW_WALL_LANDLOCK = 2,
    TW_WALL_SECCOMP = 4,
    TW_WALLS_ALL = 7,
};

struct tw_sandbox_options {
    const struct tw_limits *limits; // cage_memory_bytes, layer_seconds, inventory_bytes
    unsigned walls;                 // TW_WALL_*
};

// The walls that a word of the setting `cage` stands for: "full"; "without-landlock", for kernels
// that have none; "none", where filters of system calls cannot be had either: rlimits alone.
// TW_E_USAGE lists the words.
int tw_sandbox_walls(const char *word, unsigned *ret_walls, struct tw_err *err);

// Closes every descriptor above 2, empties the environment, and raises the walls. TW_E_CAGE
// says which one could not be raised and what to do; then the caller must end.
int tw_sandbox_enter(const struct tw_sandbox_options *options, struct tw_err *err);

// What the filter does with a system call, by its number on this machine. Memory that can be
// executed is refused all the same.
enum tw_call { TW_CALL_ENDS, TW_CALL_REFUSED, TW_CALL_ALLOWED };
enum tw_call tw_sandbox_call(long number);

// Of the running kernel; 0: none.
int tw_sandbox_landlock_abi(void);
