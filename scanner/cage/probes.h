// What the self-test tries from inside the cage.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct tw_probe {
    const char *what;
    // Outside, before the walls are up: what the try needs. May be NULL.
    void (*prepare)(void);
    // Inside. At least 0: it worked; negative: refused, with errno.
    long (*try)(void);
    unsigned alone;   // TW_WALL_*: each of these refuses it without the others
    int landlock_abi; // from which on landlock refuses it
    bool works;       // for everybody, where there are no walls
};

extern const struct tw_probe tw_probes[];
extern const size_t tw_probe_count;

// The walls that the probes are tried behind have these numbers.
enum { TW_PROBE_CPU_SECONDS = 1, TW_PROBE_OUTPUT_BYTES = 1 << 20 };
