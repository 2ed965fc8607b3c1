// Sonatype Nexus: the webhook of a repository, event "component". It names no host and no digest.
// facts/webhooks.md, 13. https://help.sonatype.com/en/working-with-webhooks.html
#include <string.h>

#include "api/webhook/senders.h"

static const struct tw_signature_form signatures[] = {{"X-Nexus-Webhook-Signature", "", true}, {0}};

static const struct tw_said at = {
    .repo = "repositoryName",
    .repository = "component.name",
    .tag = "component.version",
    .actor = "initiator",
};

static const char *event_name(const struct tw_letter *delivery)
{
    return delivery->header(delivery->ctx, "X-Nexus-Webhook-Id");
}

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)event;
    return event_name(delivery) != NULL;
}

// Events of assets come for every blob: those of components tell the same once.
static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    const json_t *body = event->body;
    if (strcmp(event_name(reading->delivery), "rm:repository:component") != 0 ||
        !tw_told_says(body, "component.format", "docker") ||
        !(tw_told_says(body, "action", "CREATED") || tw_told_says(body, "action", "UPDATED")))
        return tw_reading_ignore(reading);
    return tw_reading_push_at(reading, body, &at, err);
}

const struct tw_webhook_sender tw_webhook_nexus = {
    .name = "nexus",
    .requested_by = "webhook:nexus",
    .content_types = tw_webhook_json,
    .signatures = signatures,
    .place = "{host}",
    .refusal = TW_REFUSAL_HARMS, // what it does then is not known
    .shape = "what Nexus sends, with X-Nexus-Webhook-Id",
    .fits = fits,
    .read = read_event,
};
