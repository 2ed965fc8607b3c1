// Small files that say how Go is set up or used: Dockerfiles, shell scripts, files of variables;
// and those that Go programs look for: certificates, time zones.
#pragma once

#include "scanner/base/limits.h"
#include "scanner/image/trace.h"

enum tw_text_kind {
    TW_TEXT_DOCKERFILE,
    TW_TEXT_SCRIPT,       // of a shell
    TW_TEXT_GO_ENV,       // of a user, .config/go/env, or go.env of a toolchain
    TW_TEXT_OS_RELEASE,   // etc/os-release: ID, VERSION_ID, and variables of Go
    TW_TEXT_CERTIFICATES, // a bundle, or one, where programs look for them
    TW_TEXT_ZONES,        // time zone data
    TW_TEXT_HISTORY,      // of an image: its RUN lines. Not in a layer
    TW_TEXT_COMMAND,      // of an image: what it starts. Not in a layer
    TW_TEXT_KINDS,
};

// "dockerfile", "script" ...
const char *tw_text_kind_name(enum tw_text_kind kind);

struct tw_text_file {
    const char *path; // NULL: no file (history, command)
    enum tw_text_kind kind;
    const char *layer; // in an image: digest text
    struct tw_trace *traces;
    size_t trace_count;
};

enum { TW_TEXT_HEAD_BYTES = 128 }; // what tw_text_kind_of() looks at

// Whether the path alone may make a file one of them, so that its beginning has to be looked at.
bool tw_text_may_be_at(const char *path);

// Whether a file with this path (as in an inventory) and beginning is one of them.
bool tw_text_kind_of(const char *path, struct tw_span head, enum tw_text_kind *ret_kind);

// How much of it is read: certificates and time zones are not looked into.
uint64_t tw_text_kind_bytes(enum tw_text_kind kind, const struct tw_limits *limits);

// What the text does about Go. *ret_full: there was more than limits->text_traces. A text that is
// not what its name says gives nothing. TW_E_NOMEM, also when the arena is full.
int tw_text_traces(enum tw_text_kind kind, struct tw_span text, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_trace **ret_traces, size_t *ret_count, bool *ret_full);

// Copies traces into another arena.
int tw_traces_copy(const struct tw_trace *from, size_t count, struct tw_arena *arena,
    struct tw_trace **ret_traces);
