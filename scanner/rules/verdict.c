#include "scanner/rules/verdict.h"

#include <string.h>

#include "scanner/rules/judging.h"

enum { VERDICT_MAX_BYTES = 64 << 20 };

const struct tw_policy tw_policy_default = {.name = "default", .fail_on = TW_HIGH};

const char *tw_decision_name(enum tw_decision decision)
{
    static const char *const names[] = {
        [TW_PASS] = "pass",
        [TW_WARN] = "warn",
        [TW_DENY] = "deny",
    };
    return names[decision];
}

static void judge_version(struct tw_judging *judging, struct tw_judged_binary *b)
{
    const char *release = b->bin->go.release, *from = b->bin->go.range_from;
    if (release && tw_goversion_parse(tw_span_str(release), &b->version)) {
        b->certainty = TW_VERSION_EXACT;
        b->shown = tw_judging_join(judging, "go", release);
    } else if (from && tw_goversion_parse(tw_span_str(from), &b->version)) {
        b->certainty = TW_VERSION_AT_LEAST;
        b->shown = tw_say(judging, TW_SAY_GO_AT_LEAST, "go", from, NULL);
    } else {
        b->certainty = TW_VERSION_UNKNOWN;
        b->shown = tw_say(judging, TW_SAY_GO_UNKNOWN, NULL);
    }
}

static void judge_binaries(struct tw_judging *judging)
{
    const struct tw_image_inventory *image = judging->image;
    for (size_t i = 0; i < image->binary_count; i++) {
        if (!image->binaries[i].bin->is_go)
            continue;
        struct tw_judged_binary *b =
            tw_arena_push(judging->arena, &judging->binaries, &judging->binary_count);
        if (!b) {
            judging->out_of_memory = true;
            return;
        }
        b->image = &image->binaries[i];
        b->bin = image->binaries[i].bin;
        judge_version(judging, b);
    }
}

static int by_weight(const void *va, const void *vb)
{
    const struct tw_finding *a = va, *b = vb;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    int order = strcmp(a->rule->id, b->rule->id);
    if (order == 0)
        order = strcmp(a->binary ? a->binary : "", b->binary ? b->binary : "");
    return order ? order : strcmp(a->fingerprint, b->fingerprint);
}

static void decide(struct tw_verdict *verdict, const struct tw_policy *policy)
{
    verdict->decision = TW_PASS;
    verdict->fail_on = policy->fail_on;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        enum tw_severity severity = verdict->findings[i].severity;
        verdict->counts[severity]++;
        if (severity >= policy->fail_on)
            verdict->decision = TW_DENY;
        else if (severity >= TW_LOW && verdict->decision == TW_PASS)
            verdict->decision = TW_WARN;
    }
}

static void run_checks(struct tw_judging *judging)
{
    for (size_t f = 0; f < tw_rule_family_count; f++) {
        const struct tw_rule_family *family = &tw_rule_families[f];
        for (size_t i = 0; i < family->count && !judging->out_of_memory; i++)
            family->rows[i].check(judging, &family->rows[i].rule);
    }
}

int tw_judge(const struct tw_image_inventory *image, const struct tw_policy *policy,
    enum tw_lang lang, struct tw_verdict **ret_verdict, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(VERDICT_MAX_BYTES);
    struct tw_verdict *verdict = arena ? tw_arena_alloc(arena, sizeof *verdict) : NULL;
    if (!verdict)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a verdict");
    struct tw_judging judging = {.image = image, .lang = lang, .arena = arena, .verdict = verdict};
    judge_binaries(&judging);
    run_checks(&judging);
    verdict->policy = tw_judging_span(&judging, tw_span_str(policy->name));
    if (judging.out_of_memory)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a verdict, or over its %d MiB",
            VERDICT_MAX_BYTES >> 20);
    if (verdict->finding_count > 0)
        qsort(verdict->findings, verdict->finding_count, sizeof verdict->findings[0], by_weight);
    decide(verdict, policy);
    verdict->arena = TW_TAKE(arena);
    *ret_verdict = verdict;
    return 0;
}

void tw_verdict_free(struct tw_verdict *verdict)
{
    if (verdict)
        tw_arena_free(verdict->arena);
}
