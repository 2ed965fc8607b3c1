#include "scanner/gobin/ldflags.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The next word of a flags string as cmd/internal/quoted splits it: blanks part words, a word
// that begins with a quote runs to the same quote.
static bool next_word(struct tw_span text, uint64_t *at, struct tw_span *ret_word)
{
    while (*at < text.n && is_blank(text.p[*at]))
        (*at)++;
    if (*at >= text.n)
        return false;
    uint8_t quote = text.p[*at];
    uint64_t start = *at;
    if (quote == '\'' || quote == '"') {
        start++;
        const uint8_t *end = start < text.n ? memchr(text.p + start, quote, text.n - start) : NULL;
        uint64_t stop = end ? (uint64_t)(end - text.p) : text.n;
        *ret_word = tw_span_of(text.p + start, stop - start);
        *at = end ? stop + 1 : text.n;
        return true;
    }
    while (*at < text.n && !is_blank(text.p[*at]))
        (*at)++;
    *ret_word = tw_span_of(text.p + start, *at - start);
    return true;
}

void tw_ldflags_definitions(struct tw_span flags,
    void (*each)(void *ctx, struct tw_span variable, struct tw_span value), void *ctx)
{
    uint64_t at = 0;
    struct tw_span word, value;
    while (flags.n > 0 && is_blank(flags.p[0]))
        tw_span_from(flags, 1, &flags);
    // "all=-s -w": the packages that the flags are for (cmd/go, perPackageFlag).
    const uint8_t *pattern =
        flags.n > 0 && flags.p[0] != '-' ? memchr(flags.p, '=', flags.n) : NULL;
    if (pattern)
        at = (uint64_t)(pattern - flags.p) + 1;
    while (next_word(flags, &at, &word)) {
        bool flag = tw_span_equals(word, "-X") || tw_span_equals(word, "--X");
        if (flag && !next_word(flags, &at, &word))
            return;
        if (!flag && !(tw_span_starts_with(word, "-X=") && tw_span_from(word, 3, &word)) &&
            !(tw_span_starts_with(word, "--X=") && tw_span_from(word, 4, &word)))
            continue;
        const uint8_t *equals = word.n ? memchr(word.p, '=', word.n) : NULL;
        if (equals && tw_span_from(word, (uint64_t)(equals - word.p) + 1, &value))
            each(ctx, tw_span_of(word.p, (uint64_t)(equals - word.p)), value);
    }
}
