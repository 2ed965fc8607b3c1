#include "scanner/base/json.h"

#include <inttypes.h>

// What jansson takes for one of each, with malloc's own part (measured with 2.14). "[],[]" grows
// fortyfold.
enum {
    ARRAY_BYTES = 112,
    OBJECT_BYTES = 208,
    STRING_BYTES = 64, // and its text
    ITEM_BYTES = 40,   // its place, and a number
    SMALL_BYTES = 1 << 20,
    MEMORY_FACTOR = 10,
};

struct measure {
    uint64_t depth;
    uint64_t memory_bytes; // about
};

// Brackets outside of strings: jansson recurses and allocates, so this is asked first.
static struct measure measure_of(struct tw_span text)
{
    struct measure m = {.memory_bytes = text.n};
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
        in_string = c == '"';
        m.memory_bytes += c == '"'               ? STRING_BYTES
                          : c == '['             ? ARRAY_BYTES
                          : c == '{'             ? OBJECT_BYTES
                          : c == ',' || c == ':' ? ITEM_BYTES
                                                 : 0;
        if ((c == '[' || c == '{') && ++depth > m.depth)
            m.depth = depth;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return m;
}

int tw_json_parse(struct tw_span text, uint64_t max_bytes, uint64_t max_depth, json_t **ret_json,
    struct tw_err *err)
{
    if (text.n > max_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "%" PRIu64 " bytes of JSON, at most %" PRIu64 " are read", text.n, max_bytes);
    struct measure m = measure_of(text);
    if (m.depth > max_depth)
        return tw_err_set(err, TW_E_LIMIT,
            "JSON is nested %" PRIu64 " deep, at most %" PRIu64 " is read", m.depth, max_depth);
    if (m.memory_bytes > SMALL_BYTES && m.memory_bytes / MEMORY_FACTOR > max_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "JSON of %" PRIu64 " bytes has so many parts that it would take %" PRIu64
            " bytes of memory",
            text.n, m.memory_bytes);
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
