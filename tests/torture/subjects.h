// What is tortured: each parser, with inputs that are there for other tests.
#pragma once

#include "scanner/base/buf.h"
#include "scanner/base/span.h"

struct subject {
    const char *name;
    const char *folder; // of inputs, below tests/
    // Reads while memory fails; *ret_thing is NULL on failure.
    int (*read)(struct tw_span input, void **ret_thing, struct tw_err *err);
    // Says all of what was read, so that two readings can be compared.
    void (*write)(const void *thing, struct tw_buf *out);
    void (*free)(void *thing);
};

extern const struct subject subjects[];
extern const size_t subject_count;
