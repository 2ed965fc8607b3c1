#include "daemon/certificate/authority.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "daemon/certificate/x509.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

enum { SERIAL_BYTES = 16, KEY_ID_BYTES = 32, DAY_S = 86400, LEAF_SHARE_LEFT = 3 };

struct tw_names tw_names_of(const char *service, const char *namespace)
{
    static const char *const ends[TW_NAMES] = {".svc", ".svc.cluster.local", "", NULL};
    struct tw_names names;
    for (size_t i = 0; i < TW_NAMES; i++) {
        if (ends[i])
            snprintf(names.text[i], TW_NAME_BYTES, "%s.%s%s", service, namespace, ends[i]);
        else
            snprintf(names.text[i], TW_NAME_BYTES, "%s", service);
    }
    return names;
}

// ---- making ----

// What a CA and a leaf have in common, unsigned yet. `subject` is cut to what a common name may be.
static int draft(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *subject,
    int64_t now_s, unsigned days, struct tw_err *err)
{
    uint8_t serial[SERIAL_BYTES], id[KEY_ID_BYTES];
    char name[64 + 1];
    size_t id_size = sizeof id;
    int r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7F) | 0x40); // positive, and all its bytes count
    int n = snprintf(name, sizeof name, "%s", subject);
    size_t size = n < (int)sizeof name ? (size_t)n : sizeof name - 1;
    if (r == 0)
        r = gnutls_x509_privkey_generate(
            key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (r == 0)
        r = gnutls_x509_crt_set_key(crt, key);
    if (r == 0)
        r = gnutls_x509_crt_set_version(crt, 3);
    if (r == 0)
        r = gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    if (r == 0)
        r = gnutls_x509_crt_set_dn_by_oid(
            crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)size);
    if (r == 0)
        r = gnutls_x509_crt_set_activation_time(crt, now_s - TW_BACKDATE_S);
    if (r == 0)
        r = gnutls_x509_crt_set_expiration_time(crt, now_s + (int64_t)days * DAY_S);
    if (r == 0)
        r = gnutls_x509_crt_get_key_id(crt, 0, id, &id_size);
    if (r == 0)
        r = gnutls_x509_crt_set_subject_key_id(crt, id, id_size);
    return r < 0 ? tw_x509_err(err, r, "a new certificate") : 0;
}

// Signs it, which comes last, and writes both in PEM.
static int finish(const struct tw_x509 *x, const struct tw_x509 *issuer, struct tw_pair *ret_pair,
    struct tw_err *err)
{
    TW_AUTO(tw_pair_done) struct tw_pair pair = {0};
    uint8_t id[KEY_ID_BYTES];
    size_t id_size = sizeof id;
    int r = gnutls_x509_crt_get_subject_key_id(issuer->crt, id, &id_size, NULL);
    if (r == 0)
        r = gnutls_x509_crt_set_authority_key_id(x->crt, id, id_size);
    if (r == 0)
        r = gnutls_x509_crt_sign2(x->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0);
    if (r < 0)
        return tw_x509_err(err, r, "signing a certificate");
    r = tw_x509_write(x, &pair, err);
    if (r < 0)
        return r;
    *ret_pair = pair;
    pair = (struct tw_pair){0};
    return 0;
}

int tw_authority_make(int64_t now_s, struct tw_pair *ret_ca, struct tw_err *err)
{
    TW_AUTO(tw_x509_done) struct tw_x509 x = {0};
    uint8_t random[4];
    char name[64];
    int r = tw_x509_init(&x, err);
    if (r < 0)
        return r;
    // Two CAs in one bundle have two names: clients choose by name.
    if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof random) < 0)
        return tw_err_set(err, TW_E_IO, "no random numbers");
    snprintf(name, sizeof name, "tidewaiter CA %02x%02x%02x%02x", random[0], random[1], random[2],
        random[3]);
    r = draft(x.crt, x.key, name, now_s, TW_CA_DAYS, err);
    if (r < 0)
        return r;
    r = gnutls_x509_crt_set_basic_constraints(x.crt, 1, 0);
    if (r == 0)
        r = gnutls_x509_crt_set_key_usage(x.crt, GNUTLS_KEY_KEY_CERT_SIGN);
    return r < 0 ? tw_x509_err(err, r, "a new CA") : finish(&x, &x, ret_ca, err);
}

int tw_leaf_make(const struct tw_pair *ca, const struct tw_names *names, unsigned days,
    int64_t now_s, struct tw_pair *ret_leaf, struct tw_err *err)
{
    TW_AUTO(tw_x509_done) struct tw_x509 issuer = {0}, x = {0};
    const char *fault = NULL;
    int r = tw_x509_read(ca, &issuer, &fault, err);
    if (r == 0 && fault)
        r = tw_err_set(err, TW_E_FORMAT, "the CA cannot be used: %s", fault);
    if (r == 0)
        r = tw_x509_init(&x, err);
    if (r == 0)
        r = draft(x.crt, x.key, names->text[TW_NAMES - 1], now_s, days, err);
    if (r < 0)
        return r;
    r = gnutls_x509_crt_set_basic_constraints(x.crt, 0, -1);
    if (r == 0)
        r = gnutls_x509_crt_set_key_usage(x.crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (r == 0)
        r = gnutls_x509_crt_set_key_purpose_oid(x.crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    for (size_t i = 0; i < TW_NAMES && r == 0; i++)
        r = gnutls_x509_crt_set_subject_alt_name(x.crt, GNUTLS_SAN_DNSNAME, names->text[i],
            (unsigned)strlen(names->text[i]), i ? GNUTLS_FSAN_APPEND : GNUTLS_FSAN_SET);
    return r < 0 ? tw_x509_err(err, r, "a new certificate") : finish(&x, &issuer, ret_leaf, err);
}

// ---- checking ----

static int64_t end_s(gnutls_x509_crt_t crt)
{
    return gnutls_x509_crt_get_expiration_time(crt);
}

static int64_t begin_s(gnutls_x509_crt_t crt)
{
    return gnutls_x509_crt_get_activation_time(crt);
}

static int64_t due_s(gnutls_x509_crt_t crt)
{
    return end_s(crt) - (end_s(crt) - begin_s(crt)) / LEAF_SHARE_LEFT;
}

int tw_authority_check(const struct tw_pair *ca, unsigned days, int64_t now_s,
    const char **ret_fault, struct tw_err *err)
{
    TW_AUTO(tw_x509_done) struct tw_x509 x = {0};
    const char *fault = NULL;
    int r = tw_x509_read(ca, &x, &fault, err);
    if (r < 0)
        return r;
    if (!fault && gnutls_x509_crt_get_ca_status(x.crt, NULL) <= 0)
        fault = "it is no CA";
    if (!fault && begin_s(x.crt) > now_s)
        fault = "it is of the future";
    if (!fault && end_s(x.crt) < now_s)
        fault = "it has expired";
    if (!fault && end_s(x.crt) < now_s + (int64_t)days * DAY_S)
        fault = "it ends before a new certificate would";
    *ret_fault = fault;
    return 0;
}

// Whether `name` is among its alternative names.
static bool has_name(gnutls_x509_crt_t crt, const char *name)
{
    char text[256];
    for (unsigned i = 0;; i++) {
        size_t size = sizeof text;
        int r = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &size, NULL);
        if (r == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (r < 0)
            return false;
        if (r == GNUTLS_SAN_DNSNAME && tw_span_equals(tw_span_of(text, size), name))
            return true;
    }
}

int tw_leaf_check(const struct tw_pair *leaf, const struct tw_pair *ca,
    const struct tw_names *names, int64_t now_s, const char **ret_fault, struct tw_err *err)
{
    TW_AUTO(tw_x509_done) struct tw_x509 x = {0}, issuer = {0};
    const char *fault = NULL, *ca_fault = NULL;
    unsigned status = 1;
    int r = tw_x509_read(leaf, &x, &fault, err);
    if (r == 0)
        r = tw_x509_read(ca, &issuer, &ca_fault, err);
    if (r < 0)
        return r;
    if (!fault && !ca_fault) {
        r = gnutls_x509_crt_verify(
            x.crt, &issuer.crt, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status);
        if (r < 0)
            return tw_x509_err(err, r, "verifying a certificate");
    }
    if (!fault && status != 0)
        fault = "it is not of this CA";
    for (size_t i = 0; i < TW_NAMES && !fault; i++)
        fault = has_name(x.crt, names->text[i]) ? NULL : "its names are others";
    if (!fault && begin_s(x.crt) > now_s)
        fault = "it is of the future";
    if (!fault && end_s(x.crt) < now_s)
        fault = "it has expired";
    if (!fault && due_s(x.crt) < now_s)
        fault = "less than a third of its life is left";
    *ret_fault = fault;
    return 0;
}

struct tw_life tw_life_of(const char *certificate)
{
    TW_AUTO(tw_x509_done) struct tw_x509 x = {0};
    gnutls_datum_t pem = tw_x509_datum(certificate);
    if (tw_x509_init(&x, NULL) < 0 || gnutls_x509_crt_import(x.crt, &pem, GNUTLS_X509_FMT_PEM) < 0)
        return (struct tw_life){0};
    return (struct tw_life){begin_s(x.crt) + TW_BACKDATE_S, due_s(x.crt), end_s(x.crt)};
}
