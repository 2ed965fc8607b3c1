// What a text does about Go: the variables that it sets, the go commands that it runs. Found in
// Dockerfiles, in the RUN lines of image history, in shell scripts, in files of variables.
#pragma once

#include <stdbool.h>

#include "scanner/base/arena.h"
#include "scanner/base/span.h"

enum tw_trace_kind {
    TW_TRACE_SET,      // NAME=value, for what is started afterwards
    TW_TRACE_GO_ENV_W, // go env -w NAME=value
    TW_TRACE_GO_ENV,   // go env NAME
    TW_TRACE_GO_BUILD, // go build, install, run, test: name is that word, value is of -o
    TW_TRACE_GO_FLAG,  // a flag of one of them, such as "-ldflags", and its value
    TW_TRACE_COPY,     // COPY of a whole GOROOT: name is where from, value is where to
    // Only where it is asked what programs get (struct tw_traces, for_programs):
    TW_TRACE_ASSIGN, // NAME=value of the shell alone; programs get it if they had that variable
    TW_TRACE_UNSET,  // name is gone; "": every variable is
    TW_TRACE_KINDS,
};

// "set", "go-env-w" ...
const char *tw_trace_kind_name(enum tw_trace_kind kind);

struct tw_trace {
    enum tw_trace_kind kind;
    const char *name;
    const char *value; // NULL: none, or it depends on what is not known here
    const char *text;  // the command or instruction, cut after TW_TRACE_TEXT_BYTES
    const char *go;    // the toolchain that the text runs with, "1.22"; NULL: not known
    uint64_t line;     // of the text, from 1; in history: number of the entry, from 1
    bool forgiven;     // the command's failure stops nothing ("|| true")
};

enum { TW_TRACE_TEXT_BYTES = 240 };

// Traces of one text, all in the arena.
struct tw_traces {
    struct tw_arena *arena;
    struct tw_trace *items;
    size_t count;
    uint64_t max;      // no more are kept, and `full` is set
    const char *go;    // what the next ones get
    uint64_t line;     // added to theirs
    bool for_programs; // else a shell's own assignment is one like any other
    bool full, no_memory;
};

// Whether a variable of this name is any of Go's business: GO..., CGO_..., and what the standard
// library reads (SSL_CERT_FILE, SSL_CERT_DIR, ZONEINFO).
bool tw_trace_wants(struct tw_span name);

// Appends one. All text is copied, kept as UTF-8 (tw_text_keep). `value` with p NULL is not known.
void tw_traces_add(struct tw_traces *traces, enum tw_trace_kind kind, struct tw_span name,
    struct tw_span value, struct tw_span text, uint64_t line);
