// Azure Container Registry: one event, or an array of them by Event Grid. facts/webhooks.md, 3.
// https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
#include <string.h>

#include "api/webhook/senders.h"

static const char pushed[] = "Microsoft.ContainerRegistry.ImagePushed";
static const char validation[] = "Microsoft.EventGrid.SubscriptionValidationEvent";

enum { CODE_MAX = 255 };

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    if (event->type)
        return strncmp(event->type, "Microsoft.", strlen("Microsoft.")) == 0;
    return tw_told_has(event->body, "action") && !tw_told_has(event->body, "events") &&
           (tw_told_has(event->body, "target") || tw_told_says(event->body, "action", "ping"));
}

// Event Grid sends nothing else before its code has come back.
static int shake_hands(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    const char *code = NULL;
    int r = tw_told_needs(event->data, "validationCode", &code, err);
    if (r < 0)
        return tw_err_wrap(err, r, "data");
    if (strlen(code) > CODE_MAX)
        return tw_err_set(err, TW_E_FORMAT, "data.validationCode is too long");
    reading->notice->handshake = tw_arena_strdup(reading->notice->arena, code);
    return reading->notice->handshake ? tw_reading_ignore(reading)
                                      : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    if (event->type && strcmp(event->type, validation) == 0)
        return shake_hands(reading, event, err);
    if (event->type && strcmp(event->type, pushed) != 0)
        return tw_reading_ignore(reading);
    return tw_distribution_read(reading, event, err);
}

const struct tw_webhook_sender tw_webhook_azure = {
    .name = "azure",
    .requested_by = "webhook:azure",
    .content_types = tw_webhook_events,
    .place = "{host}",
    .refusal = TW_REFUSAL_HARMS, // what it does then is not documented
    .shape = "what Azure Container Registry or Event Grid sends",
    .fits = fits,
    .read = read_event,
};
