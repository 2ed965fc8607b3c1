#include "api/json.h"

#include "scanner/base/text.h"

json_t *tw_json_time(int64_t ms_since_1970)
{
    char text[TW_TEXT_TIME_BYTES] = "";
    if (ms_since_1970 > 0)
        tw_text_time(ms_since_1970, text);
    return text[0] ? json_string_nocheck(text) : json_null();
}

json_t *tw_json_page(json_t *items, const char *next)
{
    return json_pack("{s:o, s:o}", "items", items, "next", tw_json_text_or_null(next));
}
