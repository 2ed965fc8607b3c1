// Any program: plain JSON, signed. docs/notifications.md.
#include "daemon/notify/answer.h"
#include "daemon/notify/body.h"
#include "daemon/notify/sign.h"

static int render(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *out, struct tw_err *err)
{
    return tw_body_write(tw_notify_body_json(sink, dispatch), out, err);
}

static struct tw_outcome read_answer(const struct tw_http_answer *answer, struct tw_span body)
{
    (void)body;
    return tw_answer_status(answer->status, answer->retry_after_s);
}

const struct tw_sink_kind tw_sink_webhook = {
    .name = "webhook",
    .content_type = "application/json",
    .options = TW_SINK_SECRET,
    .render = render,
    .sign = tw_sign_webhook,
    .read = read_answer,
};
