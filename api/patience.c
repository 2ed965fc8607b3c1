#include "api/patience.h"

#include <string.h>

enum { WAY_MS = 500, DIGITS_MAX = 6 };

// "1.5" in thousandths; 0: it does not begin with a number.
static size_t read_number(const char *text, int64_t *ret_thousandths)
{
    size_t n = strspn(text, "0123456789"), digits = 0;
    int64_t value = 0;
    if (n == 0 || n > DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    if (text[n] == '.') {
        for (n++; text[n] >= '0' && text[n] <= '9' && digits < 3; n++, digits++)
            value = value * 10 + (text[n] - '0');
        n += strspn(text + n, "0123456789");
    }
    for (; digits < 3; digits++)
        value *= 10;
    *ret_thousandths = value;
    return n;
}

static bool read_time(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}};
    int64_t thousandths;
    size_t n = read_number(text, &thousandths);
    for (size_t i = 0; n > 0 && i < TW_COUNT(units); i++) {
        if (strcmp(text + n, units[i].unit) == 0) {
            *ret_ms = thousandths * units[i].ms / 1000;
            return true;
        }
    }
    return false;
}

int tw_patience_of(const struct tw_call *call, struct tw_patience *ret_patience, struct tw_err *err)
{
    const char *text = tw_query_get(call->query, "timeout");
    int64_t most_ms = (int64_t)call->admission_timeout_s * 1000, ms = most_ms;
    if (text && !read_time(text, &ms))
        return tw_err_set(err, TW_E_USAGE, "timeout is \"%.40s\"; write seconds, as in 10s", text);
    if (ms > most_ms)
        ms = most_ms;
    ms -= ms >= 5 * WAY_MS ? WAY_MS : ms / 5;
    *ret_patience = (struct tw_patience){call->began_ms + ms, text != NULL};
    return 0;
}
