#include "scanner/gobin/mainversion.h"

#include <strings.h>

// Names of variables that people set with -X to tell a program its version.
static const char *const variables[] = {
    "version", "buildversion", "appversion", "gitversion", "releaseversion", "ver"};

static bool is_version_variable(struct tw_span name)
{
    for (size_t i = 0; i < TW_COUNT(variables); i++) {
        if (name.n == strlen(variables[i]) &&
            strncasecmp((const char *)name.p, variables[i], name.n) == 0)
            return true;
    }
    return false;
}

// The next word of a flags string as cmd/internal/quoted splits it: blanks part words, a word
// that begins with a quote runs to the same quote.
static bool next_word(struct tw_span text, uint64_t *at, struct tw_span *ret_word)
{
    while (*at < text.n && strchr(" \t\r\n", text.p[*at]))
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
    while (*at < text.n && !strchr(" \t\r\n", text.p[*at]))
        (*at)++;
    *ret_word = tw_span_of(text.p + start, *at - start);
    return true;
}

// "example.org/app/cmd.Version=1.4.0": the value when the variable is one for versions.
static bool version_of(struct tw_span definition, struct tw_span *ret_value)
{
    const uint8_t *equals = definition.n ? memchr(definition.p, '=', definition.n) : NULL;
    if (!equals)
        return false;
    uint64_t end = (uint64_t)(equals - definition.p), dot = end;
    while (dot > 0 && definition.p[dot - 1] != '.')
        dot--;
    if (dot == 0 || !is_version_variable(tw_span_of(definition.p + dot, end - dot)))
        return false;
    return tw_span_from(definition, end + 1, ret_value) && ret_value->n > 0;
}

// The only value that -X flags give; false when there is none, or two that differ.
static bool from_ldflags(struct tw_span flags, struct tw_span *ret_value)
{
    uint64_t at = 0;
    unsigned candidates = 0;
    struct tw_span word, value;
    while (next_word(flags, &at, &word)) {
        bool flag = tw_span_equals(word, "-X") || tw_span_equals(word, "--X");
        if (flag && !next_word(flags, &at, &word))
            break;
        if (!flag && !(tw_span_starts_with(word, "-X=") && tw_span_from(word, 3, &word)))
            continue;
        if (!version_of(word, &value))
            continue;
        bool same = candidates > 0 && value.n == ret_value->n &&
                    memcmp(value.p, ret_value->p, value.n) == 0;
        candidates += !same;
        *ret_value = value;
    }
    return candidates == 1;
}

int tw_mainversion_read(struct tw_arena *arena, struct tw_gobin *bin)
{
    const struct tw_module *module = bin->main_module;
    if (module && module->version && strcmp(module->version, "(devel)") != 0) {
        bin->main_version = module->version;
        bin->main_version_source = "module";
        return 0;
    }
    const char *flags = tw_gobin_setting(bin, "-ldflags");
    struct tw_span value = {0};
    if (!flags || !from_ldflags(tw_span_str(flags), &value))
        return 0;
    bin->main_version = tw_arena_strndup(arena, value.p, value.n);
    bin->main_version_source = "ldflags";
    return bin->main_version ? 0 : TW_E_NOMEM;
}
