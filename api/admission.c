// POST /v1/admission: a question of the Kubernetes API server. Whatever can be understood is
// answered with 200 and a decision, and in time: what else happens is the webhook's failurePolicy,
// which knows no difference between a bad image and a bad day.
#include "api/admission/review.h"
#include "api/patience.h"
#include "api/route.h"

static int answer(struct tw_answer *answer, const struct tw_review *review,
    const struct tw_admission *admission, struct tw_err *err)
{
    return tw_answer_json(answer, 200, tw_review_answer(review, admission), err);
}

int tw_handle_admission(const struct tw_call *call, struct tw_answer *ret, struct tw_err *err)
{
    TW_AUTO(tw_review_done) struct tw_review review = {0};
    TW_AUTO(tw_admission_freep) struct tw_admission *admission = NULL;
    struct tw_patience patience;
    int r = tw_patience_of(call, &patience, err);
    if (r == 0)
        r = tw_review_read(call->body, call->limits, &review, err);
    if (r < 0)
        return r;
    if (review.skipped)
        return answer(ret, &review, NULL, err);
    const struct tw_admission_question question = {
        .pod = review.pod,
        .dry_run = review.dry_run,
        .until_ms = patience.until_ms,
        .may_wait = true,
        .trouble = review.why.code < 0 ? review.why.msg : NULL,
    };
    r = call->service->admit(call->service->ctx, &question, &admission, err);
    return r < 0 ? r : answer(ret, &review, admission, err);
}
