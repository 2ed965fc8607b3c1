#include "scanner/base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, fallback, maximum, unit, why)                                                    \
    {#name, fallback, maximum, unit, why, offsetof(struct tw_limits, name)},
const struct tw_limit_row tw_limit_rows[] = {TW_LIMITS(ROW)};
#undef ROW

const unsigned tw_limit_row_count = sizeof tw_limit_rows / sizeof tw_limit_rows[0];

#define ROW(name, fallback, ...) .name = (fallback),
const struct tw_limits tw_limits_default = {TW_LIMITS(ROW)};
#undef ROW

const struct tw_limit_row *tw_limits_find(struct tw_span name)
{
    for (unsigned i = 0; i < tw_limit_row_count; i++) {
        if (tw_span_equals(name, tw_limit_rows[i].name))
            return &tw_limit_rows[i];
    }
    return NULL;
}

int tw_limits_set_row(
    struct tw_limits *limits, const struct tw_limit_row *row, const char *value, struct tw_err *err)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || v == 0 || v > row->hard_maximum)
        return tw_err_set(err, TW_E_USAGE,
            "limit %s: \"%.40s\" must be a number from 1 to %" PRIu64 " (%s)", row->name, value,
            row->hard_maximum, row->unit);
    *(uint64_t *)(void *)((char *)limits + row->offset) = v;
    return 0;
}

int tw_limits_set(struct tw_limits *limits, const char *assignment, struct tw_err *err)
{
    size_t name_size = strcspn(assignment, "=");
    const char *value = assignment + name_size + (assignment[name_size] == '=');
    const struct tw_limit_row *row = tw_limits_find(tw_span_of(assignment, name_size));
    if (!row)
        return tw_err_set(err, TW_E_USAGE, "no limit is named \"%.*s\"",
            (int)(name_size < 80 ? name_size : 80), assignment);
    return tw_limits_set_row(limits, row, value, err);
}
