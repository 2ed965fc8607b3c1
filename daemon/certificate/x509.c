#include "daemon/certificate/x509.h"

#include <string.h>

#include "scanner/base/mem.h"

enum { KEY_ID_BYTES = 64 };

int tw_x509_err(struct tw_err *err, int gnutls, const char *what)
{
    int code = gnutls == GNUTLS_E_MEMORY_ERROR ? TW_E_NOMEM : TW_E_INTERNAL;
    return tw_err_set(err, code, "%s: %s", what, gnutls_strerror(gnutls));
}

gnutls_datum_t tw_x509_datum(const char *text)
{
    return (gnutls_datum_t){
        .data = (unsigned char *)(uintptr_t)text, .size = (unsigned)strlen(text)};
}

int tw_x509_init(struct tw_x509 *x, struct tw_err *err)
{
    if (gnutls_x509_crt_init(&x->crt) < 0 || gnutls_x509_privkey_init(&x->key) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    return 0;
}

void tw_x509_done(struct tw_x509 *x)
{
    if (x->crt)
        gnutls_x509_crt_deinit(x->crt);
    if (x->key)
        gnutls_x509_privkey_deinit(x->key);
    *x = (struct tw_x509){0};
}

static bool belong_together(const struct tw_x509 *x)
{
    uint8_t of_crt[KEY_ID_BYTES], of_key[KEY_ID_BYTES];
    size_t crt_size = sizeof of_crt, key_size = sizeof of_key;
    return gnutls_x509_crt_get_key_id(x->crt, GNUTLS_KEYID_USE_SHA256, of_crt, &crt_size) == 0 &&
           gnutls_x509_privkey_get_key_id(x->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) ==
               0 &&
           crt_size == key_size && memcmp(of_crt, of_key, key_size) == 0;
}

int tw_x509_read(
    const struct tw_pair *pair, struct tw_x509 *x, const char **ret_fault, struct tw_err *err)
{
    int r = tw_x509_init(x, err);
    if (r < 0)
        return r;
    gnutls_datum_t certificate = tw_x509_datum(pair->certificate), key = tw_x509_datum(pair->key);
    r = gnutls_x509_crt_import(x->crt, &certificate, GNUTLS_X509_FMT_PEM);
    if (r == GNUTLS_E_MEMORY_ERROR)
        return tw_x509_err(err, r, "reading a certificate");
    if (r < 0) {
        *ret_fault = "its certificate cannot be read";
        return 0;
    }
    r = gnutls_x509_privkey_import2(x->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (r == GNUTLS_E_MEMORY_ERROR)
        return tw_x509_err(err, r, "reading a key");
    *ret_fault = r < 0                 ? "its key cannot be read"
                 : !belong_together(x) ? "its key is that of another certificate"
                                       : NULL;
    return 0;
}

static void datum_donep(gnutls_datum_t *datum)
{
    if (datum->data)
        explicit_bzero(datum->data, datum->size);
    gnutls_free(datum->data);
}

int tw_x509_write(const struct tw_x509 *x, struct tw_pair *ret_pair, struct tw_err *err)
{
    TW_AUTO(datum_donep) gnutls_datum_t certificate = {0}, key = {0};
    TW_AUTO(tw_pair_done) struct tw_pair pair = {0};
    int r = gnutls_x509_crt_export2(x->crt, GNUTLS_X509_FMT_PEM, &certificate);
    if (r == 0)
        r = gnutls_x509_privkey_export2_pkcs8(
            x->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key);
    if (r < 0)
        return tw_x509_err(err, r, "writing a certificate");
    pair.certificate = strndup((const char *)certificate.data, certificate.size);
    pair.key = strndup((const char *)key.data, key.size);
    if (!pair.certificate || !pair.key)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_pair = pair;
    pair = (struct tw_pair){0};
    return 0;
}
