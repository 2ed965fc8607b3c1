// The policy file: docs/policy.md.
#include <stdio.h>
#include <string.h>

#include "scanner/base/digest.h"
#include "scanner/facts/similar.h"
#include "scanner/rules/policy.h"
#include "scanner/rules/yaml.h"

enum { ARENA_TIMES = 64, ARENA_BYTES = 1 << 20, LABELS_MAX = 100 };

static const char *const severities[] = {"critical", "high", "medium", "low", "info", "off"};
enum { SEVERITIES = 5, OFF = 5 };

static int read_severity(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    size_t word;
    int code = tw_yaml_word(yaml, node, severities, SEVERITIES, &word);
    return code < 0 ? code : tw_severity_parse(severities[word], target, yaml->err);
}

static int read_incomplete(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"allow", "warn", "deny"}; // of enum tw_incomplete
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        *(enum tw_incomplete *)target = (enum tw_incomplete)word;
    return code;
}

// The rule most like the name, by id or name; NULL: none is.
static const char *similar_rule(struct tw_span name)
{
    const struct tw_rule *rule;
    const char *best = NULL;
    unsigned limit = tw_similar_tolerance(name);
    for (size_t i = 0; (rule = tw_rule_at(i)); i++) {
        const char *const names[] = {rule->id, rule->name};
        for (size_t n = 0; n < TW_COUNT(names); n++) {
            unsigned distance = tw_similar_distance(name, tw_span_str(names[n]), limit);
            if (distance <= limit && (!best || distance < limit)) {
                best = names[n];
                limit = distance;
            }
        }
    }
    return best;
}

static int read_rule(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const struct tw_rule **rule = target;
    const char *text = NULL;
    int code = tw_yaml_text(yaml, node, &text);
    if (code < 0 || (*rule = tw_rule_find(text)))
        return code;
    const char *near = similar_rule(tw_span_str(text));
    return tw_yaml_fail(yaml, node, "there is no rule \"%s\"%s%s%s",
        tw_yaml_shown(yaml, tw_span_str(text)), near ? "; did you mean " : "", near ? near : "",
        near ? "?" : "");
}

// {TW304: high, TW405: off}
static int read_override(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct tw_overrides *list = target;
    struct tw_override *override = tw_arena_push(yaml->arena, &list->items, &list->count);
    size_t word;
    int code = override ? read_rule(yaml, name, &override->rule) : tw_yaml_no_memory(yaml);
    for (size_t i = 0; code == 0 && i + 1 < list->count; i++) {
        if (list->items[i].rule == override->rule)
            code = tw_yaml_fail(yaml, name, "%s is there twice", override->rule->id);
    }
    if (code == 0)
        code = tw_yaml_word(yaml, value, severities, TW_COUNT(severities), &word);
    if (code < 0)
        return code;
    override->off = word == OFF;
    return override->off ? 0 : tw_severity_parse(severities[word], &override->severity, yaml->err);
}

static int read_overrides(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_pairs(yaml, node, "rules to severities", read_override, target);
}

// ---- channels ----

static int read_label(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct tw_channel *channel = target;
    struct tw_label_pattern *label =
        tw_arena_push(yaml->arena, &channel->labels, &channel->label_count);
    int code = label ? tw_yaml_text(yaml, name, &label->name) : tw_yaml_no_memory(yaml);
    for (size_t i = 0; code == 0 && i + 1 < channel->label_count; i++) {
        if (strcmp(channel->labels[i].name, label->name) == 0)
            code = tw_yaml_fail(
                yaml, name, "\"%s\" is there twice", tw_yaml_shown(yaml, tw_span_str(label->name)));
    }
    if (code == 0 && channel->label_count > LABELS_MAX)
        code = tw_yaml_fail(yaml, name, "a channel has at most %d labels", LABELS_MAX);
    return code < 0 ? code : tw_yaml_texts(yaml, value, &label->patterns);
}

static int read_labels(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_pairs(yaml, node, "labels to patterns", read_label, target);
}

static int read_match(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"repository", tw_yaml_texts, false},
        {"tag", tw_yaml_texts, false},
        {"namespace", tw_yaml_texts, false},
        {"label", read_labels, false},
    };
    struct tw_channel *c = target;
    void *const targets[] = {&c->repositories, &c->tags, &c->namespaces, c};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

static int read_allow(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"experiments", tw_yaml_texts, false},
        {"godebug", tw_yaml_texts, false},
    };
    struct tw_channel *c = target;
    void *const targets[] = {&c->experiments, &c->godebug};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

static int read_channel_fail_on(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct tw_channel *c = target;
    c->has_fail_on = true;
    return read_severity(yaml, node, &c->fail_on);
}

static int read_channel(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"name", tw_yaml_text, true},
        {"match", read_match, false},
        {"allow", read_allow, false},
        {"fail_on", read_channel_fail_on, false},
        {"severity", read_overrides, false},
    };
    struct tw_policy *p = target;
    struct tw_channel *c = tw_arena_push(yaml->arena, &p->channels, &p->channel_count);
    if (!c)
        return tw_yaml_no_memory(yaml);
    void *const targets[] = {&c->name, c, c, c, &c->severity};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

static int read_channels(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, read_channel, target);
}

// ---- admission ----

static int read_enforce(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"false", "true"};
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        *(bool *)target = word == 1;
    return code;
}

static int read_unscanned(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"allow", "wait", "deny"};
    static const enum tw_admit modes[] = {TW_ADMIT_ALLOW, TW_ADMIT_WAIT, TW_ADMIT_DENY};
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        *(enum tw_admit *)target = modes[word];
    return code;
}

static int read_unknown(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"allow", "warn", "deny"}; // of enum tw_admit
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        *(enum tw_admit *)target = (enum tw_admit)word;
    return code;
}

static int read_admission(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"enforce", read_enforce, false},
        {"unscanned", read_unscanned, false},
        {"unknown", read_unknown, false},
    };
    struct tw_admission_policy *a = target;
    void *const targets[] = {&a->enforce, &a->unscanned, &a->unknown};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

// ---- waivers ----

static int read_waiver(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"rule", read_rule, true},
        {"image", tw_yaml_texts, false},
        {"path", tw_yaml_texts, false},
        {"reason", tw_yaml_text, true},
        {"who", tw_yaml_text, true},
        {"until", tw_yaml_day, true},
    };
    struct tw_policy *p = target;
    struct tw_waiver *w = tw_arena_push(yaml->arena, &p->waivers, &p->waiver_count);
    if (!w)
        return tw_yaml_no_memory(yaml);
    void *const targets[] = {&w->rule, &w->images, &w->paths, &w->reason, &w->who, &w->until};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

static int read_waivers(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, read_waiver, target);
}

// ---- the whole ----

// The profile gives what the file does not say; so it is looked at before all else.
static int take_profile(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    static const char *const words[] = {"default", "strict", "declared"};
    struct tw_policy *policy = target;
    const struct tw_policy *profile;
    size_t word;
    if (!tw_span_equals(tw_yaml_scalar(name), "profile"))
        return 0;
    int code = tw_yaml_word(yaml, value, words, TW_COUNT(words), &word);
    if (code == 0)
        code = tw_policy_of_profile(words[word], &profile, yaml->err);
    if (code < 0)
        return code;
    policy->profile = profile->profile;
    policy->fail_on = profile->fail_on;
    policy->incomplete = profile->incomplete;
    policy->admission = profile->admission;
    policy->declared = profile->declared;
    return 0;
}

static int skip(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    (void)yaml, (void)node, (void)target;
    return 0;
}

static int read_root(struct tw_yaml *yaml, struct tw_policy *p)
{
    static const struct tw_yaml_key keys[] = {
        {"name", tw_yaml_text, false},
        {"profile", skip, false},
        {"fail_on", read_severity, false},
        {"incomplete", read_incomplete, false},
        {"severity", read_overrides, false},
        {"admission", read_admission, false},
        {"goroots", tw_yaml_texts, false},
        {"channels", read_channels, false},
        {"waivers", read_waivers, false},
    };
    const yaml_node_t *root = tw_yaml_root(yaml);
    if (!root)
        return 0; // an empty file: the default
    void *const targets[] = {&p->name, NULL, &p->fail_on, &p->incomplete, &p->severity,
        &p->admission, &p->goroots, p, p};
    int code = tw_yaml_pairs(yaml, root, "names to values", take_profile, p);
    return code < 0 ? code : tw_yaml_mapping(yaml, root, keys, TW_COUNT(keys), targets);
}

static int set_fingerprint(struct tw_policy *policy, struct tw_span text, struct tw_err *err)
{
    uint8_t sum[TW_SHA256_BYTES];
    if (tw_sha256(text.p, text.n, sum) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < sizeof policy->fingerprint / 2; i++)
        snprintf(policy->fingerprint + 2 * i, 3, "%02x", sum[i]);
    return 0;
}

int tw_policy_read(struct tw_span text, const struct tw_limits *limits,
    struct tw_policy **ret_policy, struct tw_err *err)
{
    if (text.n > limits->policy_bytes)
        return tw_err_set(err, TW_E_LIMIT, "a policy has at most %llu bytes (limit policy_bytes)",
            (unsigned long long)limits->policy_bytes);
    TW_AUTO(tw_arena_freep)
    struct tw_arena *arena = tw_arena_new(ARENA_BYTES + limits->policy_bytes * ARENA_TIMES);
    struct tw_policy *policy = arena ? tw_arena_alloc(arena, sizeof *policy) : NULL;
    if (!policy)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_yaml yaml = {.arena = arena, .err = err};
    *policy = tw_policy_default;
    policy->name = "policy";
    int code = tw_yaml_open(&yaml, text);
    if (code < 0)
        return code;
    code = read_root(&yaml, policy);
    tw_yaml_close(&yaml);
    if (code == 0)
        code = set_fingerprint(policy, text, err);
    if (code < 0)
        return code;
    policy->arena = TW_TAKE(arena);
    *ret_policy = policy;
    return 0;
}
