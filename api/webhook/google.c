// Google Artifact Registry, by a push subscription to the Pub/Sub topic "gcr", wrapped or not.
// facts/webhooks.md, 10. https://cloud.google.com/artifact-registry/docs/configure-notifications
#include <string.h>

#include "api/webhook/senders.h"

// Unwrapped messages have no Content-Type unless their publisher gave them one.
static const char *const types[] = {"application/json", "", NULL};

// Both are references in full.
static const struct tw_said at = {
    .host = "digest", .repository = "digest", .tag = "tag", .digest = "digest"};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    if (tw_told_has(event->body, "message"))
        return tw_told_has(event->body, "subscription");
    return tw_told_says(event->body, "action", "INSERT") ||
           tw_told_says(event->body, "action", "DELETE");
}

static int unwrap(struct tw_reading *reading, const struct tw_told *event, const json_t **ret_data,
    struct tw_err *err)
{
    const char *base64 = NULL;
    *ret_data = event->body;
    if (!tw_told_has(event->body, "message"))
        return 0;
    int r = tw_told_needs(event->body, "message.data", &base64, err);
    if (r == 0 && (r = tw_reading_decode(reading, base64, ret_data, err)) < 0)
        tw_err_wrap(err, r, "message.data");
    return r;
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said texts, said = {0}, tagged = {0};
    const json_t *data = NULL;
    int r = unwrap(reading, event, &data, err);
    if (r == 0)
        r = tw_said_read(data, &(struct tw_said){.tag = at.tag, .digest = at.digest}, &texts, err);
    if (r < 0)
        return r;
    if (!tw_told_says(data, "action", "INSERT"))
        return tw_reading_ignore(reading);
    if (texts.digest && (r = tw_reading_split(reading, texts.digest, &said, err)) < 0)
        return r;
    if (texts.tag && (r = tw_reading_split(reading, texts.tag, &tagged, err)) < 0)
        return r;
    if (!texts.digest)
        said = tagged;
    else if (texts.tag && said.repository && tagged.repository &&
             strcmp(said.repository, tagged.repository) == 0)
        said.tag = tagged.tag;
    else if (texts.tag)
        return tw_err_set(err, TW_E_FORMAT, "tag and digest are of different images");
    return tw_reading_push(reading, &said, &at, err);
}

const struct tw_webhook_sender tw_webhook_google = {
    .name = "google",
    .requested_by = "webhook:google",
    .content_types = types,
    .place = "{host}",
    .refusal = TW_REFUSAL_BLOCKS, // it comes again for a week, and slows the subscription down
    .shape = "what Pub/Sub pushes: \"message\" and \"subscription\", or what the topic gcr has in "
             "it",
    .fits = fits,
    .read = read_event,
};
