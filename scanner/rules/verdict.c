#include "scanner/rules/verdict.h"

#include <string.h>

#include "scanner/rules/judging.h"
#include "scanner/rules/weigh.h"

enum {
    VERDICT_MAX_BYTES = 64 << 20,
    TOOLCHAINS_MAX = 20, // one that lies about thousands gets its programs judged as such
};

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

// Its programs lie in bin/ and pkg/tool/ of its root.
static bool is_of(const struct tw_toolchain *toolchain, const char *path)
{
    size_t n = strlen(toolchain->root);
    if (strncmp(path, toolchain->root, n) != 0 || (n > 0 && path[n] != '/'))
        return false;
    path += n + (n > 0);
    return strncmp(path, "bin/", 4) == 0 || strncmp(path, "pkg/tool/", 9) == 0;
}

static bool is_of_a_toolchain(const struct tw_image_inventory *image, const char *path)
{
    for (size_t i = 0; i < image->toolchain_count && i < TOOLCHAINS_MAX; i++) {
        if (is_of(&image->toolchains[i], path))
            return true;
    }
    return false;
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
        b->of_toolchain = is_of_a_toolchain(image, b->image->path);
        judge_version(judging, b);
    }
}

static int by_weight(const void *va, const void *vb)
{
    const struct tw_finding *a = va, *b = vb;
    if (!a->waiver_until != !b->waiver_until)
        return a->waiver_until ? 1 : -1; // the waived come last
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    int order = strcmp(a->rule->id, b->rule->id);
    if (order == 0)
        order = strcmp(a->binary ? a->binary : "", b->binary ? b->binary : "");
    return order ? order : strcmp(a->fingerprint, b->fingerprint);
}

static void run_checks(struct tw_judging *judging)
{
    for (size_t f = 0; f < tw_rule_family_count; f++) {
        const struct tw_rule_family *family = &tw_rule_families[f];
        for (size_t i = 0; i < family->count && !judging->out_of_memory; i++) {
            if (family->rows[i].check)
                family->rows[i].check(judging, &family->rows[i].rule);
        }
    }
}

int tw_judging_begin(const struct tw_image_inventory *image, const struct tw_judge_options *options,
    struct tw_arena **arena, struct tw_judging *ret_judging, struct tw_err *err)
{
    if (!*arena)
        *arena = tw_arena_new(VERDICT_MAX_BYTES);
    struct tw_verdict *verdict = *arena ? tw_arena_alloc(*arena, sizeof *verdict) : NULL;
    if (!verdict)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a verdict");
    *ret_judging = (struct tw_judging){.image = image,
        .options = options,
        .lang = options->lang,
        .arena = *arena,
        .verdict = verdict,
        .mem_failures = tw_mem_failures};
    judge_binaries(ret_judging);
    return 0;
}

int tw_judging_end(struct tw_judging *judging, struct tw_arena **arena,
    struct tw_verdict **ret_verdict, struct tw_err *err)
{
    struct tw_verdict *verdict = judging->verdict;
    const struct tw_policy *policy = judging->options->policy;
    const struct tw_channel *channel = tw_weigh_channel(judging->image, judging->options);
    verdict->policy = tw_judging_span(judging, tw_span_str(policy->name));
    verdict->channel = channel ? tw_judging_span(judging, tw_span_str(channel->name)) : NULL;
    if (!judging->out_of_memory)
        tw_weigh_findings(judging, channel);
    if (judging->out_of_memory || tw_mem_failures != judging->mem_failures)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a verdict, or over its %d MiB",
            VERDICT_MAX_BYTES >> 20);
    if (verdict->finding_count > 0)
        qsort(verdict->findings, verdict->finding_count, sizeof verdict->findings[0], by_weight);
    tw_weigh_decide(judging, channel);
    verdict->arena = TW_TAKE(*arena);
    *ret_verdict = verdict;
    return 0;
}

int tw_judge(const struct tw_image_inventory *image, const struct tw_judge_options *options,
    struct tw_verdict **ret_verdict, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = NULL;
    struct tw_judging judging;
    int r = tw_judging_begin(image, options, &arena, &judging, err);
    if (r < 0)
        return r;
    run_checks(&judging);
    return tw_judging_end(&judging, &arena, ret_verdict, err);
}

void tw_verdict_free(struct tw_verdict *verdict)
{
    if (verdict)
        tw_arena_free(verdict->arena);
}
