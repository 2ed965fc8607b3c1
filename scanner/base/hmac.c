#include "scanner/base/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static int sign(const EVP_MD *hash, struct tw_span key, struct tw_span message, uint8_t *ret_sum)
{
    static const uint8_t none[1] = {0}; // a key of no bytes still has an address
    unsigned size = 0;
    if (key.n > INT32_MAX ||
        !HMAC(hash, key.n ? key.p : none, (int)key.n, message.p, message.n, ret_sum, &size))
        return TW_E_NOMEM; // nothing else can fail
    return 0;
}

int tw_hmac_sha256(struct tw_span key, struct tw_span message, uint8_t ret_sum[TW_SHA256_BYTES])
{
    return sign(EVP_sha256(), key, message, ret_sum);
}

int tw_hmac_sha1(struct tw_span key, struct tw_span message, uint8_t ret_sum[TW_SHA1_BYTES])
{
    return sign(EVP_sha1(), key, message, ret_sum);
}

bool tw_secret_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

// 0 to 15, or 255; without a table, whose lines a cache would remember.
static unsigned digit(uint8_t c)
{
    unsigned number = c - (unsigned)'0', letter = (c | 0x20u) - (unsigned)'a';
    unsigned is_number = number < 10, is_letter = letter < 6;
    return is_number * number + is_letter * (letter + 10) + (1 - is_number - is_letter) * 255;
}

bool tw_hex_decode(struct tw_span hex, uint8_t *ret_bytes, size_t size)
{
    unsigned wrong = 0;
    if (hex.n != 2 * (uint64_t)size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned high = digit(hex.p[2 * i]), low = digit(hex.p[2 * i + 1]);
        wrong |= (high | low) & 0xF0;
        ret_bytes[i] = (uint8_t)(high << 4 | (low & 15));
    }
    return wrong == 0;
}
