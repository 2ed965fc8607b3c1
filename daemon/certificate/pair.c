#include "daemon/certificate/pair.h"

#include <string.h>

#include "daemon/http/secret.h"
#include "scanner/base/base64.h"

enum { VALUE_BYTES_MAX = 1 << 20 }; // the API server's for a whole Secret

void tw_pair_done(struct tw_pair *pair)
{
    free(pair->certificate);
    tw_secret_free(pair->key);
    *pair = (struct tw_pair){0};
}

char *tw_pair_value(const json_t *secret, const char *key)
{
    const json_t *value = json_object_get(json_object_get(secret, "data"), key);
    TW_AUTO(tw_secret_buf_done) struct tw_buf bytes = TW_BUF(VALUE_BYTES_MAX);
    struct tw_span text = tw_span_of(json_string_value(value), json_string_length(value));
    if (text.n == 0 || !tw_base64_decode(text, &bytes) || bytes.size == 0 ||
        memchr(bytes.data, '\0', bytes.size))
        return NULL;
    return tw_buf_take(&bytes, NULL);
}

bool tw_pair_from_secret(const json_t *secret, struct tw_pair *ret_pair)
{
    struct tw_pair pair = {
        .certificate = tw_pair_value(secret, "tls.crt"),
        .key = tw_pair_value(secret, "tls.key"),
    };
    bool whole = pair.certificate && pair.key;
    if (whole)
        *ret_pair = pair;
    else
        tw_pair_done(&pair);
    return whole;
}

static bool set(json_t *data, const char *key, const char *value)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(2 * VALUE_BYTES_MAX);
    return tw_base64_encode(tw_span_str(value), &text) == 0 &&
           json_object_set_new(data, key, json_stringn(text.data, text.size)) == 0;
}

int tw_pair_to_secret(
    const struct tw_pair *pair, const char *ca, json_t *secret, struct tw_err *err)
{
    json_t *data = json_object_get(secret, "data");
    if (!json_is_object(data)) {
        data = json_object();
        if (json_object_set_new(secret, "data", data) < 0)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    bool done = set(data, "tls.crt", pair->certificate) && set(data, "tls.key", pair->key) &&
                (!ca || set(data, "ca.crt", ca));
    return done ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

json_t *tw_pair_new_secret(const char *name, const char *namespace)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:{s:s}}}", "apiVersion", "v1", "kind", "Secret",
        "type", "kubernetes.io/tls", "metadata", "name", name, "namespace", namespace, "labels",
        "app.kubernetes.io/name", "tidewaiter");
}
