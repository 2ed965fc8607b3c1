// What a daemon says of scans and images, shown and weighed. Whatever is missing or of another type
// in its answer is taken as unknown, which is never clean.
#pragma once

#include "daemon/cli/remote.h"
#include "scanner/image/reference.h"

// One line, or (in_full) a block of lines. Text from the answer is escaped.
void tw_answer_show_scan(const json_t *scan, bool in_full, struct tw_buf *out);
void tw_answer_show_image(const json_t *image, struct tw_buf *out);

// 1: a finding at or above --fail-on, or (without it) the decision is deny, or cannot be told;
// 3: something could not be looked at; else 0.
int tw_answer_exit(const json_t *image, const struct tw_options *o);

// Writes the JSON in a form that is safe on a terminal, or the text that was made.
int tw_answer_write(
    const struct tw_options *o, const json_t *json, const struct tw_buf *text, struct tw_err *err);

// The summary of what was stored under a name last, or of a digest. TW_E_NOT_FOUND says what to do.
int tw_answer_find_image(
    struct tw_remote *remote, const char *name, json_t **ret_image, struct tw_err *err);

// Whether the text is "sha256:..." and nothing else.
bool tw_answer_is_digest(const char *text);
