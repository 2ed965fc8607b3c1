#include "api/json.h"

#include <stdio.h>
#include <time.h>

#include "scanner/base/text.h"

json_t *tw_json_text(const char *text)
{
    struct tw_span bytes = tw_span_str(text);
    if (tw_text_is_utf8(bytes))
        return json_stringn_nocheck(text, bytes.n);
    struct tw_buf escaped = TW_BUF(4 * bytes.n + 1);
    json_t *json = tw_text_escape_to(&escaped, bytes) < 0
                       ? NULL
                       : json_stringn_nocheck(escaped.data, escaped.size);
    tw_buf_done(&escaped);
    return json;
}

json_t *tw_json_text_or_null(const char *text)
{
    return text && text[0] ? tw_json_text(text) : json_null();
}

json_t *tw_json_time(int64_t ms_since_1970)
{
    if (ms_since_1970 <= 0)
        return json_null();
    time_t s = ms_since_1970 / 1000;
    struct tm utc;
    char day[32], text[48];
    if (!gmtime_r(&s, &utc) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        return json_null();
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)(ms_since_1970 % 1000));
    return json_string_nocheck(text);
}

json_t *tw_json_page(json_t *items, const char *next)
{
    return json_pack("{s:o, s:o}", "items", items, "next", tw_json_text_or_null(next));
}
