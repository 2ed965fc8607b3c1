// The daemon's log: one line an event on standard error, safe to read in a terminal.
#pragma once

#include "scanner/base/err.h"

enum tw_log_level { TW_LOG_ERROR, TW_LOG_WARNING, TW_LOG_INFO, TW_LOG_DEBUG };

// Lines above `level` are dropped. Call before threads start.
void tw_log_init(enum tw_log_level level);
int tw_log_level_parse(const char *name, enum tw_log_level *ret_level, struct tw_err *err);

// "2026-01-02T03:04:05.678Z info worker 1: scan 01J… done". Control characters and bytes that
// are not UTF-8 are escaped; the line is cut at 4 KiB. Thread-safe: one write(2) a line.
void tw_log(enum tw_log_level level, const char *fmt, ...) TW_PRINTF(2, 3);
