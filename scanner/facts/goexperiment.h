// The GOEXPERIMENT names, and which of them are on by default where.
// Sources: src/internal/goexperiment/flags.go, src/internal/buildcfg/exp.go of Go 1.2 to 1.27.4.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "scanner/base/goversion.h"
#include "scanner/base/span.h"

struct tw_goexperiment_baseline {
    struct tw_goversion from;
    const char *arches; // GOARCH words; NULL: all
    const char *not_os; // GOOS words that it is not on for; NULL: none
};

struct tw_goexperiment {
    const char *name;
    struct tw_goversion first;
    struct tw_goversion removed; // permanent or gone from here on; zero: still a name
    uint16_t baseline_at, baseline_count;
    const char *says[2]; // English, Chinese: what it does to a program that has it; may be NULL
    const char *affects; // "compiler+runtime"
    const char *effect;  // English prose
    const char *risk;    // in production; NULL
    const char *source;
};

// By name, with or without a leading "no". NULL: no release ever had it.
const struct tw_goexperiment *tw_goexperiment_find(struct tw_span name);
const struct tw_goexperiment *tw_goexperiment_at(size_t index); // by name; NULL past the end

// Whether that toolchain takes the name.
bool tw_goexperiment_known(const struct tw_goexperiment *experiment, struct tw_goversion version);

// Whether it is on in that toolchain when GOEXPERIMENT is empty. NULL os or arch: not known.
bool tw_goexperiment_baseline(const struct tw_goexperiment *experiment, struct tw_goversion version,
    const char *os, const char *arch);

// The most similar name that the toolchain takes, or NULL.
const struct tw_goexperiment *tw_goexperiment_nearest(
    struct tw_span name, struct tw_goversion version);
