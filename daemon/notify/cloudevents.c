// CloudEvents 1.0, structured content mode, JSON format, over HTTP.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
#include <stdio.h>

#include "daemon/notify/answer.h"
#include "daemon/notify/body.h"
#include "daemon/notify/sign.h"
#include "scanner/base/text.h"

static json_t *subject(const struct tw_event *event)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(4096);
    const char *text = arena ? tw_event_reference(event, arena) : NULL;
    return text ? json_string(text) : NULL;
}

static int render(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *out, struct tw_err *err)
{
    const struct tw_event *event = &dispatch->events[0];
    char time[TW_TEXT_TIME_BYTES], type[64];
    tw_text_time(event->at_ms, time);
    snprintf(type, sizeof type, "tidewaiter.%s.v1", tw_event_names[event->kind]);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "specversion", "1.0", "id",
        dispatch->id, "source", sink->source ? sink->source : "/tidewaiter", "type", type, "time",
        time, "datacontenttype", "application/json", "data", tw_notify_body_json(sink, dispatch));
    if (json && event->repository[0] && json_object_set_new(json, "subject", subject(event)) < 0) {
        json_decref(json);
        json = NULL;
    }
    return tw_body_write(json, out, err);
}

static struct tw_outcome read_answer(const struct tw_http_answer *answer, struct tw_span body)
{
    (void)body;
    return tw_answer_status(answer->status, answer->retry_after_s);
}

const struct tw_sink_kind tw_sink_cloudevents = {
    .name = "cloudevents",
    .content_type = "application/cloudevents+json; charset=utf-8",
    .options = TW_SINK_SECRET | TW_SINK_SOURCE,
    .render = render,
    .sign = tw_sign_webhook,
    .read = read_answer,
};
