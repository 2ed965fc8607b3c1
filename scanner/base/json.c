#include "scanner/base/json.h"

#include <inttypes.h>

// Nesting of brackets outside of strings: jansson recurses, so this is asked first.
static uint64_t depth_of(struct tw_span text)
{
    uint64_t depth = 0, deepest = 0;
    bool in_string = false;
    for (uint64_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"')
            in_string = true;
        else if ((c == '[' || c == '{') && ++depth > deepest)
            deepest = depth;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return deepest;
}

int tw_json_parse(struct tw_span text, uint64_t max_bytes, uint64_t max_depth, json_t **ret_json,
    struct tw_err *err)
{
    if (text.n > max_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "%" PRIu64 " bytes of JSON, at most %" PRIu64 " are read", text.n, max_bytes);
    uint64_t depth = depth_of(text);
    if (depth > max_depth)
        return tw_err_set(err, TW_E_LIMIT,
            "JSON is nested %" PRIu64 " deep, at most %" PRIu64 " is read (limit json_depth)",
            depth, max_depth);
    json_error_t why;
    json_t *json =
        json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return tw_err_set(err,
            json_error_code(&why) == json_error_out_of_memory ? TW_E_NOMEM : TW_E_FORMAT,
            "not JSON: line %d, column %d: %.120s", why.line, why.column, why.text);
    *ret_json = json;
    return 0;
}
