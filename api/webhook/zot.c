// zot: CloudEvents, binary as it comes (the other forms are taken too). It names no host.
// facts/webhooks.md, 11. https://zotregistry.dev/latest/articles/events/
#include <string.h>

#include "api/webhook/senders.h"
#include "scanner/image/manifest.h"

static const struct tw_said at = {
    .repository = "name",
    .tag = "reference",
    .digest = "digest",
    .actor = "actor.name",
};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    return event->type && strncmp(event->type, "zotregistry.", strlen("zotregistry.")) == 0;
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    const char *media_type = NULL, *agent = NULL;
    if (strcmp(event->type, "zotregistry.image.updated") != 0)
        return tw_reading_ignore(reading);
    int r = tw_told_text(event->data, "mediaType", &media_type, err);
    if (r == 0)
        r = tw_told_text(event->data, "request.useragent", &agent, err);
    if (r < 0)
        return r;
    if (tw_told_is_own(agent) ||
        (media_type && media_type[0] && !tw_media_type_is_manifest(media_type)))
        return tw_reading_ignore(reading);
    return tw_reading_push_at(reading, event->data, &at, err);
}

const struct tw_webhook_sender tw_webhook_zot = {
    .name = "zot",
    .requested_by = "webhook:zot",
    .content_types = tw_webhook_events,
    .place = "{host}",
    .refusal = TW_REFUSAL_SHOWN, // it logs it, and does not try again
    .shape = "a CloudEvent of a type zotregistry.*",
    .fits = fits,
    .read = read_event,
};
