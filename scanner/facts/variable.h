// The environment variables that have to do with Go, and who reads each. facts/goroot-env.md 1;
// `go help environment` (go1.27.4), src/runtime/extern.go.
#pragma once

#include "scanner/base/span.h"

enum tw_variable_reader {
    TW_READ_BY_PROGRAMS, // compiled programs, when they run
    TW_READ_BY_GO,       // the go command and its tools
    TW_READ_BY_NOBODY,   // once was, or never
};

struct tw_variable {
    const char *name;
    enum tw_variable_reader reader;
};

// NULL: none of Go's.
const struct tw_variable *tw_variable_find(struct tw_span name);

// Whether it is one that these read.
bool tw_variable_is(const char *name, enum tw_variable_reader reader);
