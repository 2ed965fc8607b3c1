// The daemon's log: one line an event on standard error, for people or for programs.
#pragma once

#include <stdint.h>

#include "scanner/base/err.h"

enum tw_log_level { TW_LOG_ERROR, TW_LOG_WARNING, TW_LOG_INFO, TW_LOG_DEBUG };

// Lines above `level` are dropped; as_json: one object a line. Any thread, at any time.
void tw_log_init(enum tw_log_level level, bool as_json);
int tw_log_level_parse(const char *name, enum tw_log_level *ret_level, struct tw_err *err);

// What a line is about. Names that mean the same everywhere: request, scan, reference, digest,
// layer, worker, duration_ms, error (tw_err_name), status.
struct tw_log_field {
    const char *name; // of a-z and _; NULL ends the list
    const char *text; // NULL or "": left out, unless it is a number
    bool is_number;
    int64_t number;
};
#define TW_LOG_TEXT(field, value) ((struct tw_log_field){.name = (field), .text = (value)})
#define TW_LOG_NUMBER(field, value)                                                                \
    ((struct tw_log_field){.name = (field), .is_number = true, .number = (int64_t)(value)})
#define TW_LOG_ABOUT(...)                                                                          \
    ((const struct tw_log_field[]){__VA_ARGS__, (struct tw_log_field){.name = NULL}})

// "2026-01-02T03:04:05.678Z info done in 0.2 s scan=01J... worker=12.1", or
// {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"done in 0.2 s","scan":"01J..."}.
// Control characters, backslashes and bytes that are not UTF-8 are escaped as \xNN, in messages and
// values, before either form is written. Messages are cut at 2 KiB, values at 1 KiB. One write(2) a
// line. In the text form a value with a blank, = or " is in quotes.
void tw_log_about(enum tw_log_level level, const struct tw_log_field *fields, const char *fmt, ...)
    TW_PRINTF(3, 4);
void tw_log(enum tw_log_level level, const char *fmt, ...) TW_PRINTF(2, 3);
