// GitLab's container registry, a fork of distribution: its administrator adds an endpoint to
// registry['notifications']. facts/webhooks.md, 2.
#include "api/webhook/senders.h"

static const char *const types[] = {
    "application/vnd.docker.distribution.events.v1+json",
    "application/vnd.docker.distribution.events.v2+json",
    "application/json",
    NULL,
};

// A project's webhook is about git, and has a header that says so. It never tells of an image.
static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)event;
    return !delivery->header(delivery->ctx, "X-Gitlab-Event");
}

const struct tw_webhook_sender tw_webhook_gitlab = {
    .name = "gitlab",
    .requested_by = "webhook:gitlab",
    .content_types = types,
    .place = "{host}",
    .refusal = TW_REFUSAL_BLOCKS,
    .list = "events",
    .shape = "what GitLab's registry sends: an object with an array \"events\"; the webhooks of "
             "projects tell of git, not of images",
    .fits = fits,
    .read = tw_distribution_read,
};
