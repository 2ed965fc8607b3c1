// The policy file: YAML as libyaml reads it, every key known, every mistake with its place.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "scanner/base/digest.h"
#include "scanner/base/text.h"
#include "scanner/facts/similar.h"
#include "scanner/rules/policy.h"

enum { DEPTH_MAX = 16, ARENA_TIMES = 64, ARENA_BYTES = 1 << 20, ITEMS_MAX = 10000 };

struct reader {
    yaml_document_t *document;
    struct tw_arena *arena;
    struct tw_policy *policy;
    struct tw_err *err;
};

struct key {
    const char *name;
    int (*read)(struct reader *r, const yaml_node_t *node, void *target);
    bool required;
};

TW_PRINTF(3, 4)
static int fail(struct reader *r, yaml_mark_t at, const char *fmt, ...)
{
    char text[sizeof(struct tw_err)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return tw_err_set(
        r->err, TW_E_FORMAT, "line %zu, column %zu: %.200s", at.line + 1, at.column + 1, text);
}

static int no_memory(struct reader *r)
{
    return tw_err_set(r->err, TW_E_NOMEM, "out of memory for the policy");
}

static const yaml_node_t *node_at(struct reader *r, int index)
{
    return yaml_document_get_node(r->document, index);
}

static struct tw_span scalar(const yaml_node_t *node)
{
    return tw_span_of(node->data.scalar.value, node->data.scalar.length);
}

// ---- values ----

static int read_text(struct reader *r, const yaml_node_t *node, void *target)
{
    const char **text = target;
    if (node->type != YAML_SCALAR_NODE)
        return fail(r, node->start_mark, "must be a text");
    struct tw_span value = scalar(node);
    if (value.n == 0 || memchr(value.p, 0, value.n))
        return fail(r, node->start_mark, "must be a text that is not empty");
    *text = tw_arena_strndup(r->arena, value.p, value.n);
    return *text ? 0 : no_memory(r);
}

// A text, or a list of texts.
static int read_texts(struct reader *r, const yaml_node_t *node, void *target)
{
    struct tw_texts *texts = target;
    const yaml_node_item_t *item, *end;
    if (node->type == YAML_MAPPING_NODE)
        return fail(r, node->start_mark, "must be a text or a list of texts");
    bool list = node->type == YAML_SEQUENCE_NODE;
    item = list ? node->data.sequence.items.start : NULL;
    end = list ? node->data.sequence.items.top : NULL;
    int code = 0;
    for (size_t n = 0; code == 0 && (list ? item < end : n == 0); n++) {
        const char **slot = tw_arena_push(r->arena, &texts->items, &texts->count);
        code = slot ? read_text(r, list ? node_at(r, *item++) : node, slot) : no_memory(r);
    }
    return code;
}

// One of a few words, as its number.
static int read_word(struct reader *r, const yaml_node_t *node, const char *const *words,
    size_t count, const char *list, int *ret_word)
{
    const char *text = NULL;
    int code = read_text(r, node, &text);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_word = (int)i;
            return 0;
        }
    }
    return code < 0 ? code : fail(r, node->start_mark, "\"%.40s\" must be one of: %s", text, list);
}

static const char severity_list[] = "critical, high, medium, low, info";

static int read_severity(struct reader *r, const yaml_node_t *node, void *target)
{
    const char *text = NULL;
    int code = read_text(r, node, &text);
    if (code == 0 && tw_severity_parse(text, target, NULL) < 0)
        code = fail(r, node->start_mark, "\"%.40s\" must be one of: %s", text, severity_list);
    return code;
}

static int read_incomplete(struct reader *r, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"allow", "warn", "deny"};
    int word = 0;
    int code = read_word(r, node, words, TW_COUNT(words), "allow, warn, deny", &word);
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

static int read_rule(struct reader *r, const yaml_node_t *node, void *target)
{
    const struct tw_rule **rule = target;
    const char *text = NULL;
    int code = read_text(r, node, &text);
    if (code < 0)
        return code;
    *rule = tw_rule_find(text);
    const char *near = *rule ? NULL : similar_rule(tw_span_str(text));
    return *rule ? 0
                 : fail(r, node->start_mark, "there is no rule \"%.40s\"%s%s%s", text,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool is_day(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int number[3] = {0};
    for (int i = 0, part = 0; i < 10; i++) {
        if (i == 4 || i == 7)
            part++;
        else if (text[i] < '0' || text[i] > '9')
            return false;
        else
            number[part] = number[part] * 10 + text[i] - '0';
    }
    int year = number[0], month = number[1], day = number[2];
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

static int read_day(struct reader *r, const yaml_node_t *node, void *target)
{
    const char **text = target;
    int code = read_text(r, node, target);
    return code < 0 ? code
           : is_day(*text)
               ? 0
               : fail(r, node->start_mark, "\"%.40s\" is no day; write it as 2027-01-31", *text);
}

// ---- mappings ----

static int unknown_key(
    struct reader *r, const yaml_node_t *node, const struct key *keys, size_t count)
{
    struct tw_span name = scalar(node);
    unsigned limit = tw_similar_tolerance(name);
    const char *near = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = tw_similar_distance(name, tw_span_str(keys[i].name), limit);
        if (distance <= limit && (!near || distance < limit)) {
            near = keys[i].name;
            limit = distance;
        }
    }
    return fail(r, node->start_mark, "unknown key \"%.*s\"%s%s%s", (int)(name.n < 40 ? name.n : 40),
        (const char *)name.p, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

// Reads a mapping whose keys are those of the table; targets[i] belongs to keys[i].
static int read_mapping(struct reader *r, const yaml_node_t *node, const struct key *keys,
    size_t count, void *const *targets)
{
    bool seen[16] = {false};
    if (node->type != YAML_MAPPING_NODE)
        return fail(r, node->start_mark, "must be a mapping of names to values");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(r, pair->key);
        size_t i = 0;
        while (i < count &&
               (name->type != YAML_SCALAR_NODE || !tw_span_equals(scalar(name), keys[i].name)))
            i++;
        if (name->type != YAML_SCALAR_NODE)
            return fail(r, name->start_mark, "a key must be a text");
        if (i == count)
            return unknown_key(r, name, keys, count);
        if (seen[i])
            return fail(r, name->start_mark, "\"%s\" is there twice", keys[i].name);
        seen[i] = true;
        int code = keys[i].read(r, node_at(r, pair->value), targets[i]);
        if (code < 0)
            return code;
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i].required && !seen[i])
            return fail(r, node->start_mark, "\"%s\" is missing", keys[i].name);
    }
    return 0;
}

// {TW304: high, TW405: off}
static int read_overrides(struct reader *r, const yaml_node_t *node, void *target)
{
    struct tw_overrides *list = target;
    if (node->type != YAML_MAPPING_NODE)
        return fail(r, node->start_mark, "must be a mapping of rules to severities");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(r, pair->key), *value = node_at(r, pair->value);
        struct tw_override *override = tw_arena_push(r->arena, &list->items, &list->count);
        int code = override ? read_rule(r, name, &override->rule) : no_memory(r);
        for (size_t i = 0; code == 0 && i + 1 < list->count; i++) {
            if (list->items[i].rule == override->rule)
                code = fail(r, name->start_mark, "%s is there twice", override->rule->id);
        }
        if (code == 0 && value->type == YAML_SCALAR_NODE && tw_span_equals(scalar(value), "off"))
            override->off = true;
        else if (code == 0 && read_severity(r, value, &override->severity) < 0)
            code = fail(r, value->start_mark, "must be one of: %s, off", severity_list);
        if (code < 0)
            return code;
    }
    return 0;
}

static int read_labels(struct reader *r, const yaml_node_t *node, void *target)
{
    struct tw_channel *channel = target;
    if (node->type != YAML_MAPPING_NODE)
        return fail(r, node->start_mark, "must be a mapping of labels to patterns");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        struct tw_label_pattern *label =
            tw_arena_push(r->arena, &channel->labels, &channel->label_count);
        int code = label ? read_text(r, node_at(r, pair->key), &label->name) : no_memory(r);
        if (code == 0)
            code = read_texts(r, node_at(r, pair->value), &label->patterns);
        if (code < 0)
            return code;
    }
    return 0;
}

static int read_match(struct reader *r, const yaml_node_t *node, void *target)
{
    static const struct key keys[] = {
        {"repository", read_texts, false},
        {"tag", read_texts, false},
        {"namespace", read_texts, false},
        {"label", read_labels, false},
    };
    struct tw_channel *c = target;
    void *const targets[] = {&c->repositories, &c->tags, &c->namespaces, c};
    return read_mapping(r, node, keys, TW_COUNT(keys), targets);
}

static int read_allow(struct reader *r, const yaml_node_t *node, void *target)
{
    static const struct key keys[] = {
        {"experiments", read_texts, false},
        {"godebug", read_texts, false},
    };
    struct tw_channel *c = target;
    void *const targets[] = {&c->experiments, &c->godebug};
    return read_mapping(r, node, keys, TW_COUNT(keys), targets);
}

static int read_channel_fail_on(struct reader *r, const yaml_node_t *node, void *target)
{
    struct tw_channel *c = target;
    c->has_fail_on = true;
    return read_severity(r, node, &c->fail_on);
}

static int read_channel(struct reader *r, const yaml_node_t *node)
{
    static const struct key keys[] = {
        {"name", read_text, true},
        {"match", read_match, false},
        {"allow", read_allow, false},
        {"fail_on", read_channel_fail_on, false},
        {"severity", read_overrides, false},
    };
    struct tw_policy *p = r->policy;
    struct tw_channel *c = tw_arena_push(r->arena, &p->channels, &p->channel_count);
    if (!c)
        return no_memory(r);
    void *const targets[] = {&c->name, c, c, c, &c->severity};
    return read_mapping(r, node, keys, TW_COUNT(keys), targets);
}

static int read_waiver(struct reader *r, const yaml_node_t *node)
{
    static const struct key keys[] = {
        {"rule", read_rule, true},
        {"image", read_texts, false},
        {"path", read_texts, false},
        {"reason", read_text, true},
        {"who", read_text, true},
        {"until", read_day, true},
    };
    struct tw_policy *p = r->policy;
    struct tw_waiver *w = tw_arena_push(r->arena, &p->waivers, &p->waiver_count);
    if (!w)
        return no_memory(r);
    void *const targets[] = {&w->rule, &w->images, &w->paths, &w->reason, &w->who, &w->until};
    return read_mapping(r, node, keys, TW_COUNT(keys), targets);
}

static int read_list(struct reader *r, const yaml_node_t *node,
    int (*read)(struct reader *r, const yaml_node_t *node))
{
    if (node->type != YAML_SEQUENCE_NODE)
        return fail(r, node->start_mark, "must be a list");
    int code = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         code == 0 && item < node->data.sequence.items.top; item++)
        code = read(r, node_at(r, *item));
    return code;
}

static int read_channels(struct reader *r, const yaml_node_t *node, void *target)
{
    (void)target;
    return read_list(r, node, read_channel);
}

static int read_waivers(struct reader *r, const yaml_node_t *node, void *target)
{
    (void)target;
    return read_list(r, node, read_waiver);
}

// The profile gives what the file does not say; so it is looked at before all else.
static int read_profile(struct reader *r, const yaml_node_t *root)
{
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         root->type == YAML_MAPPING_NODE && pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(r, pair->key), *value = node_at(r, pair->value);
        if (name->type != YAML_SCALAR_NODE || !tw_span_equals(scalar(name), "profile"))
            continue;
        const char *text = NULL;
        const struct tw_policy *profile;
        int code = read_text(r, value, &text);
        if (code == 0 && tw_policy_of_profile(text, &profile, NULL) < 0)
            code = fail(
                r, value->start_mark, "\"%.40s\" must be one of: default, strict, declared", text);
        if (code < 0)
            return code;
        r->policy->profile = profile->profile;
        r->policy->fail_on = profile->fail_on;
        r->policy->incomplete = profile->incomplete;
        r->policy->declared = profile->declared;
    }
    return 0;
}

static int skip(struct reader *r, const yaml_node_t *node, void *target)
{
    (void)r, (void)node, (void)target;
    return 0;
}

static int read_root(struct reader *r)
{
    static const struct key keys[] = {
        {"name", read_text, false},
        {"profile", skip, false},
        {"fail_on", read_severity, false},
        {"incomplete", read_incomplete, false},
        {"severity", read_overrides, false},
        {"goroots", read_texts, false},
        {"channels", read_channels, false},
        {"waivers", read_waivers, false},
    };
    struct tw_policy *p = r->policy;
    const yaml_node_t *root = yaml_document_get_root_node(r->document);
    if (!root)
        return 0; // an empty file: the default
    void *const targets[] = {
        &p->name, NULL, &p->fail_on, &p->incomplete, &p->severity, &p->goroots, NULL, NULL};
    int code = read_profile(r, root);
    return code < 0 ? code : read_mapping(r, root, keys, TW_COUNT(keys), targets);
}

// ---- the text ----

static int parser_error(struct reader *r, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(r);
    return fail(r, parser->problem_mark, "%s%s%s", parser->context ? parser->context : "",
        parser->context ? ": " : "", parser->problem ? parser->problem : "no YAML");
}

// What the form does not have: references make small files large, tags mean nothing here.
static const char *objection(const yaml_event_t *event, int *depth, int *documents)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return "references (*name) are not taken";
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? "there must be one document only" : NULL;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        ++*depth;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        ++*depth;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        --*depth;
        break;
    default:
        break;
    }
    return anchor               ? "anchors (&name) are not taken"
           : tag                ? "tags (!name) are not taken"
           : *depth > DEPTH_MAX ? "nested too deep"
                                : NULL;
}

static int check_events(struct reader *r, struct tw_span text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0, documents = 0, code = 0;
    if (!yaml_parser_initialize(&parser))
        return no_memory(r);
    yaml_parser_set_input_string(&parser, text.p, text.n);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    for (bool end = false; code == 0 && !end;) {
        if (!yaml_parser_parse(&parser, &event)) {
            code = parser_error(r, &parser);
            break;
        }
        const char *why = objection(&event, &depth, &documents);
        if (why)
            code = fail(r, event.start_mark, "%s", why);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return code;
}

static int read_document(struct reader *r, struct tw_span text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return no_memory(r);
    yaml_parser_set_input_string(&parser, text.p, text.n);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    int code = yaml_parser_load(&parser, &document) ? 0 : parser_error(r, &parser);
    if (code == 0) {
        r->document = &document;
        code = read_root(r);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return code;
}

static int set_fingerprint(struct reader *r, struct tw_span text)
{
    uint8_t sum[TW_SHA256_BYTES];
    if (tw_sha256(text.p, text.n, sum) < 0)
        return no_memory(r);
    for (size_t i = 0; i < sizeof r->policy->fingerprint / 2; i++)
        snprintf(r->policy->fingerprint + 2 * i, 3, "%02x", sum[i]);
    return 0;
}

int tw_policy_read(struct tw_span text, const struct tw_limits *limits,
    struct tw_policy **ret_policy, struct tw_err *err)
{
    if (text.n > limits->policy_bytes)
        return tw_err_set(err, TW_E_LIMIT, "a policy has at most %llu bytes (limit policy_bytes)",
            (unsigned long long)limits->policy_bytes);
    if (text.n == 0)
        text = tw_span_of("", 0);
    TW_AUTO(tw_arena_freep)
    struct tw_arena *arena = tw_arena_new(ARENA_BYTES + limits->policy_bytes * ARENA_TIMES);
    struct tw_policy *policy = arena ? tw_arena_alloc(arena, sizeof *policy) : NULL;
    struct reader r = {.arena = arena, .policy = policy, .err = err};
    if (!policy)
        return no_memory(&r);
    if (!tw_text_is_utf8(text))
        return tw_err_set(err, TW_E_FORMAT, "the policy is not UTF-8");
    *policy = tw_policy_default;
    policy->name = "policy";
    int code = check_events(&r, text);
    if (code == 0)
        code = read_document(&r, text);
    if (code == 0)
        code = set_fingerprint(&r, text);
    if (code < 0)
        return code;
    policy->arena = TW_TAKE(arena);
    *ret_policy = policy;
    return 0;
}
