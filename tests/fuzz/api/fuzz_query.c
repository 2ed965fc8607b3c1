#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/accept.h"
#include "api/filter.h"
#include "api/query.h"
#include "api/route.h"
#include "scanner/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What lists take out of a query: a value in its range, or TW_E_USAGE.
static void check_filters(const struct tw_query *query)
{
    static const char *const words[] = {"one", "two", NULL};
    int64_t ms = -1, from = -1, until = -1;
    int index = -1, flag = -1;
    enum tw_severity low = TW_INFO, high = TW_CRITICAL;
    char *copy = NULL;
    const char *name, *value;
    if (tw_filter_go(query, &from, &until, NULL) == 0 && (from < 0 || until < 0))
        abort();
    if (tw_filter_word(query, "sort", words, 0, &index, NULL) == 0 && (index < 0 || index > 1))
        abort();
    if (tw_filter_bool(query, "waived", 2, &flag, NULL) == 0 && (flag < 0 || flag > 2))
        abort();
    if (tw_filter_severity(query, &low, &high, NULL) == 0 && low > high)
        abort();
    (void)tw_filter_time(query, "since", 0, &ms, NULL);
    for (size_t i = 0; i < query->count; i++) {
        if (tw_filter_pair(query->parameters[i].value, '=', &copy, &name, &value, NULL) == 0) {
            free(copy);
            copy = NULL;
        }
    }
}

static void check_query(const char *text)
{
    struct tw_query query;
    if (tw_query_parse(text, &query, NULL) < 0)
        return;
    unsigned limit;
    if (tw_query_limit(&query, &limit, NULL) == 0 && (limit < 1 || limit > TW_PAGE_MAX))
        abort();
    for (size_t i = 0; i < query.count; i++) {
        if (!tw_text_is_utf8(tw_span_str(query.parameters[i].name)) ||
            !tw_text_is_utf8(tw_span_str(query.parameters[i].value)) ||
            tw_query_get(&query, query.parameters[i].name) != query.parameters[i].value)
            abort();
    }
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
