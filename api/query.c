#include "api/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/text.h"
#include "scanner/facts/similar.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// What is decoded is compared, looked up and put into JSON: it must be text.
static int check_text(const char *text, const char *what, struct tw_err *err)
{
    if (!tw_text_is_utf8(tw_span_str(text)))
        return tw_err_set(err, TW_E_USAGE, "%s is not UTF-8 after percent-decoding", what);
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return tw_err_set(err, TW_E_USAGE, "%s has a control character", what);
    }
    return 0;
}

int tw_percent_decode(char *text, bool plus, const char *what, struct tw_err *err)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in == '+' && plus) {
            *out++ = ' ';
        } else if (*in == '%') {
            int high = hex_value(in[1]);
            int low = high < 0 ? -1 : hex_value(in[2]);
            if (low < 0)
                return tw_err_set(err, TW_E_USAGE,
                    "%s: a %% must be followed by two hex digits; a %% itself is %%25", what);
            if (high == 0 && low == 0)
                return tw_err_set(err, TW_E_USAGE, "%s has a NUL character", what);
            *out++ = (char)(high << 4 | low);
            in += 2;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return check_text(text, what, err);
}

// "name=value", cut in place. A name alone has the value "".
static int add(struct tw_query *query, char *pair, struct tw_err *err)
{
    if (query->count == TW_QUERY_PARAMETERS_MAX)
        return tw_err_set(
            err, TW_E_USAGE, "the query has more than %d parameters", TW_QUERY_PARAMETERS_MAX);
    char *value = strchr(pair, '=');
    if (value)
        *value++ = '\0';
    int r = tw_percent_decode(pair, true, "the name of a query parameter", err);
    if (r < 0)
        return r;
    if (value && (r = tw_percent_decode(value, true, "the value", err)) < 0)
        return tw_err_wrap(err, r, "query parameter \"%.40s\"", pair);
    if (tw_query_get(query, pair))
        return tw_err_set(err, TW_E_USAGE, "query parameter \"%.40s\" is given twice", pair);
    query->parameters[query->count++] = (struct tw_parameter){pair, value ? value : ""};
    return 0;
}

int tw_query_parse(const char *text, struct tw_query *ret_query, struct tw_err *err)
{
    struct tw_query query = {.text = strdup(text ? text : "")};
    if (!query.text)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (char *next = query.text; next;) {
        char *pair = next;
        if ((next = strchr(pair, '&')))
            *next++ = '\0';
        int r = pair[0] ? add(&query, pair, err) : 0;
        if (r < 0) {
            tw_query_done(&query);
            return r;
        }
    }
    *ret_query = query;
    return 0;
}

void tw_query_done(struct tw_query *query)
{
    free(query->text);
    *query = (struct tw_query){0};
}

const char *tw_query_get(const struct tw_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->parameters[i].name, name) == 0)
            return query->parameters[i].value;
    }
    return NULL;
}

static bool is_known(const char *name, const char *const *known)
{
    for (; *known; known++) {
        if (strcmp(*known, name) == 0)
            return true;
    }
    return false;
}

// The known name that is most like it; NULL: none is.
static const char *nearest(const char *name, const char *const *known)
{
    struct tw_span given = tw_span_str(name);
    unsigned best = tw_similar_tolerance(given);
    const char *found = NULL;
    for (; *known; known++) {
        unsigned distance = tw_similar_distance(given, tw_span_str(*known), best);
        if (distance <= best && (!found || distance < best)) {
            best = distance;
            found = *known;
        }
    }
    return found;
}

int tw_query_check(const struct tw_query *query, const char *const *known, struct tw_err *err)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *name = query->parameters[i].name;
        if (is_known(name, known))
            continue;
        char list[400] = "none";
        for (size_t k = 0, size = 0; known[k] && size < sizeof list; k++)
            size +=
                (size_t)snprintf(list + size, sizeof list - size, "%s%s", k ? ", " : "", known[k]);
        const char *meant = nearest(name, known);
        return tw_err_set(err, TW_E_USAGE,
            "there is no query parameter \"%.40s\" here%s%s%s; this route knows: %s", name,
            meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "", list);
    }
    return 0;
}

int tw_query_limit(const struct tw_query *query, unsigned *ret_limit, struct tw_err *err)
{
    const char *text = tw_query_get(query, "limit");
    unsigned limit = text ? 0 : TW_PAGE_DEFAULT;
    for (const char *p = text; p && *p; p++) {
        if (*p < '0' || *p > '9' || (limit = limit * 10 + (unsigned)(*p - '0')) > TW_PAGE_MAX) {
            limit = 0;
            break;
        }
    }
    if (limit == 0)
        return tw_err_set(err, TW_E_USAGE, "limit must be a number from 1 to %d", TW_PAGE_MAX);
    *ret_limit = limit;
    return 0;
}
