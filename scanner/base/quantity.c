#include "scanner/base/quantity.h"

#include "scanner/base/mem.h"

static const struct {
    const char *suffix;
    uint64_t times, by; // the number is times/by
} suffixes[] = {
    {"", 1, 1},
    {"n", 1, 1000000000},
    {"u", 1, 1000000},
    {"m", 1, 1000},
    {"k", 1000, 1},
    {"M", 1000000, 1},
    {"G", 1000000000, 1},
    {"T", 1000000000000, 1},
    {"Ki", 1ull << 10, 1},
    {"Mi", 1ull << 20, 1},
    {"Gi", 1ull << 30, 1},
    {"Ti", 1ull << 40, 1},
    {"Pi", 1ull << 50, 1},
};

// "1.5" as 15 / 10.
static uint64_t take_number(struct tw_span text, unsigned __int128 *ret_digits, uint64_t *ret_by)
{
    uint64_t n = 0, by = 1, digits = 0;
    bool point = false;
    unsigned __int128 v = 0;
    for (; n < text.n; n++) {
        uint8_t c = text.p[n];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 18)
            break;
        v = v * 10 + (c - '0');
        by *= point ? 10 : 1;
    }
    *ret_digits = v;
    *ret_by = by;
    return digits > 0 ? n : 0;
}

bool tw_quantity_parse(struct tw_span text, uint64_t scale, uint64_t *ret_value)
{
    unsigned __int128 v;
    uint64_t by, exponent = 0;
    uint64_t n = take_number(text, &v, &by);
    if (n == 0)
        return false;
    struct tw_span suffix = tw_span_of(text.p + n, text.n - n);
    if (suffix.n > 1 && suffix.n < 4 && (suffix.p[0] == 'e' || suffix.p[0] == 'E')) {
        for (uint64_t i = 1; i < suffix.n; i++) {
            if (suffix.p[i] < '0' || suffix.p[i] > '9')
                return false;
            exponent = exponent * 10 + suffix.p[i] - '0';
        }
        for (; exponent > 0 && v <= UINT64_MAX; exponent--)
            v *= 10;
        suffix.n = 0;
    }
    for (size_t i = 0; i < TW_COUNT(suffixes); i++) {
        if (!tw_span_equals(suffix, suffixes[i].suffix))
            continue;
        unsigned __int128 below = (unsigned __int128)by * suffixes[i].by;
        if (v > UINT64_MAX || (v *= suffixes[i].times) > ((unsigned __int128)1 << 110) / scale)
            return false;
        v = (v * scale + below - 1) / below;
        *ret_value = (uint64_t)v;
        return v <= INT64_MAX;
    }
    return false;
}
