#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/accept.h"
#include "api/query.h"
#include "api/route.h"
#include "scanner/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
