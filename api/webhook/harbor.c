// Harbor, in its default format and as CloudEvents. facts/webhooks.md, 5.
// https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/
#include <string.h>

#include "api/webhook/senders.h"

static const struct tw_said at = {
    .host = "resource_url",
    .repository = "repository.repo_full_name",
    .tag = "tag",
    .digest = "digest",
};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    if (event->type)
        return strncmp(event->type, "harbor.", strlen("harbor.")) == 0;
    return tw_told_has(event->body, "event_data") && tw_told_has(event->body, "type");
}

static bool is_push(const struct tw_told *event)
{
    return event->type ? strcmp(event->type, "harbor.artifact.pushed") == 0
                       : tw_told_says(event->body, "type", "PUSH_ARTIFACT") ||
                             tw_told_says(event->body, "type", "pushImage"); // before 2.0
}

// ctx: what is the same for all of them.
static int read_resource(
    struct tw_reading *reading, const json_t *item, const void *ctx, struct tw_err *err)
{
    const struct tw_said *common = ctx;
    struct tw_said said, place;
    int r = tw_said_read(item, &(struct tw_said){.tag = at.tag, .digest = at.digest}, &said, err);
    const char *url = NULL;
    if (r == 0)
        r = tw_told_needs(item, at.host, &url, err);
    if (r == 0)
        r = tw_reading_split(reading, url, &place, err);
    if (r < 0)
        return r;
    said.host = place.host;
    said.repository = common->repository ? common->repository : place.repository;
    said.actor = common->actor;
    return tw_reading_push(reading, &said, &at, err);
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said common = {0};
    const json_t *data = event->type ? event->data : json_object_get(event->body, "event_data");
    if (!is_push(event))
        return tw_reading_ignore(reading);
    int r = tw_told_text(data, at.repository, &common.repository, err);
    if (r == 0)
        r = tw_reading_attribute(reading, event, "operator", &common.actor, err);
    const json_t *resources = r == 0 ? json_object_get(data, "resources") : NULL;
    if (r == 0 && json_array_size(resources) == 0)
        r = tw_err_set(err, TW_E_FORMAT, "resources must be an array that is not empty");
    return r < 0 ? r
                 : tw_reading_each(reading, resources, "resources", read_resource, &common, err);
}

const struct tw_webhook_sender tw_webhook_harbor = {
    .name = "harbor",
    .requested_by = "webhook:harbor",
    .content_types = tw_webhook_events,
    .place = "{host}",
    .refusal = TW_REFUSAL_SHOWN, // after three tries it gives up, and shows them
    .shape = "what Harbor sends: \"type\" and \"event_data\", or a CloudEvent of a type harbor.*",
    .fits = fits,
    .read = read_event,
};
