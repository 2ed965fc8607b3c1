// JFrog Artifactory. Where its images are depends on its Docker access method; without a word of
// ours it is by the path: host/repository-key/image. facts/webhooks.md, 12.
// https://jfrog.com/help/r/jfrog-platform-administration-documentation/webhooks
#include <stdio.h>
#include <string.h>

#include "api/webhook/senders.h"

// The same header has the secret as it is, or a signature by it.
static const struct tw_signature_form signatures[] = {{"X-JFrog-Event-Auth", "", false}, {0}};

static const struct tw_said at = {
    .host = "jpd_origin",
    .repo = "data.repo_key",
    .repository = "data.image_name",
    .tag = "data.tag",
    .digest = "data.sha256",
};

// Old ones send what is in "data" alone.
static const struct tw_said old = {
    .repo = "repo_key",
    .repository = "image_name",
    .tag = "tag",
    .digest = "sha256",
};

static bool is_old(const struct tw_told *event)
{
    return tw_told_has(event->body, "repo_key") && tw_told_has(event->body, "image_name");
}

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    return (tw_told_has(event->body, "domain") && tw_told_has(event->body, "event_type")) ||
           is_old(event);
}

// The file that the event is about: the manifest, or the list of them.
static bool is_manifest(const json_t *event, const char *path)
{
    return !tw_told_has(event, path) || tw_told_says(event, path, "manifest.json") ||
           tw_told_says(event, path, "list.manifest.json");
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    bool bare = is_old(event);
    const struct tw_said *paths = bare ? &old : &at;
    const char *hex = NULL;
    char digest[TW_DIGEST_TEXT_MAX + 2];
    struct tw_said said;
    if ((!bare && !tw_told_says(event->body, "domain", "docker")) ||
        !tw_told_says(event->body, "event_type", "pushed") ||
        !is_manifest(event->body, bare ? "name" : "data.name"))
        return tw_reading_ignore(reading);
    int r = tw_said_read(event->body, paths, &said, err);
    if (r == 0 && !bare)
        r = tw_told_text(event->body, "source", &said.actor, err);
    if (r == 0 && said.host && said.host[0])
        r = tw_reading_host(reading, said.host, &said.host, err);
    if (r < 0)
        return r;
    if ((hex = said.digest) && hex[0]) {
        snprintf(digest, sizeof digest, "sha256:%s", hex);
        said.digest = digest;
    }
    return tw_reading_push(reading, &said, paths, err);
}

const struct tw_webhook_sender tw_webhook_artifactory = {
    .name = "artifactory",
    .requested_by = "webhook:artifactory",
    .content_types = tw_webhook_json,
    .signatures = signatures,
    .secret_header = "X-JFrog-Event-Auth",
    .place = "{host}/{repo}",
    .refusal = TW_REFUSAL_HARMS, // what it does then is not known
    .shape = "what Artifactory sends: \"domain\", \"event_type\" and \"data\"",
    .fits = fits,
    .read = read_event,
};
