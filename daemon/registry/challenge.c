#include "daemon/registry/challenge.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scanner/base/mem.h"

static const struct {
    const char *name;
    enum tw_challenge_scheme scheme;
} schemes[] = {{"Basic", TW_CHALLENGE_BASIC}, {"Bearer", TW_CHALLENGE_BEARER}};

static const struct parameter {
    const char *name;
    size_t offset; // of a char[TW_CHALLENGE_TEXT_MAX]
} parameters[] = {
    {"realm", offsetof(struct tw_challenge, realm)},
    {"service", offsetof(struct tw_challenge, service)},
    {"scope", offsetof(struct tw_challenge, scope)},
};

static bool is_token_char(char c)
{
    // RFC 9110 section 5.6.2
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

// Of a value without quotes: some servers leave them out around a URL or scope.
static bool is_plain_char(char c)
{
    return is_token_char(c) || c == '/' || c == ':';
}

static size_t token_size(const char *at)
{
    size_t n = 0;
    while (is_token_char(at[n]))
        n++;
    return n;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static bool is_name(const char *at, size_t size, const char *name)
{
    return strlen(name) == size && strncasecmp(at, name, size) == 0;
}

// Reads a token or quoted string at *at. `out` NULL: skip it.
static int read_value(const char **at, char *out, struct tw_err *err)
{
    const char *p = *at;
    bool quoted = *p == '"';
    size_t n = 0;
    for (p += quoted; quoted ? *p != '"' : is_plain_char(*p); p++) {
        if (quoted && *p == '\\' && p[1])
            p++;
        if (*p == '\0')
            return tw_err_set(err, TW_E_FORMAT, "a quoted string does not end");
        if ((unsigned char)*p < ' ' && *p != '\t')
            return tw_err_set(err, TW_E_FORMAT, "a control character in a quoted string");
        if (out && n + 1 == TW_CHALLENGE_TEXT_MAX)
            return tw_err_set(
                err, TW_E_FORMAT, "a parameter is longer than %d bytes", TW_CHALLENGE_TEXT_MAX - 1);
        if (out)
            out[n++] = *p;
    }
    if (out)
        out[n] = '\0';
    *at = p + quoted;
    return 0;
}

// "name = value" at *at, whose name is `size` long.
static int read_parameter(
    const char **at, size_t size, struct tw_challenge *challenge, struct tw_err *err)
{
    char *out = NULL;
    for (size_t i = 0; i < TW_COUNT(parameters); i++) {
        if (is_name(*at, size, parameters[i].name))
            out = (char *)challenge + parameters[i].offset;
    }
    // The first one counts: a second realm could say something else to another reader.
    if (out && out[0])
        out = NULL;
    *at = skip_blanks(*at + size);
    *at = skip_blanks(*at + 1); // the "="
    return read_value(at, out, err);
}

static bool at_parameter(const char *at, size_t size)
{
    const char *after = skip_blanks(at + size);
    return size > 0 && *after == '=' && after[1] != '=';
}

static void start(struct tw_challenge *challenge, const char *at, size_t size)
{
    *challenge = (struct tw_challenge){0};
    snprintf(challenge->name, sizeof challenge->name, "%.*s", size < 31 ? (int)size : 31, at);
    for (size_t i = 0; i < TW_COUNT(schemes); i++) {
        if (is_name(at, size, schemes[i].name))
            challenge->scheme = schemes[i].scheme;
    }
}

// What follows a scheme: nothing, a token68, or parameters up to the next scheme.
static int read_challenge(const char **at, struct tw_challenge *challenge, struct tw_err *err)
{
    const char *p = *at;
    size_t n = token_size(p);
    if (n == 0)
        return tw_err_set(err, TW_E_FORMAT, "no name of a scheme where one is due");
    start(challenge, p, n);
    p += n;
    if (*p && !strchr(" \t,", *p))
        return tw_err_set(err, TW_E_FORMAT, "no blank after the scheme's name");
    p = skip_blanks(p);
    n = token_size(p);
    if (!at_parameter(p, n)) { // RFC 9110 section 11.2: token68
        p = *p == ',' ? p : p + strcspn(p, ", \t");
        *at = skip_blanks(p);
        return **at && **at != ',' ? tw_err_set(err, TW_E_FORMAT, "no comma between challenges")
                                   : 0;
    }
    for (;;) {
        int r = read_parameter(&p, n, challenge, err);
        if (r < 0)
            return r;
        p = skip_blanks(p);
        *at = p;
        if (*p == '\0')
            return 0;
        if (*p != ',')
            return tw_err_set(err, TW_E_FORMAT, "no comma between parameters");
        p += strspn(p, ", \t");
        n = token_size(p);
        if (!at_parameter(p, n))
            return 0; // the next scheme
    }
}

int tw_challenge_parse(
    const char *value, struct tw_challenge *list, size_t max, size_t *count, struct tw_err *err)
{
    for (const char *at = value; *(at += strspn(at, ", \t"));) {
        struct tw_challenge dropped;
        bool room = *count < max;
        int r = read_challenge(&at, room ? &list[*count] : &dropped, err);
        if (r < 0)
            return tw_err_wrap(err, r, "WWW-Authenticate");
        *count += room;
    }
    return 0;
}

int tw_challenge_choose(const char *values, struct tw_challenge *ret_challenge, struct tw_err *err)
{
    TW_AUTO(tw_freep) struct tw_challenge *list = calloc(TW_CHALLENGES_MAX, sizeof *list);
    if (!list)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    size_t count = 0;
    int bad = 0;
    struct tw_err why = {0};
    for (const char *line = values; line && *line;) {
        size_t n = strcspn(line, "\n");
        TW_AUTO(tw_freep) char *value = strndup(line, n);
        if (!value)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        int r = tw_challenge_parse(value, list, TW_CHALLENGES_MAX, &count, &why);
        bad = r < 0 ? r : bad;
        line += n + (line[n] == '\n');
    }
    if (count == 0)
        return tw_err_set(err, TW_E_FORMAT, "%s",
            bad < 0 ? why.msg : "asks for credentials, but without WWW-Authenticate");
    struct tw_challenge *best = &list[0];
    for (size_t i = 1; i < count; i++) {
        if (list[i].scheme > best->scheme)
            best = &list[i];
    }
    *ret_challenge = *best;
    return 0;
}
