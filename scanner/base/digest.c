#include "scanner/base/digest.h"

#include <openssl/evp.h>
#include <string.h>

static const struct algorithm {
    const char *prefix;
    size_t hex_digits;
    const EVP_MD *(*md)(void);
} algorithms[] = {
    {"sha256:", 64, EVP_sha256},
    {"sha512:", 128, EVP_sha512},
};

struct tw_hash {
    const struct algorithm *algorithm;
    struct tw_digest expected;
    EVP_MD_CTX *ctx;
    uint64_t size_bytes;
};

static const struct algorithm *algorithm_of(const char *text)
{
    for (size_t i = 0; i < TW_COUNT(algorithms); i++) {
        if (strncmp(text, algorithms[i].prefix, strlen(algorithms[i].prefix)) == 0)
            return &algorithms[i];
    }
    return NULL;
}

int tw_digest_parse(const char *text, struct tw_digest *ret_digest, struct tw_err *err)
{
    const struct algorithm *a = algorithm_of(text);
    if (!a)
        return tw_err_set(
            err, TW_E_FORMAT, "digest \"%.80s\": must start with sha256: or sha512:", text);
    const char *hex = text + strlen(a->prefix);
    size_t n = strspn(hex, "0123456789abcdef");
    if (n != a->hex_digits || hex[n] != '\0')
        return tw_err_set(err, TW_E_FORMAT, "digest \"%.80s\": must have %zu lower-case hex digits",
            text, a->hex_digits);
    memset(ret_digest, 0, sizeof *ret_digest);
    memcpy(ret_digest->text, text, strlen(text));
    return 0;
}

bool tw_digest_equal(const struct tw_digest *a, const struct tw_digest *b)
{
    return strcmp(a->text, b->text) == 0;
}

bool tw_digest_is_set(const struct tw_digest *d)
{
    return d->text[0] != '\0';
}

const char *tw_digest_hex(const struct tw_digest *d)
{
    const char *colon = strchr(d->text, ':');
    return colon ? colon + 1 : d->text;
}

int tw_hash_new(const struct tw_digest *expected, struct tw_hash **ret_hash, struct tw_err *err)
{
    const struct algorithm *a = expected ? algorithm_of(expected->text) : &algorithms[0];
    if (!a)
        return tw_err_set(
            err, TW_E_FORMAT, "expected digest \"%s\" is of an unknown algorithm", expected->text);
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = calloc(1, sizeof *hash);
    if (!hash)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    hash->algorithm = a;
    if (expected)
        hash->expected = *expected;
    hash->ctx = EVP_MD_CTX_new();
    if (!hash->ctx || EVP_DigestInit_ex(hash->ctx, a->md(), NULL) != 1)
        return tw_err_set(err, TW_E_NOMEM, "cannot set up %s", a->prefix);
    *ret_hash = TW_TAKE(hash);
    return 0;
}

void tw_hash_free(struct tw_hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->ctx);
    free(hash);
}

int tw_hash_update(struct tw_hash *hash, const void *bytes, size_t size)
{
    hash->size_bytes += size;
    return EVP_DigestUpdate(hash->ctx, bytes, size) == 1 ? 0 : TW_E_NOMEM; // nothing else can fail
}

uint64_t tw_hash_size_bytes(const struct tw_hash *hash)
{
    return hash->size_bytes;
}

static void write_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

int tw_hash_finish(struct tw_hash *hash, struct tw_digest *ret_digest, struct tw_err *err)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(hash->ctx, sum, &size) != 1 || size * 2 != hash->algorithm->hex_digits)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    struct tw_digest d = {0};
    size_t prefix = strlen(hash->algorithm->prefix);
    memcpy(d.text, hash->algorithm->prefix, prefix);
    write_hex(d.text + prefix, sum, size);
    if (tw_digest_is_set(&hash->expected) && !tw_digest_equal(&hash->expected, &d))
        return tw_err_set(err, TW_E_DIGEST, "the bytes have digest %s, but %s was asked for",
            d.text, hash->expected.text);
    if (ret_digest)
        *ret_digest = d;
    return 0;
}

int tw_sha256(const void *bytes, size_t size, uint8_t ret_sum[TW_SHA256_BYTES])
{
    unsigned n = 0;
    return EVP_Digest(bytes, size, ret_sum, &n, EVP_sha256(), NULL) == 1
               ? 0
               : TW_E_NOMEM; // nothing else can fail
}

int tw_digest_of(const void *bytes, size_t size, struct tw_digest *ret_digest)
{
    uint8_t sum[TW_SHA256_BYTES];
    int r = tw_sha256(bytes, size, sum);
    if (r < 0)
        return r;
    memset(ret_digest, 0, sizeof *ret_digest);
    memcpy(ret_digest->text, "sha256:", 7);
    write_hex(ret_digest->text + 7, sum, sizeof sum);
    return 0;
}
