// Inside api/: what a list is asked for, out of the query. Each is TW_E_USAGE when the value is
// none that fits, and the message says what would.
#pragma once

#include "api/call.h"

// "2026-11-30T12:00:00Z", with any offset, or a day "2026-11-30" (its beginning, UTC). `fallback`
// when the parameter is not there.
int tw_filter_time(const struct tw_query *query, const char *name, int64_t fallback_ms,
    int64_t *ret_ms, struct tw_err *err);

// "true" or "false". `fallback` when it is not there.
int tw_filter_bool(const struct tw_query *query, const char *name, int fallback, int *ret_value,
    struct tw_err *err);

// One of `words` (NULL-terminated): its number; `fallback` when it is not there.
int tw_filter_word(const struct tw_query *query, const char *name, const char *const *words,
    int fallback, int *ret_index, struct tw_err *err);

// severity (exactly) or min_severity, as a range.
int tw_filter_severity(const struct tw_query *query, enum tw_severity *ret_from,
    enum tw_severity *ret_to, struct tw_err *err);

// registry, repository, tag, current (true when it is not there).
int tw_filter_place(const struct tw_query *query, struct tw_place *ret_place, struct tw_err *err);

// go and go_below, as a range of tw_goversion_number(); 0: open. A release without its last number
// ("1.25") is the whole line, from its first beta on.
int tw_filter_go(
    const struct tw_query *query, int64_t *ret_from, int64_t *ret_until, struct tw_err *err);

// "name@value" or "name=value" parted at `at`; the value is NULL without it. A NULL text gives
// NULL. Memory is `copy`, which the caller frees.
int tw_filter_pair(const char *text, char at, char **copy, const char **ret_name,
    const char **ret_value, struct tw_err *err);
