// One command of a shell text, as a list of words: who really runs behind env, exec and their like,
// which variables it is given, and what a go command is asked to do. Private to shell.c.
#pragma once

#include "scanner/base/buf.h"
#include "scanner/image/trace.h"
#include "scanner/image/word.h"

enum { TW_COMMAND_WORDS = 256, TW_COMMAND_REMEMBERED = 32 };

struct tw_command_word {
    struct tw_buf text;
    bool unknown;         // some of it depends on what is not known ...
    uint64_t known_bytes; // ... all before is
};

// Everything from here on is not known.
void tw_command_word_unknown(struct tw_command_word *word);

// What the script has set to plain text so far: names and values lie in the traces' arena.
struct tw_command_memory {
    struct {
        const char *name, *value;
    } rows[TW_COMMAND_REMEMBERED];
    size_t count;
    bool stops; // "set -e": the first command that fails ends the script
};

struct tw_command {
    struct tw_traces *traces;
    tw_word_lookup lookup;
    void *ctx;
    struct tw_command_memory *memory;
    struct tw_command_word words[TW_COMMAND_WORDS]; // more are counted, not kept
    size_t count;
    bool forgiven;
};

// A command with no words that shares everything else with `like`.
void tw_command_init(struct tw_command *command, const struct tw_command *like);
void tw_command_done(struct tw_command *command);
void tw_command_reset(struct tw_command *command); // gives the words back

// Takes the word's text over.
void tw_command_add(struct tw_command *command, struct tw_command_word *word);

// NULL: not known.
const char *tw_command_variable(const struct tw_command *command, struct tw_span name);

// Whether a shell reads what the command is given on standard input.
bool tw_command_is_shell(const struct tw_command *command);
bool tw_command_base_is(struct tw_span program, const char *name); // of its last component

// The command is whole: leaves its traces. Returns the script of "sh -c SCRIPT", which is valid
// until the words are given back; else a span with p NULL.
struct tw_span tw_command_finish(struct tw_command *command, struct tw_span text, uint64_t line);
