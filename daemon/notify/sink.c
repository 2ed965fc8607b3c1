#include "daemon/notify/sink.h"

static const struct tw_sink_kind *const kinds[] = {
    &tw_sink_webhook,
    &tw_sink_cloudevents,
    &tw_sink_slack,
    &tw_sink_wecom,
    &tw_sink_dingtalk,
};

const struct tw_sink_kind *tw_sink_kind_at(size_t index)
{
    return index < TW_COUNT(kinds) ? kinds[index] : NULL;
}

void tw_signed_done(struct tw_signed *sign)
{
    tw_url_done(&sign->url);
    explicit_bzero(sign->lines, sizeof sign->lines);
    sign->count = 0;
}

bool tw_sink_wants(const struct tw_sink *sink, struct tw_event *event)
{
    if (event->kind == TW_EVENT_TEST)
        return true;
    if (!(sink->events & 1u << event->kind) || !tw_texts_fit(&sink->registries, event->registry) ||
        !tw_texts_fit(&sink->repositories, event->repository))
        return false;
    enum tw_severity min = event->kind == TW_EVENT_DRIFT ? sink->drift_min : sink->min;
    return event->kind == TW_EVENT_DEAD_LETTER || tw_event_keep(event, min) > 0;
}
