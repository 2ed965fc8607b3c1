#include "daemon/registry/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int tw_base64_encode(const void *bytes, size_t size, struct tw_buf *out)
{
    const uint8_t *in = bytes;
    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        uint32_t v = (uint32_t)in[i] << 16;
        v |= n > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        v |= n > 2 ? in[i + 2] : 0;
        char four[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63],
            n > 1 ? alphabet[v >> 6 & 63] : '=', n > 2 ? alphabet[v & 63] : '='};
        tw_buf_append(out, four, sizeof four);
    }
    return out->status;
}

bool tw_base64_decode(const char *text, struct tw_buf *out)
{
    size_t size = strlen(text);
    for (int padding = 0; padding < 2 && size > 0 && text[size - 1] == '='; padding++)
        size--;
    if (size % 4 == 1)
        return false;
    uint32_t v = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < size; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!at)
            return false;
        v = v << 6 | (uint32_t)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            uint8_t byte = (uint8_t)(v >> bits & 255);
            tw_buf_append(out, &byte, 1);
        }
    }
    return out->status == 0;
}

void tw_secret_free(char *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

void tw_secret_buf_done(struct tw_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->capacity);
    tw_buf_done(buf);
}
