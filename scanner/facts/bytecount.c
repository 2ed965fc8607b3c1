#include "scanner/facts/bytecount.h"

#include <stdio.h>

static unsigned power_of(uint8_t letter)
{
    const char letters[] = "KMGT";
    const char *hit = letter ? strchr(letters, letter) : NULL;
    return hit ? (unsigned)(hit - letters) + 1 : 0;
}

static bool decimal(struct tw_span text, int64_t *ret_value)
{
    int64_t v = 0;
    if (text.n == 0)
        return false;
    for (uint64_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, text.p[i] - '0', &v))
            return false;
    }
    *ret_value = v;
    return true;
}

bool tw_bytecount_parse(struct tw_span text, int64_t *ret_bytes)
{
    unsigned power = 0;
    if (text.n > 0 && text.p[text.n - 1] == 'B') {
        text.n--;
        if (text.n > 0 && text.p[text.n - 1] == 'i') {
            power = text.n > 1 ? power_of(text.p[text.n - 2]) : 0;
            if (power == 0)
                return false;
            text.n -= 2;
        }
    }
    int64_t v;
    if (!decimal(text, &v) || __builtin_mul_overflow(v, (int64_t)1 << (10 * power), &v))
        return false;
    *ret_bytes = v;
    return true;
}

bool tw_gomemlimit_valid(struct tw_span text)
{
    int64_t bytes;
    return text.n == 0 || tw_span_equals(text, "off") || tw_bytecount_parse(text, &bytes);
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

bool tw_bytecount_guess(struct tw_span text, char *ret_text, uint64_t size)
{
    while (text.n > 0 && blank(text.p[0]))
        text = tw_span_of(text.p + 1, text.n - 1);
    while (text.n > 0 && blank(text.p[text.n - 1]))
        text.n--;
    uint64_t number = 0;
    while (number < text.n && text.p[number] >= '0' && text.p[number] <= '9')
        number++;
    struct tw_span unit = tw_span_of(text.p + number, text.n - number);
    while (unit.n > 0 && unit.p[0] == ' ')
        unit = tw_span_of(unit.p + 1, unit.n - 1);
    if (number == 0 || number > 15 || unit.n > 3)
        return false;
    // K, KB, Kb, KiB, kib: the letter says it all, whatever follows.
    unsigned power = unit.n > 0 ? power_of(unit.p[0] & 0xDF) : 0;
    if (unit.n > 0 && power == 0 && (unit.n > 1 || (unit.p[0] & 0xDF) != 'B'))
        return false;
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    snprintf(ret_text, size, "%.*s%s", (int)number, (const char *)text.p, units[power]);
    int64_t bytes;
    return tw_bytecount_parse(tw_span_str(ret_text), &bytes);
}
