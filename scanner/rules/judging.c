#include "scanner/rules/judging.h"

#include <stdarg.h>
#include <stdio.h>

#include "scanner/base/secret.h"

enum { VERSIONS_SHOWN = 4 };

static const char *kept(struct tw_judging *judging, char *text)
{
    if (text)
        return text;
    judging->out_of_memory = true;
    return "";
}

const char *tw_judging_span(struct tw_judging *judging, struct tw_span text)
{
    return kept(judging, tw_arena_strndup(judging->arena, text.p, text.n));
}

const char *tw_judging_join(struct tw_judging *judging, const char *a, const char *b)
{
    return kept(judging, tw_arena_printf(judging->arena, "%s%s", a, b));
}

// The value of the pair named `name`, or NULL.
static const char *pair_value(va_list pairs, struct tw_span name)
{
    const char *value = NULL, *pair;
    va_list copy;
    va_copy(copy, pairs);
    while (!value && (pair = va_arg(copy, const char *))) {
        const char *v = va_arg(copy, const char *);
        if (tw_span_equals(name, pair))
            value = v ? v : "";
    }
    va_end(copy);
    return value;
}

const char *tw_say(struct tw_judging *judging, enum tw_message_id id, ...)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    const char *text = tw_messages[id].text[judging->lang];
    va_list pairs;
    va_start(pairs, id);
    while (*text) {
        size_t plain = strcspn(text, "{");
        tw_buf_append(&out, text, plain);
        text += plain;
        const char *end = *text ? strchr(text, '}') : NULL;
        if (!end)
            break;
        const char *value = pair_value(pairs, tw_span_of(text + 1, (uint64_t)(end - text - 1)));
        tw_buf_puts(&out, value ? value : "?");
        text = end + 1;
    }
    va_end(pairs);
    if (out.status < 0)
        judging->out_of_memory = true;
    return out.status < 0 ? "" : tw_judging_span(judging, tw_buf_span(&out));
}

void tw_groups_add(struct tw_judging *judging, struct tw_groups *groups, const char *key,
    const void *detail, const struct tw_judged_binary *binary)
{
    struct tw_group *group = NULL;
    for (size_t i = 0; i < groups->count && !group; i++) {
        if (strcmp(groups->items[i].key, key) == 0)
            group = &groups->items[i];
    }
    if (!group) {
        group = tw_arena_push(judging->arena, &groups->items, &groups->count);
        if (!group) {
            judging->out_of_memory = true;
            return;
        }
        group->key = tw_judging_span(judging, tw_span_str(key));
        group->detail = detail;
    }
    if (!binary)
        return;
    const struct tw_judged_binary **member =
        tw_arena_push(judging->arena, &group->members, &group->count);
    if (member)
        *member = binary;
    else
        judging->out_of_memory = true;
}

static int by_version(const void *a, const void *b)
{
    const struct tw_judged_binary *const *x = a, *const *y = b;
    int order = tw_goversion_compare((*x)->version, (*y)->version);
    return order ? order : strcmp((*x)->shown, (*y)->shown);
}

const char *tw_group_versions(struct tw_judging *judging, const struct tw_group *group)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    const struct tw_judged_binary *members[TW_EVIDENCE_MAX];
    size_t count = group->count < TW_EVIDENCE_MAX ? group->count : TW_EVIDENCE_MAX, different = 0;
    for (size_t i = 0; i < count; i++)
        members[i] = group->members[i];
    qsort(members, count, sizeof members[0], by_version);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(members[i - 1]->shown, members[i]->shown) == 0)
            continue;
        if (different < VERSIONS_SHOWN)
            tw_buf_printf(&out, "%s%s", different ? ", " : "", members[i]->shown);
        different++;
    }
    const char *text = out.size ? tw_judging_span(judging, tw_buf_span(&out)) : "";
    if (different <= VERSIONS_SHOWN)
        return text;
    char more[24];
    snprintf(more, sizeof more, "%zu", different - VERSIONS_SHOWN);
    return tw_say(judging, TW_SAY_AND_MORE, "list", text, "count", more, NULL);
}

static void set_fingerprint(
    struct tw_finding *finding, struct tw_judging *judging, const char *subject)
{
    uint8_t sum[TW_SHA256_BYTES];
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(1 << 20);
    // A line feed cannot be in any of the three: names from images are escaped.
    tw_buf_printf(
        &text, "%s\n%s\n%s", finding->rule->id, finding->binary ? finding->binary : "", subject);
    if (text.status < 0 || tw_sha256(text.data, text.size, sum) < 0) {
        judging->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < sizeof finding->fingerprint / 2; i++)
        snprintf(finding->fingerprint + 2 * i, 3, "%02x", sum[i]);
}

struct tw_finding *tw_find(struct tw_judging *judging, const struct tw_rule *rule,
    const char *binary_path, const char *subject, const char *message)
{
    struct tw_verdict *verdict = judging->verdict;
    struct tw_finding *finding =
        tw_arena_push(judging->arena, &verdict->findings, &verdict->finding_count);
    if (!finding) {
        judging->out_of_memory = true;
        return NULL;
    }
    finding->rule = rule;
    finding->severity = rule->severity;
    finding->title = rule->text[judging->lang].title;
    finding->message = message;
    finding->remediation = rule->text[judging->lang].now;
    // The inventory may be given back before the verdict is.
    if (binary_path)
        finding->binary = tw_judging_span(judging, tw_span_str(binary_path));
    finding->subject = tw_judging_span(judging, tw_span_str(subject));
    set_fingerprint(finding, judging, subject);
    return finding;
}

struct tw_finding *tw_find_group(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_group *group, const char *subject, const char *message)
{
    const char *path = group->count == 1 ? group->members[0]->image->path : NULL;
    struct tw_finding *finding = tw_find(judging, rule, path, subject, message);
    for (size_t i = 0; group->count > 1 && i < group->count; i++) {
        const struct tw_judged_binary *member = group->members[i];
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "binary",
                .path = member->image->path,
                .value = member->shown,
                .layer = member->image->layer});
    }
    return finding;
}

static const char *copied(struct tw_judging *judging, const char *text)
{
    const char *covered = text ? tw_secret_cover(judging->arena, text) : NULL;
    judging->out_of_memory |= text && !covered;
    return covered ? tw_judging_span(judging, tw_span_str(covered)) : NULL;
}

void tw_evidence_add(
    struct tw_judging *judging, struct tw_finding *finding, struct tw_evidence evidence)
{
    if (!finding || finding->evidence_count >= TW_EVIDENCE_MAX)
        return;
    struct tw_evidence *row =
        tw_arena_push(judging->arena, &finding->evidence, &finding->evidence_count);
    if (!row) {
        judging->out_of_memory = true;
        return;
    }
    *row = (struct tw_evidence){.kind = evidence.kind,
        .name = copied(judging, evidence.name),
        .value = copied(judging, evidence.value),
        .instruction = copied(judging, evidence.instruction),
        .layer = copied(judging, evidence.layer),
        .path = copied(judging, evidence.path)};
}

void tw_evidence_env(
    struct tw_judging *judging, struct tw_finding *finding, const struct tw_env_var *variable)
{
    if (variable)
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "env",
                .name = variable->name,
                .value = variable->value,
                .instruction = variable->instruction});
}
