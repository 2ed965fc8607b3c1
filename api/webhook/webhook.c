#include "api/webhook/webhook.h"

#include <string.h>

#include "api/webhook/distribution.h"

static const char *const distribution_types[] = {
    "application/vnd.docker.distribution.events.v1+json", // 2.x
    "application/vnd.docker.distribution.events.v2+json", // 3.x
    "application/json",
    NULL,
};

// docker-registry itself can only send a fixed header (a token); a relay in front of us can sign.
static const struct tw_signature_form github_form = {"X-Hub-Signature-256", "sha256="};

static const struct tw_webhook_sender senders[] = {
    {"distribution", "webhook:distribution", distribution_types, &github_form,
        tw_distribution_parse},
};

const struct tw_webhook_sender *tw_webhook_at(size_t index)
{
    return index < TW_COUNT(senders) ? &senders[index] : NULL;
}

const struct tw_webhook_sender *tw_webhook_find(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(senders); i++) {
        if (strcmp(senders[i].name, name) == 0)
            return &senders[i];
    }
    return NULL;
}

void tw_notice_free(struct tw_notice *notice)
{
    if (notice)
        tw_arena_free(notice->arena); // the notice itself lives there
}
