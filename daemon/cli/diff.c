// diff: what the running program will do differently.
#include <string.h>

#include "daemon/cli/judged.h"
#include "daemon/http/http.h"
#include "scanner/report/compare.h"

enum { REPORT_BYTES_MAX = 256 << 20 };

static int write_comparison(const struct tw_subject *from, const struct tw_subject *to,
    const struct tw_comparisons *pairs, const struct tw_options *o, struct tw_err *err)
{
    struct tw_comparison_set set = {
        .items = pairs->items, .count = pairs->count, .from = from->name, .to = to->name};
    struct tw_report_style style = tw_options_style(o);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(REPORT_BYTES_MAX);
    int r = strcmp(o->format->name, "json") == 0
                ? tw_comparison_write_json(&set, &out, err)
                : tw_comparison_write_text(&set, &style, &out, err);
    return r < 0 ? r : tw_options_write(o, tw_buf_span(&out), err);
}

static bool has_new(const struct tw_comparison *pair, enum tw_severity from)
{
    for (size_t i = 0; i < pair->after->finding_count; i++) {
        const struct tw_finding *finding = &pair->after->findings[i];
        if (finding->severity >= from && !finding->waiver_until &&
            !tw_verdict_has(pair->before, finding->fingerprint))
            return true;
    }
    return false;
}

// Only --fail-on makes a change a failure: what differs, and what is found that was not before.
static int exit_code(const struct tw_comparisons *pairs, const struct tw_options *o)
{
    for (size_t i = 0; i < pairs->count && o->has_fail_on; i++) {
        const struct tw_verdict *drift = pairs->items[i].drift;
        for (unsigned s = o->fail_on; s < TW_SEVERITY_COUNT; s++) {
            if (drift->counts[s] > 0)
                return TW_EXIT_FINDINGS;
        }
        if (has_new(&pairs->items[i], (enum tw_severity)o->fail_on))
            return TW_EXIT_FINDINGS;
    }
    return TW_EXIT_CLEAN;
}

static int diff(struct tw_settings *settings, const struct tw_options *o, struct tw_err *err)
{
    TW_AUTO(tw_policy_unload) struct tw_policy_in_force policy = {0};
    TW_AUTO(tw_subject_done) struct tw_subject from = {0};
    TW_AUTO(tw_subject_done) struct tw_subject to = {0};
    TW_AUTO(tw_comparisons_done) struct tw_comparisons pairs = {0};
    struct tw_day today = tw_today();
    int r = tw_policy_load(settings, &policy, err);
    if (r == 0)
        r = tw_subject_read(settings, o, o->operands[0], &from, err);
    if (r == 0)
        r = tw_subject_read(settings, o, o->operands[1], &to, err);
    struct tw_judge_options options = {
        .policy = policy.policy, .lang = o->lang, .today = today.text};
    if (r == 0)
        r = tw_compare_all(&(struct tw_compare_side){from.result.images, from.result.count},
            &(struct tw_compare_side){to.result.images, to.result.count}, &options, &pairs, err);
    if (r == 0)
        r = write_comparison(&from, &to, &pairs, o, err);
    return r < 0 ? r : exit_code(&pairs, o);
}

int tw_command_diff(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("diff"), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    if (o.operand_count != 2)
        r = tw_err_set(&err, TW_E_USAGE, "diff takes two SOURCEs, the old one and the new one");
    else if (strcmp(o.format->name, "text") != 0 && strcmp(o.format->name, "json") != 0)
        r = tw_err_set(&err, TW_E_USAGE, "diff writes text or json");
    if (r == 0)
        r = tw_settings_finish(settings, TW_FOR_CLI, &err);
    if (r == 0)
        r = tw_http_global_init(&err);
    if (r == 0) {
        r = diff(settings, &o, &err);
        tw_http_global_done();
    }
    return r < 0 ? tw_trouble(&err) : r;
}
