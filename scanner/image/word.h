// The words of a Dockerfile instruction: where they end, and what quotes, escapes and variables in
// them stand for. https://docs.docker.com/reference/dockerfile/#environment-replacement
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/span.h"

// What a variable's name stands for; NULL: nothing (an empty string, to the builder);
// tw_word_unknown: something that cannot be told.
typedef const char *(*tw_word_lookup)(void *ctx, const char *name, size_t name_size);

extern const char tw_word_unknown[];

enum { TW_WORD_STEPS = 10000000 }; // enough for any file that a person wrote

struct tw_word_rules {
    char escape;           // '\\', or '`' by the escape directive
    tw_word_lookup lookup; // NULL: variables stay as they are written
    void *ctx;
    // What ${NAME#pattern} and its like may cost, for all words together: they look at a value from
    // every place. Once it is used up such words cannot be told. NULL: none of them can.
    uint64_t *steps;
};

bool tw_word_is_blank(uint8_t c); // blank, tab, line feed, carriage return

struct tw_span tw_word_trim(struct tw_span text);

// Takes the next word off `rest`, quotes and escapes still in it. An empty span: there is none.
struct tw_span tw_word_next(struct tw_span *rest, char escape);

// The same for words that end at blanks alone, whatever quotes say.
struct tw_span tw_word_next_plain(struct tw_span *rest);

// What the word stands for: $NAME, ${NAME}, and ${NAME} with :- - :+ + :? ? # ## % %% / //.
// NULL: it cannot be told (another form, ${NAME:?} of nothing), it is longer than a megabyte, or
// there is no memory.
char *tw_word_value(struct tw_arena *arena, struct tw_span word, const struct tw_word_rules *rules);
