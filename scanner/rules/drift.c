// What a running program will do differently: TW601 to TW603, TW306, TW307.
#include "scanner/rules/drift.h"

#include <stdio.h>
#include <string.h>

#include "scanner/facts/variable.h"
#include "scanner/rules/compare.h"
#include "scanner/rules/effective.h"

enum { KEYS_NAMED = 12 };

struct drift {
    struct tw_judging *from, *to; // findings go to `to`
};

static bool both_exact(const struct tw_pair *pair)
{
    return pair->from->certainty == TW_VERSION_EXACT && pair->to->certainty == TW_VERSION_EXACT;
}

static void tell(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair,
    const char *subject, const char *message, const char *before, const char *after)
{
    struct tw_finding *finding =
        tw_find(d->to, rule, pair ? pair->to->image->path : NULL, subject, message);
    tw_evidence_add(d->to, finding,
        (struct tw_evidence){.kind = "before",
            .name = subject,
            .value = before,
            .path = pair ? pair->from->image->path : NULL});
    tw_evidence_add(d->to, finding,
        (struct tw_evidence){.kind = "after",
            .name = subject,
            .value = after,
            .path = pair ? pair->to->image->path : NULL});
}

// ---- TW601 ----

static void go_changed(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    int order = tw_goversion_compare(pair->to->version, pair->from->version);
    if (!both_exact(pair) || order == 0)
        return;
    int releases = pair->to->version.minor - pair->from->version.minor;
    enum tw_message_id id = order < 0       ? TW_SAY_GO_DOWN
                            : releases == 0 ? TW_SAY_GO_PATCH
                                            : TW_SAY_GO_UP;
    char count[16];
    snprintf(count, sizeof count, "%d", releases);
    const char *message =
        tw_say(d->to, id, "from", pair->from->shown, "to", pair->to->shown, "count", count, NULL);
    tell(d, rule, pair, "version", message, pair->from->shown, pair->to->shown);
}

// ---- TW602 ----

static const char *shown_value(struct drift *d, struct tw_span value)
{
    return !value.p       ? tw_say(d->to, TW_SAY_NOT_SET, NULL)
           : value.n == 0 ? "\"\""
                          : tw_judging_span(d->to, value);
}

// A key that exists on one side only has no other value to compare with.
static bool default_changed(const struct tw_pair *pair, const struct tw_godebug *key)
{
    if (!tw_godebug_known(key, pair->from->version) || !tw_godebug_known(key, pair->to->version) ||
        key->reader == TW_READ_GO || key->reader == TW_READ_TEST ||
        tw_effective_linked(pair->to, key) == TW_LINKED_NO)
        return false;
    struct tw_span before = tw_effective_without(pair->from, key);
    struct tw_span after = tw_effective_without(pair->to, key);
    return before.p && after.p && !tw_godebug_same(key, before, after, pair->to->version);
}

static void defaults_changed(
    struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1 << 16);
    const struct tw_godebug *key;
    size_t count = 0;
    // A Dockerfile does not tell the go line, which decides.
    if (!both_exact(pair) || d->from->image->dockerfile || d->to->image->dockerfile)
        return;
    for (size_t i = 0; (key = tw_godebug_at(i)); i++) {
        if (strncmp(key->name, "cpu.", 4) == 0 || !default_changed(pair, key) ||
            count++ >= KEYS_NAMED)
            continue;
        tw_buf_printf(&list, "%s%s %s -> %s", list.size ? ", " : "", key->name,
            shown_value(d, tw_effective_without(pair->from, key)),
            shown_value(d, tw_effective_without(pair->to, key)));
    }
    if (count == 0)
        return;
    const char *text = tw_judging_span(d->to, tw_buf_span(&list));
    if (count > KEYS_NAMED) {
        char more[24];
        snprintf(more, sizeof more, "%zu", count - KEYS_NAMED);
        text = tw_say(d->to, TW_SAY_AND_MORE, "list", text, "count", more, NULL);
    }
    const char *message = tw_say(d->to, TW_SAY_DEFAULTS_CHANGED, "from", pair->from->shown, "to",
        pair->to->shown, "list", text, NULL);
    tell(d, rule, pair, "defaults", message, tw_gobin_setting(pair->from->bin, "DefaultGODEBUG"),
        tw_gobin_setting(pair->to->bin, "DefaultGODEBUG"));
}

// ---- TW307 ----

enum meaning { MEANING_UNKNOWN, MEANING_SHARED, MEANING_EACH };

// The go line decides, from toolchain 1.22 on; before it only the experiment.
static enum meaning loops_of(const struct tw_judged_binary *b)
{
    for (size_t i = 0; i < b->bin->go.experiment_count; i++) {
        if (strcmp(b->bin->go.experiments[i], "loopvar") == 0)
            return MEANING_EACH;
    }
    if (b->certainty != TW_VERSION_EXACT)
        return MEANING_UNKNOWN;
    if (!tw_goversion_at_least(b->version, 1, 22, 0))
        return MEANING_SHARED;
    struct tw_goversion line;
    if (!b->bin->go_line_at_most ||
        !tw_goversion_parse(tw_span_str(b->bin->go_line_at_most), &line))
        return b->bin->setting_count > 0 ? MEANING_EACH : MEANING_UNKNOWN;
    return tw_goversion_at_least(line, 1, 22, 0) ? MEANING_EACH : MEANING_SHARED;
}

static void loops_changed(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    enum meaning before = loops_of(pair->from), after = loops_of(pair->to);
    if (before == MEANING_UNKNOWN || after == MEANING_UNKNOWN || before == after)
        return;
    const char *message = tw_say(d->to, after == MEANING_EACH ? TW_SAY_LOOPS_NEW : TW_SAY_LOOPS_OLD,
        "from", pair->from->shown, "to", pair->to->shown, NULL);
    tell(d, rule, pair, "loopvar", message, pair->from->bin->go_line_at_most,
        pair->to->bin->go_line_at_most);
}

// ---- TW306 ----

static const char *experiments_of(struct drift *d, const struct tw_judged_binary *b)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    for (size_t i = 0; i < b->bin->go.experiment_count; i++)
        tw_buf_printf(&out, "%s%s", i ? "," : "", b->bin->go.experiments[i]);
    return out.size ? tw_judging_span(d->to, tw_buf_span(&out)) : "-";
}

static void experiments_changed(
    struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    const char *before = experiments_of(d, pair->from), *after = experiments_of(d, pair->to);
    if (strcmp(before, after) == 0 || !both_exact(pair))
        return;
    tell(d, rule, pair, "GOEXPERIMENT",
        tw_say(d->to, TW_SAY_EXPERIMENTS_CHANGED, "from", before, "to", after, NULL), before,
        after);
}

// ---- TW603 ----

// What the value does to that program, in words; NULL: nothing that we know.
static const char *effect_of(
    struct drift *d, const struct tw_godebug *key, struct tw_span value, const struct tw_pair *pair)
{
    for (int class = TW_HARM_FATAL; value.p && class <= TW_HARM_HTTP2_OFF; class ++) {
        const struct tw_godebug_harm *harm =
            tw_godebug_harm(key, (enum tw_harm_class) class, value, pair->to->version);
        if (harm && harm->says[d->to->lang])
            return harm->says[d->to->lang];
    }
    return NULL;
}

static struct tw_span value_in(
    struct tw_judging *judging, const struct tw_judged_binary *b, const struct tw_godebug *key)
{
    struct tw_effective e;
    return tw_effective_value(b, key, tw_godebug_text(judging), &e) && !e.from_default
               ? e.value
               : (struct tw_span){0};
}

static void key_changed(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair,
    const struct tw_godebug *key)
{
    struct tw_span before = value_in(d->from, pair->from, key);
    struct tw_span after = value_in(d->to, pair->to, key);
    // The check for removed keys is in the runtime: it does not matter what is linked in.
    bool read = tw_godebug_removed(key, pair->to->version) ||
                tw_effective_linked(pair->to, key) != TW_LINKED_NO;
    if ((!before.p && !after.p) || !read ||
        (before.p && after.p && before.n == after.n && memcmp(before.p, after.p, after.n) == 0))
        return;
    const char *says = effect_of(d, key, after, pair);
    enum tw_message_id id = says ? TW_SAY_KEY_CHANGED_SAYS : TW_SAY_KEY_CHANGED;
    if (!says && (says = effect_of(d, key, before, pair)))
        id = TW_SAY_KEY_CHANGED_NO_MORE;
    const char *was = shown_value(d, before), *is = shown_value(d, after);
    const char *message = tw_say(d->to, id, "key", key->name, "from", was, "to", is, "go",
        pair->to->shown, "says", says, NULL);
    tell(d, rule, pair, tw_judging_join(d->to, "GODEBUG=", key->name), message, was, is);
}

static void godebug_changed(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    struct tw_elements before, after;
    if (!both_exact(pair))
        return;
    tw_elements_of(d->to, tw_godebug_text(d->from), &before);
    tw_elements_of(d->to, tw_godebug_text(d->to), &after);
    for (size_t i = 0; i < after.count; i++) {
        const struct tw_godebug *key = tw_godebug_find(after.items[i].key, pair->to->bin->arch);
        if (key)
            key_changed(d, rule, pair, key);
    }
    for (size_t i = 0; i < before.count; i++) {
        const struct tw_godebug *key = tw_godebug_find(before.items[i].key, pair->to->bin->arch);
        struct tw_span still;
        if (key && !tw_godebug_lookup(tw_godebug_text(d->to), key, pair->to->version, &still))
            key_changed(d, rule, pair, key);
    }
}

static bool is_read(const char *name)
{
    static const char *const others[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "ZONEINFO", "TZ"};
    for (size_t i = 0; i < TW_COUNT(others); i++) {
        if (strcmp(name, others[i]) == 0)
            return true;
    }
    return strcmp(name, "GODEBUG") != 0 && tw_variable_is(name, TW_READ_BY_PROGRAMS);
}

static void variable_changed(struct drift *d, const struct tw_rule *rule, const char *name)
{
    const struct tw_env_var *before = tw_image_env(d->from->image, name);
    const struct tw_env_var *after = tw_image_env(d->to->image, name);
    if (before && after && strcmp(before->value, after->value) == 0)
        return;
    const char *unset = tw_say(d->to, TW_SAY_NOT_SET, NULL);
    const char *was = before ? before->value : unset, *is = after ? after->value : unset;
    tell(d, rule, NULL, name,
        tw_say(d->to, TW_SAY_VARIABLE_CHANGED, "name", name, "from", was, "to", is, NULL), was, is);
}

static void environment_changed(struct drift *d, const struct tw_rule *rule)
{
    const struct tw_image_inventory *from = d->from->image, *to = d->to->image;
    if (d->to->binary_count == 0)
        return;
    for (size_t i = 0; i < to->env_count; i++) {
        if (is_read(to->env[i].name) && tw_image_env(to, to->env[i].name) == &to->env[i])
            variable_changed(d, rule, to->env[i].name);
    }
    for (size_t i = 0; i < from->env_count; i++) {
        if (is_read(from->env[i].name) && tw_image_env(from, from->env[i].name) == &from->env[i] &&
            !tw_image_env(to, from->env[i].name))
            variable_changed(d, rule, from->env[i].name);
    }
}

// ---- all of it ----

static void modules_changed(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair)
{
    tw_drift_modules(d->to, rule, pair);
}

static const struct {
    const char *rule;
    void (*check)(struct drift *d, const struct tw_rule *rule, const struct tw_pair *pair);
} checks[] = {
    {"TW306", experiments_changed},
    {"TW307", loops_changed},
    {"TW601", go_changed},
    {"TW602", defaults_changed},
    {"TW603", godebug_changed},
    {"TW604", modules_changed},
};

static const struct tw_judged_binary *judged(
    const struct tw_judging *judging, const struct tw_image_binary *binary)
{
    for (size_t i = 0; binary && i < judging->binary_count; i++) {
        if (judging->binaries[i].image == binary)
            return &judging->binaries[i];
    }
    return NULL;
}

void tw_drift(struct tw_judging *from, struct tw_judging *to)
{
    struct drift d = {from, to};
    environment_changed(&d, tw_rule_find("TW603"));
    for (size_t i = 0; i < to->binary_count && !to->out_of_memory; i++) {
        struct tw_pair pair = {.to = &to->binaries[i]};
        pair.from = judged(from, tw_compare_partner(from->image, pair.to->image));
        for (size_t c = 0; pair.from && !pair.to->of_toolchain && c < TW_COUNT(checks); c++)
            checks[c].check(&d, tw_rule_find(checks[c].rule), &pair);
    }
}
