#include "api/lang.h"

#include <string.h>
#include <strings.h>

static const char *const names[TW_LANG_COUNT] = {[TW_EN] = "en", [TW_ZH] = "zh"};

const char *tw_lang_name(enum tw_lang lang)
{
    return names[lang];
}

// "zh-CN;q=0.8": the weight in thousandths; without one, 1000.
static unsigned weight_of(const char *range, size_t size)
{
    const char *q = memmem(range, size, ";q=", 3);
    unsigned value = 0, unit = 1000;
    if (!q)
        return 1000;
    for (const char *p = q + 3; p < range + size && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
        if (*p == '.')
            continue;
        value += unit * (unsigned)(*p - '0');
        unit /= 10;
    }
    return value > 1000 ? 1000 : value;
}

// How much the header wants a language: the range "zh" and all "zh-..." name Chinese.
static unsigned wanted(const char *header, const char *name)
{
    unsigned best = 0, any = 0;
    bool named = false;
    while (*header) {
        header += strspn(header, " \t,");
        size_t size = strcspn(header, ","), tag = strcspn(header, "-;, \t");
        unsigned weight = weight_of(header, size);
        if (tag == 2 && strncasecmp(header, name, 2) == 0) {
            best = weight > best ? weight : best;
            named = true;
        } else if (tag == 1 && *header == '*') {
            any = weight;
        }
        header += size;
    }
    return named ? best : any;
}

int tw_lang_of_call(const struct tw_call *call, struct tw_answer *answer, enum tw_lang *ret_lang,
    struct tw_err *err)
{
    const char *text = tw_query_get(call->query, "lang"), *header = call->accept_language;
    enum tw_lang lang = TW_EN;
    if (text) {
        size_t i = 0;
        while (i < TW_LANG_COUNT && strcmp(text, names[i]) != 0)
            i++;
        if (i == TW_LANG_COUNT)
            return tw_err_set(err, TW_E_USAGE, "lang \"%.40s\" is none of: en, zh", text);
        lang = (enum tw_lang)i;
    } else if (header && wanted(header, "zh") > wanted(header, "en")) {
        lang = TW_ZH;
    }
    answer->language = names[lang];
    answer->varies_by_language = !text;
    *ret_lang = lang;
    return 0;
}
