// GODEBUG settings that do nothing: TW202 (the key) and TW203 (the value, or the place).
#include "scanner/facts/release.h"
#include "scanner/rules/checks.h"
#include "scanner/rules/effective.h"

// The key that a person meant whose only fault is blanks, quotes or capitals, or NULL.
static const struct tw_godebug *meant(struct tw_judging *judging, struct tw_span name)
{
    char *text = tw_arena_alloc(judging->arena, name.n + 1);
    size_t n = 0;
    if (!text) {
        judging->out_of_memory = true;
        return NULL;
    }
    for (uint64_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (c == ' ' || c == '"' || c == '\'')
            continue;
        text[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
    }
    return tw_godebug_find(tw_span_of(text, n), NULL);
}

static void tell_image(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_godebug_element *e, const char *message)
{
    const char *key = tw_judging_span(judging, e->key);
    struct tw_finding *finding =
        tw_find(judging, rule, NULL, tw_judging_join(judging, "GODEBUG=", key), message);
    tw_evidence_env(judging, finding, tw_godebug_variable(judging));
}

static void tell_group(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_group *group, const struct tw_godebug_element *e, const char *message)
{
    const char *key = tw_judging_span(judging, e->key);
    struct tw_finding *finding =
        tw_find_group(judging, rule, group, tw_judging_join(judging, "GODEBUG=", key), message);
    tw_evidence_env(judging, finding, tw_godebug_variable(judging));
}

static struct tw_group all_binaries(struct tw_judging *judging)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++)
        tw_groups_add(judging, &groups, "all", NULL, &judging->binaries[i]);
    return groups.count ? groups.items[0] : (struct tw_group){0};
}

// ---- TW202 ----

static void tell_never(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_godebug_element *e)
{
    struct tw_group all = all_binaries(judging);
    struct tw_goversion version = tw_release_newest()->minor;
    for (size_t i = 0; i < judging->binary_count; i++) {
        if (judging->binaries[i].certainty == TW_VERSION_EXACT)
            version = judging->binaries[i].version;
    }
    const struct tw_godebug *near = tw_godebug_nearest(e->key, version, NULL);
    const char *hint = near ? tw_say(judging, TW_SAY_DID_YOU_MEAN, "near", near->name, NULL) : "";
    const char *message = tw_say(judging, all.count ? TW_SAY_KEY_NEVER : TW_SAY_KEY_NEVER_NO_GO,
        "setting", tw_judging_span(judging, e->text), "key", tw_judging_span(judging, e->key), "go",
        tw_group_versions(judging, &all), "hint", hint, NULL);
    tell_image(judging, rule, e, message);
}

static bool is_cpu(struct tw_span key)
{
    return tw_span_starts_with(key, "cpu.");
}

// Sorts the binaries by what they make of the key: group "cpu", "later", "removed".
// False when some binary acts on it: then it is there for that one's sake.
static bool sort_unknown(struct tw_judging *judging, const struct tw_godebug_element *e,
    const struct tw_godebug *any, struct tw_groups *groups)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        const struct tw_godebug *key = tw_godebug_find(e->key, b->bin->arch);
        if (b->certainty != TW_VERSION_EXACT)
            return false;
        if (key && tw_godebug_known(key, b->version))
            return false;
        if (key && tw_godebug_harm(key, TW_HARM_FATAL, e->value, b->version))
            return false; // TW201
        if (is_cpu(e->key))
            tw_groups_add(judging, groups, "cpu", any, b);
        else if (key && tw_godebug_removed(key, b->version))
            tw_groups_add(judging, groups, "removed", key, b);
        else
            tw_groups_add(judging, groups, "later", key ? key : any, b);
    }
    return true;
}

static void tell_unknown(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_godebug_element *e, const struct tw_group *group)
{
    const struct tw_godebug *key = group->detail;
    const char *setting = tw_judging_span(judging, e->text);
    const char *go = tw_group_versions(judging, group);
    const char *message;
    if (strcmp(group->key, "cpu") == 0) {
        const char *arch = group->members[0]->bin->arch;
        message = tw_say(
            judging, TW_SAY_KEY_CPU, "setting", setting, "go", go, "arch", arch ? arch : "?", NULL);
    } else if (strcmp(group->key, "removed") == 0) {
        message = tw_say(judging, TW_SAY_KEY_REMOVED, "setting", setting, "key", key->name,
            "removed", tw_goversion_print(key->removed).text, "go", go, NULL);
    } else {
        message = tw_say(judging, TW_SAY_KEY_LATER, "setting", setting, "key", key->name, "first",
            tw_goversion_print(tw_godebug_first(key)).text, "go", go, NULL);
    }
    tell_group(judging, rule, group, e, message);
}

void tw_check_godebug_unknown(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_elements env;
    tw_elements_of(judging, tw_godebug_text(judging), &env);
    for (size_t i = 0; i < env.count && !judging->out_of_memory; i++) {
        const struct tw_godebug_element *e = &env.items[i];
        const struct tw_godebug *any = tw_godebug_find(e->key, NULL);
        struct tw_groups groups = {0};
        if (!e->has_value || (!any && meant(judging, e->key)))
            continue; // TW203
        if (!any && !is_cpu(e->key)) {
            tell_never(judging, rule, e);
            continue;
        }
        if (!sort_unknown(judging, e, any, &groups))
            continue;
        for (size_t g = 0; g < groups.count; g++)
            tell_unknown(judging, rule, e, &groups.items[g]);
    }
}

// ---- TW203 ----

// Why the value does nothing for this binary: a group's key, or NULL when it does something, or
// when that cannot be told.
static const char *why_nothing(const struct tw_judging *judging, const struct tw_judged_binary *b,
    const struct tw_godebug *key, const struct tw_godebug_element *e)
{
    struct tw_effective now;
    switch (key->reader) {
    case TW_READ_GO:
        // An image that was not read to its end may have one.
        return judging->image->toolchain_count || judging->image->status != TW_COMPLETE ? NULL
                                                                                        : "go";
    case TW_READ_TEST:
        return "test";
    case TW_READ_EXPERIMENT:
        return tw_effective_linked(b, key) == TW_LINKED_NO ? "experiment" : NULL;
    case TW_READ_WINDOWS:
    case TW_READ_DARWIN:
        return tw_effective_linked(b, key) == TW_LINKED_NO ? "elsewhere" : NULL;
    case TW_READ_RUNTIME:
    case TW_READ_PACKAGE:
        break;
    }
    if (tw_godebug_harm(key, TW_HARM_DEAD, e->value, b->version))
        return "dead";
    if (tw_effective_value(b, key, tw_godebug_text(judging), &now) && !now.from_default) {
        // An old go line may weaken the program to the same: TW206 tells.
        bool harm = tw_godebug_harm(key, TW_HARM_FATAL, now.value, b->version) ||
                    (tw_godebug_harm(key, TW_HARM_WEAKENS, now.value, b->version) &&
                        !tw_godebug_same(key, now.value, (struct tw_span){0}, b->version));
        if (harm || !tw_godebug_same(key, now.value, tw_effective_without(b, key), b->version))
            return NULL;
        return tw_godebug_valid(key, now.value, b->version) ? "default" : "value";
    }
    // Nothing in the environment is taken: the text has no value that parses.
    return "value";
}

static bool sort_idle(
    struct tw_judging *judging, const struct tw_godebug_element *e, struct tw_groups *groups)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        const struct tw_godebug *key = tw_godebug_find(e->key, b->bin->arch);
        if (b->certainty != TW_VERSION_EXACT)
            return false;
        if (!key || !tw_godebug_known(key, b->version))
            continue; // TW202 speaks of it
        bool package = key->reader == TW_READ_PACKAGE;
        if (package && tw_effective_linked(b, key) == TW_LINKED_NO)
            continue;
        const char *why = why_nothing(judging, b, key, e);
        if (!why)
            return false;
        tw_groups_add(judging, groups, why, key, b);
    }
    return true;
}

static void tell_idle(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_godebug_element *e, const struct tw_group *group)
{
    static const struct {
        const char *why;
        enum tw_message_id id;
    } messages[] = {
        {"go", TW_SAY_READ_BY_GO},
        {"test", TW_SAY_READ_IN_TESTS},
        {"experiment", TW_SAY_READ_WITH_EXPERIMENT},
        {"elsewhere", TW_SAY_READ_ELSEWHERE},
        {"dead", TW_SAY_VALUE_DEAD},
        {"default", TW_SAY_VALUE_DEFAULT},
        {"value", TW_SAY_VALUE_NOT_KNOWN},
    };
    const struct tw_godebug *key = group->detail;
    const struct tw_judged_binary *first = group->members[0];
    enum tw_message_id id = TW_SAY_VALUE_DEFAULT;
    for (size_t i = 0; i < TW_COUNT(messages); i++) {
        if (strcmp(messages[i].why, group->key) == 0)
            id = messages[i].id;
    }
    bool number = key->form == TW_GODEBUG_INT32 || key->form == TW_GODEBUG_INT;
    if (id == TW_SAY_VALUE_NOT_KNOWN && number)
        id = TW_SAY_VALUE_NOT_NUMBER;
    const struct tw_godebug_harm *dead =
        tw_godebug_harm(key, TW_HARM_DEAD, e->value, first->version);
    const char *message = tw_say(judging, id, "setting", tw_judging_span(judging, e->text), "go",
        tw_group_versions(judging, group), "key", key->name, "value",
        tw_judging_span(judging, e->value), "tests",
        key->form == TW_GODEBUG_ONOFF ? "on off" : key->tests, "os",
        first->bin->os ? first->bin->os : "?", "says", dead ? dead->says[judging->lang] : "", NULL);
    tell_group(judging, rule, group, e, message);
}

static void check_element(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_godebug_element *e)
{
    struct tw_groups groups = {0};
    const struct tw_godebug *any = tw_godebug_find(e->key, NULL);
    if (!e->has_value) {
        tell_image(judging, rule, e,
            tw_say(judging, TW_SAY_NO_EQUALS, "element", tw_judging_span(judging, e->text), NULL));
        return;
    }
    if (!any) {
        const struct tw_godebug *near = meant(judging, e->key);
        if (near)
            tell_image(judging, rule, e,
                tw_say(judging, TW_SAY_KEY_MISSPELT, "key", tw_judging_span(judging, e->key),
                    "near", near->name, NULL));
        return;
    }
    // What cannot be switched by a value (cpu.x=on where the CPU has x) is left alone.
    if (any->form == TW_GODEBUG_ONOFF && tw_span_equals(e->value, "on"))
        return;
    if (!sort_idle(judging, e, &groups))
        return;
    for (size_t g = 0; g < groups.count; g++)
        tell_idle(judging, rule, e, &groups.items[g]);
}

// Keys of a binary's own godebug lines that only the environment can set.
static void check_own(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_judged_binary *binary = &judging->binaries[b];
        struct tw_elements own;
        tw_elements_of(judging, tw_default_godebug(binary), &own);
        for (size_t i = 0; i < own.count; i++) {
            const struct tw_godebug *key = tw_godebug_find(own.items[i].key, binary->bin->arch);
            if (key && key->env_only)
                tw_groups_add(
                    judging, &groups, tw_judging_span(judging, own.items[i].text), key, binary);
        }
    }
    for (size_t g = 0; g < groups.count; g++) {
        const struct tw_group *group = &groups.items[g];
        const struct tw_godebug *key = group->detail;
        const char *message = tw_say(judging, TW_SAY_NOT_IN_DEFAULT, "setting", group->key, "key",
            key->name, "go", tw_group_versions(judging, group), NULL);
        struct tw_finding *finding = tw_find_group(
            judging, rule, group, tw_judging_join(judging, "DefaultGODEBUG=", key->name), message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "DefaultGODEBUG",
                .value = group->key,
                .path = group->members[0]->image->path});
    }
}

void tw_check_godebug_no_effect(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_elements env;
    tw_elements_of(judging, tw_godebug_text(judging), &env);
    for (size_t i = 0; i < env.count && !judging->out_of_memory; i++)
        check_element(judging, rule, &env.items[i]);
    check_own(judging, rule);
}
