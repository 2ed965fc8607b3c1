#include "api/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "scanner/base/buf.h"

enum { NAMES_MAX_BYTES = 16384, NAME_MAX_BYTES = 256 };

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

static gnutls_datum_t datum(const char *pem)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)pem, .size = (unsigned)strlen(pem)};
}

// libmicrohttpd would only say that it does not start.
int tw_tls_check(const struct tw_tls *tls, struct tw_err *err)
{
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    gnutls_datum_t certificate = datum(tls->certificate), key = datum(tls->key);
    int r =
        gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    int cas = 1;
    if (r >= 0 && tls->client_ca) {
        gnutls_datum_t ca = datum(tls->client_ca);
        cas = gnutls_certificate_set_x509_trust_mem(credentials, &ca, GNUTLS_X509_FMT_PEM);
    }
    gnutls_certificate_free_credentials(credentials);
    if (r == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return tw_err_set(err, TW_E_FORMAT, "the key of tls-key is not that of the certificate");
    if (r < 0)
        return tw_err_set(err, TW_E_FORMAT,
            "tls-cert and tls-key must be a certificate chain and its key in PEM: %s",
            gnutls_strerror(r));
    if (cas < 1)
        return tw_err_set(err, TW_E_FORMAT, "tls-client-ca must be certificates in PEM: %s",
            cas < 0 ? gnutls_strerror(cas) : "there is none");
    return 0;
}

int64_t tw_tls_not_after_s(const struct tw_tls *tls)
{
    gnutls_x509_crt_t certificate;
    gnutls_datum_t pem = datum(tls->certificate);
    if (gnutls_x509_crt_init(&certificate) < 0)
        return 0;
    time_t end = (time_t)-1;
    if (gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) == 0)
        end = gnutls_x509_crt_get_expiration_time(certificate);
    gnutls_x509_crt_deinit(certificate);
    return end == (time_t)-1 ? 0 : (int64_t)end;
}

size_t tw_tls_options(const struct tw_tls *tls, struct MHD_OptionItem options[TW_TLS_OPTIONS])
{
    size_t n = 0;
    options[n++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, tls->certificate};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key};
    if (tls->client_ca) // a certificate is asked for, and nobody has to show one
        options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->client_ca};
    return n;
}

static bool is_vouched_for(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
    };
    unsigned status = 1;
    return gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0;
}

// A name that has a line feed, or a NUL that would cut it, is nobody's.
static void add_name(struct tw_buf *names, const char *name, size_t size)
{
    if (size == 0 || size > NAME_MAX_BYTES || memchr(name, '\n', size) || memchr(name, 0, size))
        return;
    tw_buf_append(names, name, size);
    tw_buf_puts(names, "\n");
}

static void add_names(gnutls_x509_crt_t certificate, struct tw_buf *names)
{
    char name[NAME_MAX_BYTES + 1];
    for (unsigned i = 0;; i++) {
        size_t size = sizeof name;
        unsigned type;
        int r = gnutls_x509_crt_get_subject_alt_name2(certificate, i, name, &size, &type, NULL);
        if (r == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (r < 0)
            break;
        if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_URI)
            add_name(names, name, size);
    }
    size_t size = sizeof name;
    if (gnutls_x509_crt_get_dn_by_oid(
            certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
        add_name(names, name, size);
}

char *tw_tls_client_names(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    unsigned count = 0;
    const gnutls_datum_t *chain = session ? gnutls_certificate_get_peers(session, &count) : NULL;
    gnutls_x509_crt_t certificate;
    if (!chain || count == 0 || !is_vouched_for(session) || gnutls_x509_crt_init(&certificate) < 0)
        return NULL;
    struct tw_buf names = TW_BUF(NAMES_MAX_BYTES);
    if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0)
        add_names(certificate, &names);
    gnutls_x509_crt_deinit(certificate);
    size_t size = 0;
    return names.size ? tw_buf_take(&names, &size) : (tw_buf_done(&names), NULL);
}
