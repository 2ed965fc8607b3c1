#include "daemon/config/tls.h"

#include <string.h>

#include "daemon/config/access.h"
#include "daemon/config/document.h"

enum { PEM_BYTES_MAX = 1 << 20 };

bool tw_tls_is_wanted(const struct tw_settings *settings)
{
    return settings->tls_cert || settings->tls_key || settings->tls_client_ca;
}

static int read_pem(const char *name, const char *path, char **ret_text, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(PEM_BYTES_MAX);
    size_t size;
    int r = tw_document_read(path, "1 MiB", &text, err);
    if (r < 0)
        return tw_err_wrap(err, r, "%s", name);
    if (text.size == 0 || memchr(text.data, '\0', text.size))
        return tw_err_set(err, TW_E_FORMAT, "%s: %s is no PEM file", name, path);
    *ret_text = tw_buf_take(&text, &size);
    return *ret_text ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

int tw_tls_load(const struct tw_settings *settings, struct tw_tls *ret_tls, struct tw_err *err)
{
    struct tw_tls tls = {0};
    if (!settings->tls_cert || !settings->tls_key)
        return tw_err_set(err, TW_E_USAGE, "%s is needed too: TLS takes tls-cert and tls-key",
            settings->tls_cert ? "tls-key" : "tls-cert");
    int r = tw_secret_file_check("tls-key", settings->tls_key, err);
    if (r == 0)
        r = read_pem("tls-cert", settings->tls_cert, &tls.certificate, err);
    if (r == 0)
        r = read_pem("tls-key", settings->tls_key, &tls.key, err);
    if (r == 0 && settings->tls_client_ca)
        r = read_pem("tls-client-ca", settings->tls_client_ca, &tls.client_ca, err);
    if (r < 0)
        tw_tls_unload(&tls);
    else
        *ret_tls = tls;
    return r;
}

void tw_tls_unload(struct tw_tls *tls)
{
    if (tls->key)
        explicit_bzero(tls->key, strlen(tls->key));
    free(tls->certificate);
    free(tls->key);
    free(tls->client_ca);
    *tls = (struct tw_tls){0};
}
