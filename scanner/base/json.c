#include "scanner/base/json.h"

#include <inttypes.h>

#include "scanner/base/json_memory.h"
#include "scanner/base/text.h"

struct shape {
    uint64_t depth, values;
};

// Of brackets and commas outside of strings. jansson recurses and allocates, so this is asked
// first; what is no JSON may be counted wrong, and is refused then.
static struct shape shape_of(struct tw_span text)
{
    struct shape shape = {.values = 1};
    uint64_t depth = 0;
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
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        shape.values += c == ',' || c == '[' || c == '{';
        shape.depth = depth > shape.depth ? depth : shape.depth;
    }
    return shape;
}

static int load(struct tw_span text, size_t flags, json_t **ret_json, struct tw_err *err)
{
    json_error_t why;
    json_t *json = json_loadb(
        (const char *)text.p, text.n, flags | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (tw_json_was_reserve_needed()) {
        json_decref(json);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    if (!json)
        return tw_err_set(err,
            json_error_code(&why) == json_error_out_of_memory ? TW_E_NOMEM : TW_E_FORMAT,
            "not JSON: line %d, column %d: %.120s", why.line, why.column, why.text);
    *ret_json = json;
    return 0;
}

static int parse(struct tw_span text, struct tw_json_caps caps, size_t flags, json_t **ret_json,
    struct tw_err *err)
{
    if (text.n > caps.bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "%" PRIu64 " bytes of JSON, at most %" PRIu64 " are read", text.n, caps.bytes);
    struct shape shape = shape_of(text);
    if (shape.depth > caps.depth)
        return tw_err_set(err, TW_E_LIMIT,
            "JSON is nested %" PRIu64 " deep, at most %" PRIu64 " is read (limit json_depth)",
            shape.depth, caps.depth);
    if (shape.values > caps.values)
        return tw_err_set(err, TW_E_LIMIT,
            "JSON has %" PRIu64 " values, at most %" PRIu64
            " are read (limit json_values; of inventories inventory_values, of admissions "
            "admission_values)",
            shape.values, caps.values);
    if (!tw_json_reserve(text.n, shape.values))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = load(text, flags, ret_json, err);
    tw_json_unreserve();
    return r;
}

int tw_json_parse(
    struct tw_span text, struct tw_json_caps caps, json_t **ret_json, struct tw_err *err)
{
    return parse(text, caps, 0, ret_json, err);
}

int tw_json_parse_with_nul(
    struct tw_span text, struct tw_json_caps caps, json_t **ret_json, struct tw_err *err)
{
    return parse(text, caps, JSON_ALLOW_NUL, ret_json, err);
}

// ---- out ----

json_t *tw_json_text(const char *text)
{
    struct tw_span bytes = tw_span_str(text);
    if (tw_text_is_utf8(bytes))
        return json_stringn_nocheck(text, bytes.n);
    TW_AUTO(tw_buf_done) struct tw_buf escaped = TW_BUF(4 * bytes.n + 1);
    return tw_text_escape_to(&escaped, bytes) < 0
               ? NULL
               : json_stringn_nocheck(escaped.data, escaped.size);
}

json_t *tw_json_text_or_null(const char *text)
{
    return text && text[0] ? tw_json_text(text) : json_null();
}

json_t *tw_json_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}
