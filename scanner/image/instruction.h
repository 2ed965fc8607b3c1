// Dockerfile instructions as they stand in image history, in the forms of BuildKit, buildah,
// kaniko and the classic builder, and ENV's own grammar.
// https://docs.docker.com/reference/dockerfile/#env
#pragma once

#include "scanner/base/arena.h"
#include "scanner/image/word.h"

// The instruction inside a history entry's created_by, as a person would write it:
// "/bin/sh -c #(nop)  ENV A=b" and "ENV A=b" -> "ENV A=b"; "RUN /bin/sh -c make # buildkit"
// -> "RUN make"; "|1 V=2 /bin/sh -c make" -> "RUN make". NULL: none recognised, or no memory.
char *tw_instruction_of_history(struct tw_arena *arena, const char *created_by);

// "RUN" for "run"; NULL: there is no such instruction.
const char *tw_instruction_keyword(struct tw_span word);

struct tw_assignment {
    const char *name;
    const char *value; // quotes and escapes removed; NULL: it could not be expanded
};

// Parses "ENV A=b C=\"d e\"" (several variables, single and double quotes, escapes) and the old
// form "ENV A b c". Variables are NOT expanded. TW_E_FORMAT when it is no ENV instruction.
int tw_instruction_env(struct tw_arena *arena, const char *instruction,
    struct tw_assignment **ret_assignments, size_t *ret_count, struct tw_err *err);

// The same by the given rules. With a lookup, a value that cannot be expanded is NULL.
int tw_instruction_env_by(struct tw_arena *arena, const char *instruction,
    const struct tw_word_rules *rules, struct tw_assignment **ret_assignments, size_t *ret_count,
    struct tw_err *err);

// By Docker's usual escape, the backslash.
int tw_instruction_env_expanded(struct tw_arena *arena, const char *instruction,
    tw_word_lookup lookup, void *ctx, struct tw_assignment **ret_assignments, size_t *ret_count,
    struct tw_err *err);
