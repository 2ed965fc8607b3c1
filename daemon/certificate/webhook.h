// The part of a ValidatingWebhookConfiguration that says whom the API server trusts.
#pragma once

#include <jansson.h>

#include "scanner/base/buf.h"

struct tw_webhook_service {
    const char *name, *namespace;
};

// Appends the PEM text of every caBundle of webhooks that call this service; others are not ours.
// TW_E_NOT_FOUND: there is no such webhook.
int tw_webhook_read(const json_t *configuration, const struct tw_webhook_service *service,
    struct tw_buf *out, struct tw_err *err);

// Gives each of them this bundle (PEM). *ret_changed: whether one had another.
int tw_webhook_write(json_t *configuration, const struct tw_webhook_service *service,
    const struct tw_buf *bundle, bool *ret_changed, struct tw_err *err);
