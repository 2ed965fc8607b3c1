// The text of a Dockerfile, cut into its steps: continued lines joined, comments taken out,
// here-documents attached. https://docs.docker.com/reference/dockerfile/#format
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/limits.h"
#include "scanner/base/span.h"

struct tw_heredoc {
    const char *name;
    struct tw_span body; // of the text; each line with its end
    bool expands;        // its name stood without quotes
    bool strips;         // "<<-": tabs at the beginning of lines do not count
};

struct tw_step {
    const char *keyword; // "RUN", in capitals
    const char *flags;   // "--from=build --chmod=755", as written; ""
    const char *rest;    // what follows the keyword and the flags; ""
    uint64_t line;       // where it begins, from 1
    bool onbuild;        // it stands behind ONBUILD
    struct tw_heredoc *heredocs;
    size_t heredoc_count;
};

struct tw_steps {
    struct tw_step *items;
    size_t count;
    char escape; // '\\', or '`' by the directive
};

// Spans point into `text`, all else is in the arena. TW_E_FORMAT, with the line: an instruction
// that there is not, a here-document without an end, a bad escape directive. TW_E_LIMIT: more than
// limits->dockerfile_bytes or dockerfile_steps.
int tw_steps_read(struct tw_span text, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_steps *ret_steps, struct tw_err *err);

// The value of a flag, such as "from"; a span with p NULL: it is not there.
struct tw_span tw_step_flag(const struct tw_step *step, const char *name);

// The strings of the JSON form ["a", "b"]; false when `rest` is in no such form.
bool tw_step_words(
    const struct tw_step *step, struct tw_arena *arena, const char ***ret_words, size_t *ret_count);
