// Gitea and Forgejo: the event "package". They also send GitHub's headers. facts/webhooks.md, 8.
// https://docs.gitea.com/usage/repository/webhooks
#include <string.h>

#include "api/webhook/senders.h"

// Without a secret all of them come empty, and fit nothing.
static const struct tw_signature_form signatures[] = {
    {"X-Forgejo-Signature", "", false},
    {"X-Gitea-Signature", "", false},
    {"X-Hub-Signature-256", "sha256=", false},
    {0},
};

static const struct tw_said at = {
    .host = "package.html_url",
    .repository = "package.name",
    .tag = "package.version",
    .digest = "package.version",
    .actor = "sender.login",
};

static const char *event_name(const struct tw_letter *delivery)
{
    const char *name = delivery->header(delivery->ctx, "X-Forgejo-Event");
    return name ? name : delivery->header(delivery->ctx, "X-Gitea-Event");
}

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)event;
    return event_name(delivery) != NULL;
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said said;
    const char *owner = NULL;
    if (strcmp(event_name(reading->delivery), "package") != 0 ||
        !tw_told_says(event->body, "action", "created") ||
        !tw_told_says(event->body, "package.type", "container"))
        return tw_reading_ignore(reading);
    int r = tw_said_read(event->body,
        &(struct tw_said){at.host, NULL, at.repository, at.tag, NULL, at.actor}, &said, err);
    if (r == 0)
        r = tw_told_needs(event->body, "package.owner.login", &owner, err);
    if (r == 0 && said.host && said.host[0])
        r = tw_reading_host(reading, said.host, &said.host, err);
    if (r == 0 && said.repository && said.repository[0])
        r = tw_reading_lower(reading, owner, said.repository, &said.repository, err);
    return r < 0 ? r : tw_reading_push(reading, &said, &at, err);
}

const struct tw_webhook_sender tw_webhook_gitea = {
    .name = "gitea",
    .requested_by = "webhook:gitea",
    .content_types = tw_webhook_forms,
    .signatures = signatures,
    .place = "{host}",
    .refusal = TW_REFUSAL_SHOWN,
    .shape = "what Gitea or Forgejo sends, with X-Gitea-Event",
    .fits = fits,
    .read = read_event,
};
