#include "daemon/notify/send.h"

#include <stdio.h>
#include <string.h>

#include "daemon/notify/answer.h"

enum { TOTAL_TIMEOUT_MAX_S = 30, BODY_BYTES_MAX = 4 << 20 };

struct receiving {
    struct tw_buf body;
    bool is_cut;
};

// What is beyond the bound changes nothing: the status has come.
static int take_body(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct receiving *r = ctx;
    if (r->body.size + size > TW_RECEIVED_BYTES_MAX) {
        r->is_cut = true;
        return tw_err_set(err, TW_E_LIMIT, "the answer is too long");
    }
    return tw_buf_append(&r->body, bytes, size);
}

static int post(struct tw_http *http, const struct tw_settings *settings,
    const struct tw_sink *sink, const struct tw_signed *sign, struct tw_span body,
    struct receiving *received, struct tw_http_answer *answer, struct tw_err *err)
{
    const char *lines[TW_SIGNED_HEADERS + 1] = {NULL};
    // One that drips is not silent, and would keep its courier for ever.
    uint64_t total_s = settings->connect_timeout_s + 2 * settings->stall_timeout_s;
    for (unsigned i = 0; i < sign->count; i++)
        lines[i] = sign->lines[i];
    const struct tw_http_request request = {
        .url = sign->url.text ? &sign->url : &sink->url,
        .post = body,
        .post_type = sink->kind->content_type,
        .headers = lines,
        .guard = {.any = sink->local},
        .connect_timeout_s = (unsigned)settings->connect_timeout_s,
        .stall_timeout_s = (unsigned)settings->stall_timeout_s,
        .total_timeout_s =
            (unsigned)(total_s < TOTAL_TIMEOUT_MAX_S ? total_s : TOTAL_TIMEOUT_MAX_S),
        .tells_errors = true,
        .body = take_body,
        .ctx = received,
    };
    tw_http_set_trust(http, &sink->trust);
    int r = tw_http_perform(http, &request, answer, err);
    tw_http_set_trust(http, NULL);
    return received->is_cut ? 0 : r;
}

static void tell(
    const struct tw_http_answer *answer, const struct tw_outcome *outcome, char said[TW_SAID_BYTES])
{
    bool is_status = outcome->code == answer->status;
    if (outcome->end == TW_OUTCOME_DELIVERED)
        snprintf(said, TW_SAID_BYTES, "delivered (HTTP %ld)", answer->status);
    else
        snprintf(said, TW_SAID_BYTES, "%s %ld: %s", is_status ? "HTTP" : "errcode", outcome->code,
            outcome->why);
}

int tw_send(struct tw_http *http, const struct tw_settings *settings, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, struct tw_outcome *ret_outcome,
    char ret_said[TW_SAID_BYTES], struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(BODY_BYTES_MAX);
    TW_AUTO(tw_signed_done) struct tw_signed sign = {0};
    TW_AUTO(tw_http_answer_done) struct tw_http_answer answer = {0};
    struct receiving received = {.body = TW_BUF(TW_RECEIVED_BYTES_MAX)};
    struct tw_err why = {0};
    int r = sink->kind->render(sink, dispatch, &body, err);
    if (r == 0 && sink->kind->sign)
        r = sink->kind->sign(sink, dispatch, tw_buf_span(&body), &sign, err);
    if (r < 0)
        return r;
    r = post(http, settings, sink, &sign, tw_buf_span(&body), &received, &answer, &why);
    if (r == 0) {
        *ret_outcome = sink->kind->read(&answer, tw_buf_span(&received.body));
        tell(&answer, ret_outcome, ret_said);
    } else if (r != TW_E_INTERRUPTED && r != TW_E_NOMEM) {
        *ret_outcome = (struct tw_outcome){.end = TW_OUTCOME_AGAIN};
        snprintf(ret_said, TW_SAID_BYTES, "%.*s", TW_SAID_BYTES - 1, why.msg);
        r = 0;
    } else {
        tw_err_set(err, r, "%s", why.msg);
    }
    tw_buf_done(&received.body);
    return r;
}
