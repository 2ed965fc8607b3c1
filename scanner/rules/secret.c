// Credentials that the build info keeps: TW404. They are never repeated in a finding.
#include <string.h>

#include "scanner/base/secret.h"
#include "scanner/gobin/ldflags.h"
#include "scanner/rules/checks.h"

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
    if (!s->variable && tw_secret_is_name(last) && tw_secret_is_value(value))
        s->variable = tw_judging_span(s->judging, variable);
}

static void look_at_setting(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_judged_binary *b, const char *name)
{
    const char *value = tw_gobin_setting(b->bin, name), *what;
    struct search search = {.judging = judging};
    if (!value)
        return;
    what = tw_secret_known(tw_span_str(value));
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
