// What a shell script, or the command line of a RUN instruction, does about Go. It is read, never
// run: what depends on the machine it runs on is not known. POSIX.1-2024, Shell Command Language;
// a text that is no such script gives nothing, or something it really says.
#pragma once

#include "scanner/image/trace.h"
#include "scanner/image/word.h"

// `lookup` NULL: no variable is known, but for those that the script itself sets to plain text.
void tw_shell_traces(
    struct tw_span script, tw_word_lookup lookup, void *ctx, struct tw_traces *traces);

// The same for a command that is given as its words, as in RUN ["go", "env"].
void tw_shell_traces_of_words(const char *const *words, size_t count, struct tw_span text,
    tw_word_lookup lookup, void *ctx, struct tw_traces *traces);

// Whether a program of this path is a shell.
bool tw_shell_is_name(struct tw_span program);

// Whether the file begins with "#!" and the name of a shell.
bool tw_shell_is_script(struct tw_span head);
