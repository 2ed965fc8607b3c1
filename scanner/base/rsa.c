#include "scanner/base/rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

struct tw_rsa_key {
    EVP_PKEY *key;
};

// The parts of OpenSSL's builder, so that one place frees them.
struct making {
    BIGNUM *modulus, *exponent;
    OSSL_PARAM_BLD *builder;
    OSSL_PARAM *params;
    EVP_PKEY_CTX *ctx;
};

static void making_done(struct making *m)
{
    EVP_PKEY_CTX_free(m->ctx);
    OSSL_PARAM_free(m->params);
    OSSL_PARAM_BLD_free(m->builder);
    BN_free(m->exponent);
    BN_free(m->modulus);
}

static EVP_PKEY *make(struct tw_span modulus, struct tw_span exponent)
{
    TW_AUTO(making_done) struct making m = {0};
    EVP_PKEY *key = NULL;
    m.modulus = BN_bin2bn(modulus.p, (int)modulus.n, NULL);
    m.exponent = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
    m.builder = OSSL_PARAM_BLD_new();
    m.ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (!m.modulus || !m.exponent || !m.builder || !m.ctx ||
        BN_num_bits(m.modulus) < TW_RSA_BITS_MIN || BN_num_bits(m.exponent) < 2 ||
        !OSSL_PARAM_BLD_push_BN(m.builder, OSSL_PKEY_PARAM_RSA_N, m.modulus) ||
        !OSSL_PARAM_BLD_push_BN(m.builder, OSSL_PKEY_PARAM_RSA_E, m.exponent) ||
        !(m.params = OSSL_PARAM_BLD_to_param(m.builder)) || EVP_PKEY_fromdata_init(m.ctx) <= 0 ||
        EVP_PKEY_fromdata(m.ctx, &key, EVP_PKEY_PUBLIC_KEY, m.params) <= 0)
        return NULL;
    return key;
}

int tw_rsa_key_new(struct tw_span modulus, struct tw_span exponent, struct tw_rsa_key **ret_key,
    struct tw_err *err)
{
    // An exponent of more than 64 bits makes verifying slow for nothing.
    if (modulus.n > TW_RSA_BITS_MAX / 8 + 1 || exponent.n > sizeof(uint64_t))
        return tw_err_set(
            err, TW_E_FORMAT, "an RSA key of more than %d bits is not taken", TW_RSA_BITS_MAX);
    struct tw_rsa_key *key = calloc(1, sizeof *key);
    if (!key)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (!(key->key = make(modulus, exponent))) {
        free(key);
        return tw_err_set(
            err, TW_E_FORMAT, "it is no public RSA key of at least %d bits", TW_RSA_BITS_MIN);
    }
    *ret_key = key;
    return 0;
}

void tw_rsa_key_free(struct tw_rsa_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

bool tw_rsa_signed(const struct tw_rsa_key *key, struct tw_span message, struct tw_span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fits = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->key) == 1 &&
                EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    return fits;
}
