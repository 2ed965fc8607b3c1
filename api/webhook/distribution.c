// CNCF distribution (docker-registry) 2.x and 3.x: an envelope of events. facts/webhooks.md, 1.
// https://distribution.github.io/distribution/about/notifications/
#include <string.h>

#include "api/webhook/senders.h"
#include "scanner/image/manifest.h"

static const char *const types[] = {
    "application/vnd.docker.distribution.events.v1+json", // 2.x
    "application/vnd.docker.distribution.events.v2+json", // 3.x
    "application/json",
    NULL,
};

// The registry itself can only send a fixed header; a relay in front of us can sign.
static const struct tw_signature_form signatures[] = {
    {"X-Hub-Signature-256", "sha256=", false}, {0}};

// source.addr is no help: it is the registry's own host name, and often that of a container.
static const struct tw_said at = {
    .host = "request.host",
    .repository = "target.repository",
    .tag = "target.tag",
    .digest = "target.digest",
    .actor = "actor.name",
};

// Blobs and configurations are pushed in events of their own; pulls are often our own; deletes
// may have neither digest nor media type. None of them is looked at further.
static int is_push(const json_t *event, bool *ret_push, struct tw_err *err)
{
    const char *action = NULL, *media_type = NULL, *agent = NULL;
    int r = tw_told_needs(event, "action", &action, err);
    if (r == 0)
        r = tw_told_text(event, "request.useragent", &agent, err);
    if (r < 0)
        return r;
    *ret_push = false;
    if (strcmp(action, "push") != 0 || tw_told_is_own(agent))
        return 0;
    if ((r = tw_told_needs(event, "target.mediaType", &media_type, err)) < 0)
        return r;
    *ret_push = tw_media_type_is_manifest(media_type);
    return 0;
}

int tw_distribution_read(
    struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said said;
    const char *url = NULL, *digest = NULL;
    bool wanted;
    int r = is_push(event->data, &wanted, err);
    if (r < 0 || !wanted)
        return r < 0 ? r : tw_reading_ignore(reading);
    if ((r = tw_said_read(event->data, &at, &said, err)) < 0 ||
        (r = tw_told_text(event->data, "target.url", &url, err)) < 0)
        return r;
    // An old relay may have dropped it: the URL has the same name.
    if (!(said.host && said.host[0]) && url && strstr(url, "://") &&
        (r = tw_reading_host(reading, url, &said.host, err)) < 0)
        return r;
    // The registry knows the digest of what it has stored: without one it was not this registry.
    if (said.repository && (r = tw_told_needs(event->data, at.digest, &digest, err)) < 0)
        return r;
    return tw_reading_push(reading, &said, &at, err);
}

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery, (void)event;
    return true; // the list of events has been found
}

const struct tw_webhook_sender tw_webhook_distribution = {
    .name = "distribution",
    .requested_by = "webhook:distribution",
    .content_types = types,
    .signatures = signatures,
    .place = "{host}",
    .refusal = TW_REFUSAL_BLOCKS,
    .list = "events",
    .shape = "an object with an array \"events\", as docker-registry sends it",
    .fits = fits,
    .read = tw_distribution_read,
};
