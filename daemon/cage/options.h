// How cages are built, as the settings say.
#pragma once

struct tw_cage_counters;

struct tw_cage_options {
    const char *program; // path of tidewaiter-layer; NULL: beside our own executable
                         // (/proc/self/exe), or in ../libexec/tidewaiter/
    const char *walls;   // "full", "without-landlock" or "none" (scanner/cage/sandbox.h);
                         // NULL: full
    struct tw_cage_counters *counters; // of all cages that share it (count.h); NULL: nobody counts
};
