// The query of a URL, and percent-encoding. https://www.rfc-editor.org/rfc/rfc3986#section-2.1
#pragma once

#include <stddef.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"

enum {
    TW_QUERY_PARAMETERS_MAX = 16,
    TW_PAGE_DEFAULT = 50,
    TW_PAGE_MAX = 200,
};

struct tw_parameter {
    const char *name, *value;
};

struct tw_query {
    char *text; // owns the names and values
    struct tw_parameter parameters[TW_QUERY_PARAMETERS_MAX];
    size_t count;
};

// `text` is what stands after the "?"; NULL or "" is an empty query. Each name once. TW_E_USAGE
// names the parameter: twice, too many, a bad percent-encoding, not UTF-8, a control character.
int tw_query_parse(const char *text, struct tw_query *ret_query, struct tw_err *err);
void tw_query_done(struct tw_query *query);

// The value, or NULL.
const char *tw_query_get(const struct tw_query *query, const char *name);

// TW_E_USAGE when there is a parameter that is not in `known` (NULL-terminated); names both.
int tw_query_check(const struct tw_query *query, const char *const *known, struct tw_err *err);

// ?limit= of a list: 1 to TW_PAGE_MAX, else TW_E_USAGE.
int tw_query_limit(const struct tw_query *query, unsigned *ret_limit, struct tw_err *err);

// Decodes in place. plus: "+" is a space (queries, not paths). `what` is named in the message.
int tw_percent_decode(char *text, bool plus, const char *what, struct tw_err *err);
