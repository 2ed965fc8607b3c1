#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/accept.h"
#include "api/filter.h"
#include "api/query.h"
#include "api/route.h"
#include "scanner/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNTOUCHED = -7 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

// 0, or TW_E_USAGE with a message; whether it is 0.
static bool is_taken(int r, const struct tw_err *err)
{
    require(r == 0 || (r == TW_E_USAGE && err->msg[0]));
    return r == 0;
}

// What lists take out of a query: a value in its range, or TW_E_USAGE and outputs as they were.
static void check_filters(const struct tw_query *query)
{
    static const char *const words[] = {"one", "two", NULL};
    struct tw_err err = {0};
    int64_t ms = UNTOUCHED, from = UNTOUCHED, until = UNTOUCHED;
    int index = UNTOUCHED, flag = UNTOUCHED;
    enum tw_severity low = TW_SEVERITY_COUNT, high = TW_SEVERITY_COUNT;
    if (is_taken(tw_filter_go(query, &from, &until, &err), &err))
        require(from >= 0 && until >= 0); // none are between when until is the smaller one
    else
        require(from == UNTOUCHED && until == UNTOUCHED);
    if (is_taken(tw_filter_word(query, "sort", words, 0, &index, &err), &err))
        require(index == 0 || index == 1);
    else
        require(index == UNTOUCHED);
    if (is_taken(tw_filter_bool(query, "waived", 2, &flag, &err), &err))
        require(flag >= 0 && flag <= 2);
    else
        require(flag == UNTOUCHED);
    if (is_taken(tw_filter_severity(query, &low, &high, &err), &err))
        require(low < TW_SEVERITY_COUNT && high < TW_SEVERITY_COUNT &&
                (low <= high || tw_query_get(query, "severity"))); // both given: none may be left
    else
        require(low == TW_SEVERITY_COUNT && high == TW_SEVERITY_COUNT);
    if (is_taken(tw_filter_time(query, "since", 0, &ms, &err), &err))
        require(ms >= 0);
    else
        require(ms == UNTOUCHED);
}

// The parts of a value are all of it but the sign.
static void check_pair(const char *text)
{
    char *copy = NULL;
    const char *name, *value;
    if (tw_filter_pair(text, '=', &copy, &name, &value, NULL) == 0)
        require(
            strlen(name) + (value ? 1 + strlen(value) : 0) == strlen(text) && !strchr(name, '='));
    free(copy);
}

static void check_query(const char *text)
{
    struct tw_query query;
    struct tw_err err = {0};
    if (!is_taken(tw_query_parse(text, &query, &err), &err))
        return;
    unsigned limit;
    if (tw_query_limit(&query, &limit, NULL) == 0 && (limit < 1 || limit > TW_PAGE_MAX))
        abort();
    for (size_t i = 0; i < query.count; i++) {
        if (!tw_text_is_utf8(tw_span_str(query.parameters[i].name)) ||
            !tw_text_is_utf8(tw_span_str(query.parameters[i].value)) ||
            tw_query_get(&query, query.parameters[i].name) != query.parameters[i].value)
            abort();
        check_pair(query.parameters[i].value);
    }
    require(query.count <= TW_QUERY_PARAMETERS_MAX);
    check_filters(&query);
    tw_query_done(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_query(text);
    if (tw_accept_quality(text, "text/plain; charset=utf-8") > 1000)
        abort();
    struct tw_match match;
    if (tw_route_match("GET", text, &match, NULL) == 0 && match.route && match.allow[0])
        abort();
    free(text);
    return 0;
}
