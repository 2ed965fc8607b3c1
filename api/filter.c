#include "api/filter.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scanner/base/goversion.h"

// ---- times ----

static bool number(const char **at, int digits, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret_value = value;
    return true;
}

static bool letter(const char **at, const char *any)
{
    bool is = **at != '\0' && strchr(any, **at);
    *at += is;
    return is;
}

// "Z", "+08:00": minutes east of UTC.
static bool offset(const char **at, int *ret_minutes)
{
    int hours, minutes, sign = **at == '-' ? -1 : 1;
    *ret_minutes = 0;
    if (letter(at, "Zz"))
        return true;
    if (!letter(at, "+-") || !number(at, 2, &hours) || !letter(at, ":") ||
        !number(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool day(const char **at, struct tm *tm)
{
    int year, month;
    if (!number(at, 4, &year) || !letter(at, "-") || !number(at, 2, &month) || !letter(at, "-") ||
        !number(at, 2, &tm->tm_mday) || year < 1970 || month < 1 || month > 12 || tm->tm_mday < 1 ||
        tm->tm_mday > 31)
        return false;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    struct tm copy = *tm;
    timegm(&copy); // 31 April becomes 1 May
    return copy.tm_mday == tm->tm_mday;
}

// RFC 3339, section 5.6; seconds may have a fraction, which counts to the millisecond.
static bool parse_time(const char *at, int64_t *ret_ms)
{
    struct tm tm = {0};
    int east = 0, ms = 0;
    if (!day(&at, &tm))
        return false;
    if (*at != '\0') {
        if (!letter(&at, "Tt ") || !number(&at, 2, &tm.tm_hour) || !letter(&at, ":") ||
            !number(&at, 2, &tm.tm_min) || !letter(&at, ":") || !number(&at, 2, &tm.tm_sec) ||
            tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
            return false;
        if (letter(&at, ".")) {
            int weight = 100;
            if (*at < '0' || *at > '9')
                return false;
            for (; *at >= '0' && *at <= '9'; at++, weight /= 10)
                ms += weight * (*at - '0');
        }
        if (!offset(&at, &east) || *at != '\0')
            return false;
    }
    *ret_ms = ((int64_t)timegm(&tm) - 60 * (int64_t)east) * 1000 + ms;
    return true;
}

int tw_filter_time(const struct tw_query *query, const char *name, int64_t fallback_ms,
    int64_t *ret_ms, struct tw_err *err)
{
    const char *text = tw_query_get(query, name);
    if (!text) {
        *ret_ms = fallback_ms;
        return 0;
    }
    int64_t ms;
    if (parse_time(text, &ms) && ms >= 0) {
        *ret_ms = ms;
        return 0;
    }
    return tw_err_set(err, TW_E_USAGE,
        "%s \"%.40s\" is no time; it reads like 2026-11-30T12:00:00Z or 2026-11-30", name, text);
}

// ---- words ----

int tw_filter_word(const struct tw_query *query, const char *name, const char *const *words,
    int fallback, int *ret_index, struct tw_err *err)
{
    const char *text = tw_query_get(query, name);
    if (!text) {
        *ret_index = fallback;
        return 0;
    }
    char list[160] = "";
    for (size_t i = 0, size = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_index = (int)i;
            return 0;
        }
        if (size < sizeof list)
            size +=
                (size_t)snprintf(list + size, sizeof list - size, "%s%s", i ? ", " : "", words[i]);
    }
    return tw_err_set(err, TW_E_USAGE, "%s \"%.40s\" is none of: %s", name, text, list);
}

int tw_filter_bool(const struct tw_query *query, const char *name, int fallback, int *ret_value,
    struct tw_err *err)
{
    static const char *const words[] = {"false", "true", NULL};
    return tw_filter_word(query, name, words, fallback, ret_value, err);
}

int tw_filter_severity(const struct tw_query *query, enum tw_severity *ret_from,
    enum tw_severity *ret_to, struct tw_err *err)
{
    static const char *const words[] = {"info", "low", "medium", "high", "critical", NULL};
    int exact, least;
    int r = tw_filter_word(query, "severity", words, -1, &exact, err);
    if (r == 0)
        r = tw_filter_word(query, "min_severity", words, TW_INFO, &least, err);
    if (r < 0)
        return r;
    *ret_from = (enum tw_severity)(exact > least ? exact : least);
    *ret_to = exact < 0 ? TW_CRITICAL : (enum tw_severity)exact;
    return 0;
}

int tw_filter_place(const struct tw_query *query, struct tw_place *ret_place, struct tw_err *err)
{
    int current;
    int r = tw_filter_bool(query, "current", 1, &current, err);
    if (r == 0)
        *ret_place = (struct tw_place){.registry = tw_query_get(query, "registry"),
            .repository = tw_query_get(query, "repository"),
            .tag = tw_query_get(query, "tag"),
            .current = current};
    return r;
}

// ---- Go releases ----

static int parse_go(const char *name, const char *text, struct tw_goversion *ret_version,
    bool *ret_is_line, struct tw_err *err)
{
    struct tw_goversion v;
    if (!tw_goversion_parse(tw_span_str(text), &v))
        return tw_err_set(err, TW_E_USAGE,
            "%s \"%.40s\" is no Go release; it reads like 1.25.4, 1.27rc1, or 1.25 for the line",
            name, text);
    const char *digits = strncmp(text, "go", 2) == 0 ? text + 2 : text;
    const char *dot = strchr(digits, '.');
    *ret_is_line = v.kind == TW_GO_RELEASE && !strchr(dot + 1, '.');
    *ret_version = v;
    return 0;
}

int tw_filter_go(
    const struct tw_query *query, int64_t *ret_from, int64_t *ret_until, struct tw_err *err)
{
    const char *go = tw_query_get(query, "go"), *below = tw_query_get(query, "go_below");
    struct tw_goversion v;
    bool is_line;
    int64_t from = 0, until = 0;
    int r = go ? parse_go("go", go, &v, &is_line, err) : 0;
    if (r == 0 && go) {
        struct tw_goversion next = v;
        if (is_line) {
            v.kind = next.kind = TW_GO_BETA;
            next.minor++;
        }
        from = tw_goversion_number(v);
        until = is_line ? tw_goversion_number(next) : from + 1;
    }
    if (r == 0 && below) {
        r = parse_go("go_below", below, &v, &is_line, err);
        int64_t end = r == 0 ? tw_goversion_number(v) : 0;
        if (r == 0 && (until == 0 || end < until))
            until = end;
    }
    if (r < 0)
        return r;
    *ret_from = from;
    *ret_until = until;
    return 0;
}

int tw_filter_pair(const char *text, char at, char **copy, const char **ret_name,
    const char **ret_value, struct tw_err *err)
{
    *copy = text ? strdup(text) : NULL;
    *ret_name = *ret_value = NULL;
    if (!text)
        return 0;
    if (!*copy)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    char *sign = strchr(*copy, at);
    if (sign)
        *sign++ = '\0';
    *ret_name = *copy;
    *ret_value = sign;
    return 0;
}
