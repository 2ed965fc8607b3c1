// GitHub Packages (ghcr.io): events "package" and "registry_package". facts/webhooks.md, 7.
// https://docs.github.com/webhooks/webhook-events-and-payloads#package
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/webhook/senders.h"

static const struct tw_signature_form signatures[] = {
    {"X-Hub-Signature-256", "sha256=", false}, {0}};

static const struct tw_said at = {
    .host = "package_version.package_url",
    .repository = "package_version.package_url",
    .tag = "package_version.container_metadata.tag.name",
    .digest = "package_version.version",
};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)event;
    return delivery->header(delivery->ctx, "X-GitHub-Event") != NULL;
}

// The object of a package's event; NULL: it is another event, such as "ping".
static const json_t *package_of(const struct tw_reading *reading, const struct tw_told *event)
{
    static const char *const names[] = {"package", "registry_package"};
    const char *name = reading->delivery->header(reading->delivery->ctx, "X-GitHub-Event");
    for (size_t i = 0; name && i < TW_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return json_object_get(event->body, names[i]);
    }
    return NULL;
}

// npm, maven and more come the same way. Sources differ in the case, and in which of the two it is.
static int is_image(const json_t *package, bool *ret_image, struct tw_err *err)
{
    static const char *const keys[] = {"package_type", "ecosystem"};
    bool image = false;
    for (size_t i = 0; i < TW_COUNT(keys); i++) {
        const char *type = NULL;
        int r = tw_told_text(package, keys[i], &type, err);
        if (r < 0)
            return r;
        image |= type && (strcasecmp(type, "container") == 0 || strcasecmp(type, "docker") == 0);
    }
    *ret_image = image;
    return 0;
}

// The namespace may be an owner, or owner/repository: the URL knows better.
static int read_name(
    struct tw_reading *reading, const json_t *package, struct tw_said *ret_said, struct tw_err *err)
{
    const char *url = NULL, *space = NULL, *name = NULL;
    char text[TW_REFERENCE_NAME_MAX + 1];
    int r = tw_told_text(package, at.host, &url, err);
    if (r == 0 && !(url && url[0])) {
        if ((r = tw_told_needs(package, "namespace", &space, err)) < 0 ||
            (r = tw_told_needs(package, "name", &name, err)) < 0)
            return r;
        if (snprintf(text, sizeof text, "ghcr.io/%s/%s", space, name) >= (int)sizeof text)
            return tw_err_set(err, TW_E_FORMAT, "namespace and name are too long");
        url = text;
    }
    if (r == 0)
        r = tw_reading_split(reading, url, ret_said, err);
    if (r == 0 && ret_said->host)
        r = tw_reading_lower(reading, NULL, ret_said->repository, &ret_said->repository, err);
    return r;
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    const json_t *package = package_of(reading, event);
    const char *action = NULL;
    bool image = false;
    int r = tw_told_text(event->body, "action", &action, err);
    if (r == 0 && package)
        r = is_image(package, &image, err);
    if (r < 0)
        return r;
    if (!image || !action || (strcmp(action, "published") != 0 && strcmp(action, "updated") != 0))
        return tw_reading_ignore(reading);
    struct tw_said said, version;
    if ((r = read_name(reading, package, &said, err)) < 0 ||
        (r = tw_said_read(
             package, &(struct tw_said){.tag = at.tag, .digest = at.digest}, &version, err)) < 0 ||
        (r = tw_told_text(event->body, "sender.login", &said.actor, err)) < 0)
        return r;
    said.tag = version.tag;
    // It may be a name; then the tag is looked up.
    bool is_digest = version.digest && strncmp(version.digest, "sha256:", 7) == 0;
    said.digest = is_digest ? version.digest : NULL;
    return tw_reading_push(reading, &said, &at, err);
}

const struct tw_webhook_sender tw_webhook_github = {
    .name = "github",
    .requested_by = "webhook:github",
    .content_types = tw_webhook_forms,
    .signatures = signatures,
    .place = "{host}",
    .refusal = TW_REFUSAL_SHOWN,
    .shape = "what GitHub sends, with X-GitHub-Event",
    .fits = fits,
    .read = read_event,
};
