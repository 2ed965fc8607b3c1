#include "scanner/base/base64.h"

enum { CHUNK = 3 * 1024, NO_DIGIT = 0xFF };

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char digits[] = ALNUM "+/", url_digits[] = ALNUM "-_";

int tw_base64_encode(struct tw_span bytes, struct tw_buf *out)
{
    for (uint64_t at = 0; at < bytes.n; at += CHUNK) {
        char text[CHUNK / 3 * 4];
        size_t size = 0;
        for (uint64_t i = at; i < bytes.n && i < at + CHUNK; i += 3) {
            uint64_t n = bytes.n - i < 3 ? bytes.n - i : 3;
            uint32_t v = (uint32_t)bytes.p[i] << 16;
            v |= n > 1 ? (uint32_t)bytes.p[i + 1] << 8 : 0;
            v |= n > 2 ? bytes.p[i + 2] : 0;
            text[size++] = digits[v >> 18];
            text[size++] = digits[v >> 12 & 63];
            text[size++] = n > 1 ? digits[v >> 6 & 63] : '=';
            text[size++] = n > 2 ? digits[v & 63] : '=';
        }
        tw_buf_append(out, text, size);
        explicit_bzero(text, size); // it may be a password
    }
    return out->status;
}

static bool decode(struct tw_span text, const char *alphabet, struct tw_buf *out)
{
    uint8_t values[256], bytes[CHUNK];
    memset(values, NO_DIGIT, sizeof values);
    for (uint8_t i = 0; i < 64; i++)
        values[(uint8_t)alphabet[i]] = i;
    for (int padding = 0; padding < 2 && text.n > 0 && text.p[text.n - 1] == '='; padding++)
        text.n--;
    if (text.n % 4 == 1)
        return false;
    uint32_t v = 0;
    unsigned bits = 0;
    size_t size = 0;
    for (uint64_t i = 0; i < text.n; i++) {
        uint8_t value = values[text.p[i]];
        if (value == NO_DIGIT)
            return false;
        v = v << 6 | value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[size++] = (uint8_t)(v >> bits);
            v &= (1u << bits) - 1;
        }
        if (size == sizeof bytes) {
            tw_buf_append(out, bytes, size);
            size = 0;
        }
    }
    tw_buf_append(out, bytes, size);
    explicit_bzero(bytes, sizeof bytes);
    return out->status == 0 && v == 0;
}

bool tw_base64_decode(struct tw_span text, struct tw_buf *out)
{
    return decode(text, digits, out);
}

bool tw_base64url_decode(struct tw_span text, struct tw_buf *out)
{
    return decode(text, url_digits, out);
}
