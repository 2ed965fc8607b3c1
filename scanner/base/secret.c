#include "scanner/base/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char cover[] = "***";

// Forms that nothing else has: what comes before the secret part, and how long that part is.
static const struct form {
    const char *start;
    size_t min; // characters of a-z, A-Z, 0-9, "_", "-" and "." behind it
    const char *what;
} forms[] = {
    {"AKIA", 16, "AWS access key"},
    {"ASIA", 16, "AWS access key"},
    {"ghp_", 36, "GitHub token"},
    {"gho_", 36, "GitHub token"},
    {"ghs_", 36, "GitHub token"},
    {"github_pat_", 40, "GitHub token"},
    {"glpat-", 20, "GitLab token"},
    {"xoxb-", 20, "Slack token"},
    {"xoxp-", 20, "Slack token"},
    {"sk_live_", 20, "Stripe key"},
    {"AIza", 35, "Google API key"},
    {"eyJhbGciOi", 20, "JSON Web Token"},
    {"-----BEGIN ", 3, "private key"},
};

// Parts of names of variables that hold such things.
static const char *const parts[] = {"password", "passwd", "passphrase", "secret", "apikey",
    "api_key", "accesskey", "access_key", "privatekey", "private_key", "token", "credential"};

// The name of the whole, or what it ends with.
static const char *const ends[] = {"_pass", "_pw", "_pwd", "_key", "_auth"};

static bool is_token_byte(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '-' || c == '.';
}

static bool is_name_byte(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// The form whose secret part starts behind its start at `at`; *ret_end is the end of it.
static const struct form *form_at(struct tw_span text, uint64_t at, uint64_t *ret_end)
{
    if (at > 0 && is_token_byte(text.p[at - 1]) && text.p[at - 1] != '.')
        return NULL;
    for (size_t i = 0; i < TW_COUNT(forms); i++) {
        uint64_t n = strlen(forms[i].start), end = at + n;
        if (end > text.n || memcmp(text.p + at, forms[i].start, n) != 0)
            continue;
        while (end < text.n && is_token_byte(text.p[end]))
            end++;
        if (end - at - n >= forms[i].min) {
            *ret_end = end;
            return &forms[i];
        }
    }
    return NULL;
}

const char *tw_secret_known(struct tw_span text)
{
    uint64_t end;
    for (uint64_t i = 0; i < text.n; i++) {
        const struct form *form = form_at(text, i, &end);
        if (form)
            return form->what;
    }
    return NULL;
}

static bool has_part(struct tw_span name, const char *part)
{
    size_t n = strlen(part);
    for (uint64_t i = 0; i + n <= name.n; i++) {
        if (strncasecmp((const char *)name.p + i, part, n) == 0)
            return true;
    }
    return false;
}

bool tw_secret_is_name(struct tw_span name)
{
    if (tw_span_starts_with(name, "GO") || tw_span_starts_with(name, "CGO_"))
        return false;
    for (size_t i = 0; i < TW_COUNT(parts); i++) {
        if (has_part(name, parts[i]))
            return true;
    }
    for (size_t i = 0; i < TW_COUNT(ends); i++) {
        size_t n = strlen(ends[i]);
        if (name.n >= n && strncasecmp((const char *)name.p + name.n - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

bool tw_secret_is_value(struct tw_span value)
{
    bool lower = false, upper = false, digit = false;
    for (uint64_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '$' || c == '<' || c == '{' || c == ' ' || c == '/')
            return false;
        lower |= islower(c) != 0;
        upper |= isupper(c) != 0;
        digit |= isdigit(c) != 0;
    }
    return value.n >= 8 && (digit || (lower && upper));
}

// ---- covering ----

// "//user:password@host" at the first slash: where the password is. A user alone may be a token.
static bool userinfo_at(struct tw_span text, uint64_t at, uint64_t *ret_start, uint64_t *ret_end)
{
    static const char stop[] = "/?#\"'`<> \t\r\n";
    if (at + 2 >= text.n || text.p[at] != '/' || text.p[at + 1] != '/' || at == 0 ||
        text.p[at - 1] != ':')
        return false;
    uint64_t colon = 0;
    for (uint64_t i = at + 2; i < text.n && !memchr(stop, text.p[i], sizeof stop); i++) {
        if (text.p[i] == ':' && !colon)
            colon = i;
        if (text.p[i] != '@')
            continue;
        *ret_start = colon ? colon + 1 : at + 2;
        *ret_end = i;
        return *ret_end > *ret_start && text.p[*ret_start] != '$';
    }
    return false;
}

// The end of a value: of the quotes that it starts with, else of the word.
static uint64_t value_end(struct tw_span text, uint64_t at)
{
    static const char stop[] = " \t\r\n\"'`;|&()";
    uint8_t quote = text.p[at];
    if (quote == '"' || quote == '\'') {
        for (uint64_t i = at + 1; i < text.n; i++) {
            if (text.p[i] == quote)
                return i + 1;
        }
        return text.n;
    }
    while (at < text.n && !memchr(stop, text.p[at], sizeof stop - 1))
        at++;
    return at;
}

// "=" or a blank at `at`, behind a name that says what follows: where the value is.
static bool assignment_at(struct tw_span text, uint64_t at, uint64_t *ret_start, uint64_t *ret_end)
{
    uint64_t name = at, value = at + 1;
    while (name > 0 && is_name_byte(text.p[name - 1]))
        name--;
    // Not inside of a list such as GODEBUG's: "GODEBUG=tokens=1,keys=2".
    if (name > 0 && (text.p[name - 1] == '=' || text.p[name - 1] == ','))
        return false;
    bool is_flag = name < at && text.p[name] == '-';
    if (text.p[at] != '=' && !(is_flag && is_blank(text.p[at])))
        return false;
    if (name == at || value >= text.n || !tw_secret_is_name(tw_span_of(text.p + name, at - name)))
        return false;
    uint64_t inner = value + (text.p[value] == '"' || text.p[value] == '\'');
    if (inner >= text.n || text.p[inner] == '$' || (is_blank(text.p[at]) && text.p[inner] == '-'))
        return false;
    *ret_start = value;
    *ret_end = value_end(text, value);
    return *ret_end > *ret_start;
}

// The next run to cover at or behind *at, as a start and an end.
static bool next_secret(struct tw_span text, uint64_t *at, uint64_t *ret_start, uint64_t *ret_end)
{
    for (; *at < text.n; ++*at) {
        uint8_t c = text.p[*at];
        const struct form *form = form_at(text, *at, ret_end);
        if (form) {
            *ret_start = *at + strlen(form->start);
            return true;
        }
        if (c == '/' && userinfo_at(text, *at, ret_start, ret_end))
            return true;
        if ((c == '=' || is_blank(c)) && assignment_at(text, *at, ret_start, ret_end))
            return true;
    }
    return false;
}

int tw_secret_cover_to(struct tw_buf *out, struct tw_span text)
{
    uint64_t done = 0, at = 0, start, end;
    while (next_secret(text, &at, &start, &end)) {
        tw_buf_append(out, text.p + done, start - done);
        tw_buf_puts(out, cover);
        done = at = end;
    }
    return tw_buf_append(out, text.p ? text.p + done : NULL, text.n - done);
}

const char *tw_secret_cover(struct tw_arena *arena, const char *text)
{
    struct tw_span span = tw_span_str(text);
    uint64_t at = 0, start, end;
    if (!next_secret(span, &at, &start, &end))
        return text;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(TW_SECRET_COVERED_MAX(span.n));
    return tw_secret_cover_to(&out, span) < 0 ? NULL : tw_arena_strndup(arena, out.data, out.size);
}

const char *tw_secret_cover_value(struct tw_arena *arena, const char *name, const char *value)
{
    if (value[0] && value[0] != '$' && tw_secret_is_name(tw_span_str(name)))
        return cover;
    if (strcmp(name, "GODEBUG") == 0)
        return value;
    return tw_secret_cover(arena, value);
}
