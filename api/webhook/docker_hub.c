// Docker Hub. It shows nothing of itself: the token in the URL is all there is. callback_url is
// never called. facts/webhooks.md, 4. https://docs.docker.com/docker-hub/repos/manage/webhooks/
#include "api/webhook/senders.h"

static const struct tw_said at = {
    .repository = "repository.repo_name",
    .tag = "push_data.tag",
    .actor = "push_data.pusher",
};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    return tw_told_has(event->body, "push_data") && tw_told_has(event->body, "repository");
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    return tw_reading_push_at(reading, event->data, &at, err);
}

const struct tw_webhook_sender tw_webhook_docker_hub = {
    .name = "docker-hub",
    .requested_by = "webhook:docker-hub",
    .content_types = tw_webhook_json,
    .place = "docker.io",
    .refusal = TW_REFUSAL_SHOWN,
    .shape = "what Docker Hub sends: \"push_data\" and \"repository\"",
    .fits = fits,
    .read = read_event,
};
