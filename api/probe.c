// /healthz, /readyz, /metrics.
#include "api/metrics.h"
#include "api/route.h"

int tw_handle_health(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    (void)call;
    return tw_answer_json(answer, 200, json_pack("{s:s}", "status", "ok"), err);
}

int tw_handle_ready(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_err why = {0};
    if (call->service->ready(call->service->ctx, &why) < 0)
        return tw_answer_problem(call, answer, 503, why.msg, why.retry_after_s);
    return tw_answer_json(answer, 200, json_pack("{s:s}", "status", "ready"), err);
}

int tw_handle_metrics(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    if (tw_metrics_write(call->metrics, &answer->body) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for the metrics");
    int r = call->service->metrics(call->service->ctx, &answer->body, err);
    if (r < 0)
        return r;
    answer->status = 200;
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return 0;
}
