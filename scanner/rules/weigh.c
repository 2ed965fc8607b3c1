#include "scanner/rules/weigh.h"

#include <string.h>

// ---- channels ----

// The Pod's label goes before the image's.
static const char *label_of(const struct tw_image_inventory *image,
    const struct tw_judge_options *options, const char *name)
{
    for (size_t i = 0; i < options->label_count; i++) {
        if (strcmp(options->labels[i].name, name) == 0)
            return options->labels[i].value;
    }
    for (size_t i = 0; i < image->label_count; i++) {
        if (strcmp(image->labels[i].name, name) == 0)
            return image->labels[i].value;
    }
    return NULL;
}

static bool fits(const struct tw_channel *channel, const struct tw_image_inventory *image,
    const struct tw_judge_options *options)
{
    if (!tw_texts_fit(&channel->repositories, image->repository) ||
        !tw_texts_fit(&channel->tags, image->tag) ||
        !tw_texts_fit(&channel->namespaces, options->kube_namespace))
        return false;
    for (size_t i = 0; i < channel->label_count; i++) {
        const char *value = label_of(image, options, channel->labels[i].name);
        if (!value || !tw_texts_fit(&channel->labels[i].patterns, value))
            return false;
    }
    return true;
}

const struct tw_channel *tw_weigh_channel(
    const struct tw_image_inventory *image, const struct tw_judge_options *options)
{
    const struct tw_policy *policy = options->policy;
    for (size_t i = 0; i < policy->channel_count; i++) {
        if (fits(&policy->channels[i], image, options))
            return &policy->channels[i];
    }
    return NULL;
}

// Experiments and GODEBUG keys that a channel may allow, by what the finding is about.
static const struct {
    const char *rule;
    bool is_godebug;
} allowable[] = {{"TW204", true}, {"TW205", true}, {"TW206", true}, {"TW207", true},
    {"TW304", false}, {"TW305", false}, {"TW307", false}};

static bool is_allowed(const struct tw_channel *channel, const struct tw_finding *finding)
{
    static const char godebug[] = "GODEBUG=";
    for (size_t i = 0; channel && i < TW_COUNT(allowable); i++) {
        const char *subject = finding->subject;
        if (strcmp(finding->rule->id, allowable[i].rule) != 0)
            continue;
        if (!allowable[i].is_godebug)
            return tw_texts_allow(&channel->experiments, subject);
        return strncmp(subject, godebug, sizeof godebug - 1) == 0 &&
               tw_texts_allow(&channel->godebug, subject + sizeof godebug - 1);
    }
    return false;
}

// ---- waivers ----

// A finding on several programs is one on the image, with a row of evidence each: all of them must
// fit. When there may be programs that have no row any more, nobody knows.
static bool fits_programs(const struct tw_texts *patterns, const struct tw_finding *finding)
{
    size_t programs = 0;
    if (finding->binary || patterns->count == 0)
        return tw_texts_fit(patterns, finding->binary);
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct tw_evidence *evidence = &finding->evidence[i];
        if (strcmp(evidence->kind, "binary") != 0 || !evidence->path)
            continue;
        if (!tw_texts_fit(patterns, evidence->path))
            return false;
        programs++;
    }
    return programs > 0 && finding->evidence_count < TW_EVIDENCE_MAX;
}

static bool covers(
    struct tw_judging *judging, const struct tw_waiver *waiver, const struct tw_finding *finding)
{
    const struct tw_image_inventory *image = judging->image;
    const char *name = image->reference;
    if (image->registry && image->repository) {
        const char *tag = image->tag ? tw_judging_join(judging, ":", image->tag) : "";
        name = tw_judging_join(judging, image->registry,
            tw_judging_join(judging, "/", tw_judging_join(judging, image->repository, tag)));
    }
    return waiver->rule == finding->rule && tw_texts_fit(&waiver->images, name) &&
           fits_programs(&waiver->paths, finding);
}

static void apply_waivers(struct tw_judging *judging, struct tw_finding *finding)
{
    const struct tw_policy *policy = judging->options->policy;
    const char *today = judging->options->today;
    for (size_t i = 0; i < policy->waiver_count; i++) {
        const struct tw_waiver *waiver = &policy->waivers[i];
        if (!covers(judging, waiver, finding))
            continue;
        const char *until = tw_judging_span(judging, tw_span_str(waiver->until));
        if (today && strcmp(today, until) > 0) {
            tw_evidence_add(judging, finding,
                (struct tw_evidence){
                    .kind = "expired-waiver", .name = waiver->who, .value = until});
            continue;
        }
        finding->waiver_reason = tw_judging_span(judging, tw_span_str(waiver->reason));
        finding->waiver_who = tw_judging_span(judging, tw_span_str(waiver->who));
        finding->waiver_until = until;
        return;
    }
}

void tw_weigh_findings(struct tw_judging *judging, const struct tw_channel *channel)
{
    struct tw_verdict *verdict = judging->verdict;
    size_t kept = 0;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        struct tw_finding *finding = &verdict->findings[i];
        if (is_allowed(channel, finding) ||
            !tw_policy_weighs(judging->options->policy, channel, finding->rule, finding->severity,
                &finding->severity))
            continue;
        apply_waivers(judging, finding);
        verdict->findings[kept++] = *finding;
    }
    verdict->finding_count = kept;
}

// ---- the decision ----

static bool is_about_completeness(const struct tw_rule *rule)
{
    return strcmp(rule->id, "TW901") == 0 || strcmp(rule->id, "TW902") == 0;
}

void tw_weigh_decide(struct tw_judging *judging, const struct tw_channel *channel)
{
    struct tw_verdict *verdict = judging->verdict;
    const struct tw_policy *policy = judging->options->policy;
    verdict->fail_on = judging->options->has_fail_on     ? judging->options->fail_on
                       : channel && channel->has_fail_on ? channel->fail_on
                                                         : policy->fail_on;
    verdict->decision = TW_PASS;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct tw_finding *finding = &verdict->findings[i];
        if (finding->waiver_until) {
            verdict->waived++;
            continue;
        }
        verdict->counts[finding->severity]++;
        if (policy->incomplete == TW_INCOMPLETE_ALLOW && is_about_completeness(finding->rule))
            continue;
        if (finding->severity >= verdict->fail_on)
            verdict->decision = TW_DENY;
        else if (finding->severity >= TW_LOW && verdict->decision == TW_PASS)
            verdict->decision = TW_WARN;
    }
    if (judging->image->status == TW_COMPLETE || policy->incomplete == TW_INCOMPLETE_ALLOW)
        return;
    if (policy->incomplete == TW_INCOMPLETE_DENY)
        verdict->decision = TW_DENY;
    else if (verdict->decision == TW_PASS)
        verdict->decision = TW_WARN;
}
