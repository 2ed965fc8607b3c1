// Messages to people: the same lines for every robot, each in its own markup, cut to what it takes.
#pragma once

#include "daemon/notify/sink.h"

// How one robot's text is written. All append to `out`; texts from outside have been made safe by
// `clean` before. A line ends with its line feed.
struct tw_markup {
    // Appends a text so that the robot shows it as it is, on one line.
    void (*clean)(struct tw_buf *out, struct tw_span text);
    void (*heading)(struct tw_buf *out, enum tw_severity severity, const char *text);
    void (*fact)(struct tw_buf *out, const char *label, const char *colon, const char *value);
    // One line of a list: how bad, which rule, where, what.
    void (*item)(struct tw_buf *out, enum tw_severity severity, const char *word, const char *head,
        const char *text);
    void (*note)(struct tw_buf *out, const char *text);
    const char *before_link, *behind_link; // NULL: an address is a link by itself
};

// Told of each line with its bytes, in order; the last says how much did not fit, if something did
// not. Lines are dropped from the end, worst first stay; one that is too long by itself is cut
// between characters. `take` returns whether the line still fits.
struct tw_message_out {
    bool (*take)(void *ctx, const char *line, size_t size, size_t reserve_bytes);
    void *ctx;
};

// TW_E_NOMEM.
int tw_message_write(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, const struct tw_message_out *out, struct tw_err *err);

// All of it as one text of at most `max_bytes`.
int tw_message_text(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, size_t max_bytes, struct tw_buf *ret_text,
    struct tw_err *err);

// The heading alone, cut to max_bytes: for lists of conversations.
int tw_message_title(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, size_t max_bytes, struct tw_buf *ret_text,
    struct tw_err *err);

// One line without control characters; `swap` (may be NULL) gives what takes the place of an ASCII
// character, or NULL for itself.
void tw_message_clean(
    struct tw_buf *out, struct tw_span text, const char *(*swap)(unsigned char c));

extern const struct tw_markup tw_markup_plain;
