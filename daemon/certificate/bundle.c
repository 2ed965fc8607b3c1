#include "daemon/certificate/bundle.h"

#include <gnutls/x509.h>
#include <string.h>

#include "daemon/certificate/x509.h"

static const char begin_mark[] = "-----BEGIN CERTIFICATE-----";
static const char end_mark[] = "-----END CERTIFICATE-----";

static void crt_donep(gnutls_x509_crt_t *crt)
{
    if (*crt)
        gnutls_x509_crt_deinit(*crt);
}

static void datum_donep(gnutls_datum_t *datum)
{
    gnutls_free(datum->data);
}

// Appends the certificate in GnuTLS' own spelling if it is one, unexpired and not there yet.
static int add(const char *text, size_t size, int64_t now_s, struct tw_buf *out, bool *ret_added)
{
    TW_AUTO(crt_donep) gnutls_x509_crt_t crt = NULL;
    TW_AUTO(datum_donep) gnutls_datum_t pem = {0};
    gnutls_datum_t given = {.data = (unsigned char *)(uintptr_t)text, .size = (unsigned)size};
    *ret_added = false;
    if (gnutls_x509_crt_init(&crt) < 0)
        return TW_E_NOMEM;
    int r = gnutls_x509_crt_import(crt, &given, GNUTLS_X509_FMT_PEM);
    if (r == GNUTLS_E_MEMORY_ERROR)
        return TW_E_NOMEM;
    if (r < 0 || gnutls_x509_crt_get_expiration_time(crt) < now_s)
        return 0;
    if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) < 0)
        return TW_E_NOMEM;
    if (out->data && memmem(out->data, out->size, pem.data, pem.size))
        return 0;
    *ret_added = true;
    return tw_buf_append(out, pem.data, pem.size);
}

int tw_bundle_make(const char *ca, const char *earlier, int64_t now_s, struct tw_buf *out,
    size_t *ret_earlier, struct tw_err *err)
{
    size_t count = 0;
    bool added;
    int r = add(ca, strlen(ca), now_s, out, &added);
    for (const char *at = earlier, *end; r == 0 && count < TW_BUNDLE_EARLIER_MAX; at = end) {
        at = strstr(at, begin_mark);
        end = at ? strstr(at, end_mark) : NULL;
        if (!end)
            break;
        end += strlen(end_mark);
        r = add(at, (size_t)(end - at), now_s, out, &added);
        count += added;
    }
    if (r < 0)
        return tw_err_set(
            err, r, r == TW_E_LIMIT ? "a bundle of CAs is too long" : "out of memory");
    *ret_earlier = count;
    return 0;
}
