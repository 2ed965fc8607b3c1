#include "scanner/base/goversion.h"

#include <stdio.h>

static bool number(struct tw_span s, uint64_t *at, uint16_t *ret_v)
{
    uint32_t v = 0;
    uint64_t start = *at;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9') {
        v = v * 10 + (uint32_t)(s.p[*at] - '0');
        if (v > UINT16_MAX)
            return false;
        (*at)++;
    }
    *ret_v = (uint16_t)v;
    return *at > start;
}

static bool word(struct tw_span s, uint64_t *at, const char *w)
{
    struct tw_span rest;
    if (!tw_span_from(s, *at, &rest) || !tw_span_starts_with(rest, w))
        return false;
    *at += strlen(w);
    return true;
}

bool tw_goversion_scan(struct tw_span text, struct tw_goversion *ret_version, uint64_t *ret_size)
{
    struct tw_goversion v = {.kind = TW_GO_RELEASE};
    uint64_t at = 0;
    word(text, &at, "go");
    if (!number(text, &at, &v.major) || !word(text, &at, ".") || !number(text, &at, &v.minor))
        return false;
    uint64_t mark = at;
    if (word(text, &at, ".")) {
        if (!number(text, &at, &v.patch))
            at = mark;
    } else if (word(text, &at, "beta") || word(text, &at, "rc")) {
        v.kind = text.p[mark] == 'b' ? TW_GO_BETA : TW_GO_RC;
        if (!number(text, &at, &v.pre)) {
            at = mark;
            v.kind = TW_GO_RELEASE;
        }
    }
    *ret_version = v;
    *ret_size = at;
    return true;
}

bool tw_goversion_parse(struct tw_span text, struct tw_goversion *ret_version)
{
    uint64_t size;
    struct tw_goversion v;
    if (!tw_goversion_scan(text, &v, &size) || size != text.n)
        return false;
    *ret_version = v;
    return true;
}

int tw_goversion_compare(struct tw_goversion a, struct tw_goversion b)
{
    const int pairs[][2] = {
        {a.major, b.major},
        {a.minor, b.minor},
        {a.patch, b.patch},
        {(int)a.kind, (int)b.kind},
        {a.pre, b.pre},
    };
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    }
    return 0;
}

int64_t tw_goversion_number(struct tw_goversion v)
{
    // 15 bits of kind and number: a release is above each release candidate, and those above betas.
    uint64_t pre = v.pre < 0x3FFF ? v.pre : 0x3FFF;
    uint64_t major = v.major < 0x7FFF ? v.major : 0x7FFF;
    return (int64_t)(major << 48 | (uint64_t)v.minor << 32 | (uint64_t)v.patch << 16 |
                     (uint64_t)v.kind << 14 | pre) +
           1;
}

bool tw_goversion_at_least(struct tw_goversion a, uint16_t major, uint16_t minor, uint16_t patch)
{
    struct tw_goversion b = {.major = major, .minor = minor, .patch = patch, .kind = TW_GO_RELEASE};
    return tw_goversion_compare(a, b) >= 0;
}

struct tw_goversion_text tw_goversion_print(struct tw_goversion v)
{
    static const char *const kinds[] = {[TW_GO_BETA] = "beta", [TW_GO_RC] = "rc"};
    struct tw_goversion_text t;
    int n = snprintf(t.text, sizeof t.text, "%u.%u", v.major, v.minor);
    if (v.patch > 0)
        n += snprintf(t.text + n, sizeof t.text - (size_t)n, ".%u", v.patch);
    if (v.kind != TW_GO_RELEASE)
        snprintf(t.text + n, sizeof t.text - (size_t)n, "%s%u", kinds[v.kind], v.pre);
    return t;
}
