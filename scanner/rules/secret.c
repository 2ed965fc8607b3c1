// Credentials that the build info keeps: TW404. They are never repeated in a finding.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "scanner/gobin/ldflags.h"
#include "scanner/rules/checks.h"

// Forms that nothing else has: what comes before the secret part, and how long that part is.
static const struct form {
    const char *start;
    size_t min; // characters of a-z, A-Z, 0-9, "_" and "-" behind it
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

// Names of variables that hold such things, in -X name=value.
static const char *const names[] = {"password", "passwd", "secret", "apikey", "api_key",
    "accesskey", "access_key", "privatekey", "private_key", "authtoken", "auth_token",
    "clientsecret", "credential"};

static bool is_token_byte(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '-';
}

static const char *known_form(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (p > text && is_token_byte((uint8_t)p[-1]))
            continue;
        for (size_t i = 0; i < TW_COUNT(forms); i++) {
            size_t n = strlen(forms[i].start), more = 0;
            if (strncmp(p, forms[i].start, n) != 0)
                continue;
            while (is_token_byte((uint8_t)p[n + more]))
                more++;
            if (more >= forms[i].min)
                return forms[i].what;
        }
    }
    return NULL;
}

static bool contains_without_case(struct tw_span text, const char *word)
{
    size_t n = strlen(word);
    for (uint64_t i = 0; i + n <= text.n; i++) {
        if (strncasecmp((const char *)text.p + i, word, n) == 0)
            return true;
    }
    return false;
}

// A value that somebody chose, and no placeholder: at least 8 characters without blanks, of which
// one is a digit or both cases are there.
static bool looks_secret(struct tw_span value)
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

struct search {
    const char *variable;
    struct tw_judging *judging;
};

static void look_at_definition(void *ctx, struct tw_span variable, struct tw_span value)
{
    struct search *s = ctx;
    uint64_t at = variable.n;
    while (at > 0 && variable.p[at - 1] != '.')
        at--;
    struct tw_span last = tw_span_of(variable.p + at, variable.n - at);
    for (size_t i = 0; !s->variable && i < TW_COUNT(names); i++) {
        if (contains_without_case(last, names[i]) && looks_secret(value))
            s->variable = tw_judging_span(s->judging, variable);
    }
}

static void look_at_setting(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_judged_binary *b, const char *name)
{
    const char *value = tw_gobin_setting(b->bin, name), *what;
    struct search search = {.judging = judging};
    if (!value)
        return;
    what = known_form(value);
    if (!what && strcmp(name, "-ldflags") == 0)
        tw_ldflags_definitions(tw_span_str(value), look_at_definition, &search);
    if (!what && !search.variable)
        return;
    const char *message = tw_say(judging, what ? TW_SAY_SECRET_FORM : TW_SAY_SECRET_NAME, "setting",
        name, "what", what, "variable", search.variable, "go", b->shown, NULL);
    tw_evidence_add(judging, tw_find(judging, rule, b->image->path, name, message),
        (struct tw_evidence){.kind = "setting",
            .name = name,
            .value = search.variable ? search.variable : what,
            .path = b->image->path,
            .layer = b->image->layer});
}

void tw_check_secrets_in_ldflags(struct tw_judging *judging, const struct tw_rule *rule)
{
    static const char *const settings[] = {
        "-ldflags", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"};
    for (size_t i = 0; i < judging->binary_count; i++) {
        for (size_t s = 0; s < TW_COUNT(settings); s++)
            look_at_setting(judging, rule, &judging->binaries[i], settings[s]);
    }
}
