#include "daemon/cli/judged.h"

static int judge(struct tw_image_inventory *image, const struct tw_policy *policy,
    const struct tw_options *o, struct tw_verdict **ret_verdict, struct tw_err *err)
{
    struct tw_day today = tw_today();
    struct tw_judge_options options = {.policy = policy,
        .lang = o->lang,
        .today = today.text,
        .kube_namespace = o->kube_namespace,
        .labels = o->labels,
        .label_count = o->label_count,
        .has_fail_on = o->has_fail_on,
        .fail_on = o->fail_on,
        .cpu_limit_millis = o->cpu_limit_millis,
        .memory_limit_bytes = o->memory_limit_bytes};
    return tw_judge(image, &options, ret_verdict, err);
}

int tw_judged_make(const struct tw_subject *subject, const struct tw_policy *policy,
    const struct tw_options *o, struct tw_judged *ret_judged, struct tw_err *err)
{
    const struct tw_scan_result *result = &subject->result;
    TW_AUTO(tw_judged_done) struct tw_judged judged = {0};
    judged.reports = calloc(result->count + 1, sizeof *judged.reports);
    judged.verdicts = calloc(result->count + 1, sizeof(struct tw_verdict *));
    if (!judged.reports || !judged.verdicts)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < result->count; i++) {
        int r = judge(result->images[i], policy, o, &judged.verdicts[i], err);
        if (r < 0)
            return r;
        judged.reports[i] =
            (struct tw_report){.image = result->images[i], .verdict = judged.verdicts[i]};
        judged.count++;
    }
    *ret_judged = judged;
    judged = (struct tw_judged){0};
    return 0;
}

void tw_judged_done(struct tw_judged *judged)
{
    for (size_t i = 0; i < judged->count; i++)
        tw_verdict_free(judged->verdicts[i]);
    free(judged->verdicts);
    free(judged->reports);
}

enum tw_exit tw_judged_exit(const struct tw_judged *judged, const struct tw_policy *policy)
{
    bool incomplete = false;
    for (size_t i = 0; i < judged->count; i++) {
        if (judged->reports[i].verdict->decision == TW_DENY)
            return TW_EXIT_FINDINGS;
        incomplete |= judged->reports[i].image->status != TW_COMPLETE;
    }
    return incomplete && policy->incomplete != TW_INCOMPLETE_ALLOW ? TW_EXIT_INCOMPLETE
                                                                   : TW_EXIT_CLEAN;
}
