#include "daemon/certificate/webhook.h"

#include <string.h>

#include "scanner/base/base64.h"
#include "scanner/base/json.h"

// The client configuration of a webhook, when it calls the service; NULL: it calls another.
static json_t *client_of(const json_t *webhook, const struct tw_webhook_service *service)
{
    json_t *client = json_object_get(webhook, "clientConfig");
    const json_t *called = json_object_get(client, "service");
    const char *name = tw_json_string(called, "name");
    const char *namespace = tw_json_string(called, "namespace");
    bool ours = name && namespace && strcmp(name, service->name) == 0 &&
                strcmp(namespace, service->namespace) == 0;
    return ours ? client : NULL;
}

int tw_webhook_read(const json_t *configuration, const struct tw_webhook_service *service,
    struct tw_buf *out, struct tw_err *err)
{
    const json_t *webhooks = json_object_get(configuration, "webhooks"), *webhook;
    size_t i, count = 0;
    json_array_foreach(webhooks, i, webhook)
    {
        const json_t *client = client_of(webhook, service);
        const json_t *bundle = json_object_get(client, "caBundle");
        count += client != NULL;
        struct tw_span text = tw_span_of(json_string_value(bundle), json_string_length(bundle));
        size_t before = out->size;
        if (!tw_base64_decode(text, out) && out->status == 0)
            out->size = before; // whatever somebody put there, it is no bundle
        tw_buf_puts(out, "\n");
    }
    if (out->status < 0)
        return tw_err_set(
            err, out->status, "its bundles of CAs cannot be read: %s", tw_err_name(out->status));
    if (count == 0)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "none of its webhooks calls service %s in namespace %s (clientConfig.service)",
            service->name, service->namespace);
    return 0;
}

int tw_webhook_write(json_t *configuration, const struct tw_webhook_service *service,
    const struct tw_buf *bundle, bool *ret_changed, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(2 * bundle->max_bytes);
    const json_t *webhooks = json_object_get(configuration, "webhooks"), *webhook;
    size_t i;
    bool changed = false;
    if (tw_base64_encode(tw_buf_span(bundle), &text) < 0)
        return tw_err_set(err, text.status, "out of memory");
    json_array_foreach(webhooks, i, webhook)
    {
        json_t *client = client_of(webhook, service);
        const char *old = tw_json_string(client, "caBundle");
        if (!client || (old && strcmp(old, text.data) == 0))
            continue;
        changed = true;
        if (json_object_set_new(client, "caBundle", json_stringn(text.data, text.size)) < 0)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    *ret_changed = changed;
    return 0;
}
