// GODEBUG settings that do harm: TW201, TW204 to TW207.
#include <stdio.h>

#include "scanner/rules/checks.h"
#include "scanner/rules/effective.h"

struct hit {
    const struct tw_godebug *key;
    const struct tw_godebug_harm *harm;
    struct tw_span value;
    enum tw_linked linked;
    bool from_default;
};

// Whether the row holds for a binary of which only the lower bound of the version is known.
static bool holds(const struct tw_judged_binary *b, const struct tw_godebug_harm *harm)
{
    return b->certainty == TW_VERSION_EXACT ||
           (b->certainty == TW_VERSION_AT_LEAST && harm->until.major == 0);
}

// The check for removed keys (1.27) is in the runtime: it does not matter what is linked in.
static enum tw_linked reach(const struct tw_judged_binary *b, const struct tw_godebug *key,
    const struct tw_godebug_harm *harm)
{
    if (harm->package)
        return tw_package_linked(b->bin, harm->package);
    return tw_godebug_removed(key, b->version) ? TW_LINKED_YES : tw_effective_linked(b, key);
}

// Without schedtrace nothing is printed for scheddetail to add to.
static bool idle(const struct tw_judging *judging, const struct tw_judged_binary *b,
    const struct tw_godebug *key)
{
    struct tw_effective e;
    if (strcmp(key->name, "scheddetail") != 0)
        return false;
    const struct tw_godebug *needed = tw_godebug_find(tw_span_str("schedtrace"), NULL);
    return !tw_effective_value(b, needed, tw_godebug_text(judging), &e) ||
           !tw_godebug_harm(needed, TW_HARM_TRACE, e.value, b->version);
}

static bool find_hit(const struct tw_judging *judging, const struct tw_judged_binary *b,
    enum tw_harm_class class, struct tw_span name, struct hit *ret_hit)
{
    const struct tw_godebug *key = tw_godebug_find(name, b->bin->arch);
    struct tw_effective e;
    if (b->certainty == TW_VERSION_UNKNOWN || !key ||
        !tw_effective_value(b, key, tw_godebug_text(judging), &e))
        return false;
    const struct tw_godebug_harm *harm = tw_godebug_harm(key, class, e.value, b->version);
    if (!harm || !holds(b, harm) || reach(b, key, harm) == TW_LINKED_NO || idle(judging, b, key))
        return false;
    if (class == TW_HARM_FATAL && tw_godebug_removed(key, b->version))
        return false; // add_removed()
    // fips140=off is harm only where the program was built to have it on.
    if (class == TW_HARM_WEAKENS &&
        tw_godebug_same(key, e.value, (struct tw_span){0}, b->version) &&
        tw_godebug_same(key, e.value, tw_effective_without(b, key), b->version))
        return false;
    if (e.from_default && tw_effective_from_go_line(b, key, e.value))
        return false; // TW209
    *ret_hit = (struct hit){key, harm, e.value, reach(b, key, harm), e.from_default};
    return true;
}

// The check for removed keys looks at every element, not only at the one that would count.
static bool find_removed(
    const struct tw_judged_binary *b, const struct tw_godebug_element *element, struct hit *ret_hit)
{
    const struct tw_godebug *key = tw_godebug_find(element->key, b->bin->arch);
    if (b->certainty == TW_VERSION_UNKNOWN || !key || !tw_godebug_removed(key, b->version))
        return false;
    const struct tw_godebug_harm *harm =
        tw_godebug_harm(key, TW_HARM_FATAL, element->value, b->version);
    if (!harm || !holds(b, harm))
        return false;
    *ret_hit = (struct hit){key, harm, element->value, TW_LINKED_YES, false};
    return true;
}

static void add_hit(struct tw_judging *judging, struct tw_groups *groups,
    const struct tw_judged_binary *b, const struct hit *hit)
{
    struct hit *kept = tw_arena_alloc(judging->arena, sizeof *kept);
    char *group = tw_arena_printf(judging->arena, "%s=%.*s %s %d %d", hit->key->name,
        (int)hit->value.n, (const char *)hit->value.p, hit->harm->says[0], (int)hit->linked,
        (int)hit->from_default);
    if (!kept || !group) {
        judging->out_of_memory = true;
        return;
    }
    *kept = *hit;
    tw_groups_add(judging, groups, group, kept, b);
}

static void add_removed(
    struct tw_judging *judging, struct tw_groups *groups, const struct tw_judged_binary *b)
{
    struct tw_span text = tw_godebug_text(judging);
    struct tw_godebug_element element;
    struct hit hit;
    for (size_t i = 0; i < TW_EFFECTIVE_ELEMENTS && tw_godebug_next(&text, &element); i++) {
        if (find_removed(b, &element, &hit))
            add_hit(judging, groups, b, &hit);
    }
}

static void tell(struct tw_judging *judging, const struct tw_rule *rule, const struct tw_group *g)
{
    const struct hit *hit = g->detail;
    const char *value = tw_judging_span(judging, hit->value);
    const char *key = tw_judging_join(judging, hit->key->name, "=");
    const char *setting = tw_judging_join(judging, key, value);
    const char *package = hit->harm->package;
    if (!package && hit->key->reader == TW_READ_PACKAGE &&
        !tw_godebug_removed(hit->key, g->members[0]->version))
        package = hit->key->package;
    const char *linked = "";
    if (package)
        linked = tw_say(judging, hit->linked == TW_LINKED_YES ? TW_SAY_LINKED : TW_SAY_IF_LINKED,
            "package", package, NULL);
    enum tw_message_id id = hit->from_default                   ? TW_SAY_DEFAULT_DOES
                            : hit->harm->class == TW_HARM_FATAL ? TW_SAY_FATAL
                                                                : TW_SAY_DOES;
    const char *message =
        tw_say(judging, id, "setting", setting, "go", tw_group_versions(judging, g), "says",
            hit->harm->says[judging->lang], "linked", linked, NULL);
    const char *subject = tw_judging_join(judging, "GODEBUG=", hit->key->name);
    struct tw_finding *finding = tw_find_group(judging, rule, g, subject, message);
    if (finding && hit->harm->severity >= 0)
        finding->severity = (enum tw_severity)hit->harm->severity;
    if (!hit->from_default)
        tw_evidence_env(judging, finding, tw_godebug_variable(judging));
    else
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "DefaultGODEBUG",
                .value = setting,
                .path = g->members[0]->image->path});
}

static void check(struct tw_judging *judging, const struct tw_rule *rule, enum tw_harm_class class)
{
    struct tw_groups groups = {0};
    struct tw_elements env, own;
    tw_elements_of(judging, tw_godebug_text(judging), &env);
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_judged_binary *binary = &judging->binaries[b];
        struct hit hit;
        if (class == TW_HARM_FATAL)
            add_removed(judging, &groups, binary);
        for (size_t i = 0; i < env.count; i++) {
            if (find_hit(judging, binary, class, env.items[i].key, &hit) && !hit.from_default)
                add_hit(judging, &groups, binary, &hit);
        }
        tw_elements_of(judging, tw_default_godebug(binary), &own);
        for (size_t i = 0; i < own.count; i++) {
            if (find_hit(judging, binary, class, own.items[i].key, &hit) && hit.from_default)
                add_hit(judging, &groups, binary, &hit);
        }
    }
    for (size_t i = 0; i < groups.count && !judging->out_of_memory; i++)
        tell(judging, rule, &groups.items[i]);
}

void tw_check_godebug_fatal(struct tw_judging *judging, const struct tw_rule *rule)
{
    check(judging, rule, TW_HARM_FATAL);
}

void tw_check_godebug_trace(struct tw_judging *judging, const struct tw_rule *rule)
{
    check(judging, rule, TW_HARM_TRACE);
}

void tw_check_godebug_runtime(struct tw_judging *judging, const struct tw_rule *rule)
{
    check(judging, rule, TW_HARM_RUNTIME);
}

void tw_check_godebug_weakens(struct tw_judging *judging, const struct tw_rule *rule)
{
    check(judging, rule, TW_HARM_WEAKENS);
}

void tw_check_godebug_http2_off(struct tw_judging *judging, const struct tw_rule *rule)
{
    check(judging, rule, TW_HARM_HTTP2_OFF);
}
