// What cages did and how they ended, counted for all that share the counters.
#pragma once

#include <stdatomic.h>

enum tw_cage_death {
    TW_CAGE_LIVED,     // it ended by itself and was believed, or told what is wrong with its input
    TW_CAGE_FORBIDDEN, // a system call that it may not do
    TW_CAGE_TIME,      // CPU time, or it kept us waiting
    TW_CAGE_MEMORY,
    TW_CAGE_OUTPUT, // more than it may say
    TW_CAGE_CRASH,
    TW_CAGE_KILLED,  // by somebody else, as the kernel does without memory
    TW_CAGE_LIE,     // what it said cannot be
    TW_CAGE_TROUBLE, // it could not be set up, or gave up for a reason of its own
    TW_CAGE_DEATHS,
};
const char *tw_cage_death_name(enum tw_cage_death death); // "forbidden-call", "time" ...

struct tw_cage_counters {
    atomic_ullong started;
    atomic_ullong deaths[TW_CAGE_DEATHS];
    atomic_ullong out_bytes; // uncompressed, of what was believed
};
