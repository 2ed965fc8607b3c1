#include "scanner/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Length of the UTF-8 sequence at s, or 0 when there is no valid one (Unicode table 3-7).
static size_t sequence(const uint8_t *s, uint64_t n)
{
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
                 : s[0] >= 0xE0 && s[0] <= 0xEF ? 3
                 : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                                : 0;
    if (len == 0 || len > n)
        return 0;
    uint8_t low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    }
    return len;
}

bool tw_text_is_utf8(struct tw_span bytes)
{
    for (uint64_t i = 0; i < bytes.n;) {
        size_t len = sequence(bytes.p + i, bytes.n - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

size_t tw_text_cut(struct tw_span text, size_t max_bytes)
{
    if (text.n <= max_bytes)
        return (size_t)text.n;
    while (max_bytes > 0 && (text.p[max_bytes] & 0xC0) == 0x80)
        max_bytes--;
    return max_bytes;
}

void tw_text_time(int64_t utc_ms, char ret_text[TW_TEXT_TIME_BYTES])
{
    static const int64_t end_ms = 253402300800000; // the year 10000
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm utc;
    ret_text[0] = '\0';
    if (utc_ms < 0 || utc_ms >= end_ms || !gmtime_r(&seconds, &utc))
        return;
    size_t size = strftime(ret_text, TW_TEXT_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + size, TW_TEXT_TIME_BYTES - size, ".%03dZ", (int)(utc_ms % 1000));
}

// C1 controls (U+0080 to U+009F) act on terminals as the C0 ones do.
static bool is_plain(const uint8_t *s, size_t len)
{
    if (len == 1)
        return s[0] >= 0x20 && s[0] != 0x7F && s[0] != '\\';
    return len > 2 || s[0] != 0xC2 || s[1] >= 0xA0;
}

int tw_text_escape_to(struct tw_buf *buf, struct tw_span bytes)
{
    uint64_t start = 0, i = 0;
    while (i < bytes.n) {
        size_t len = sequence(bytes.p + i, bytes.n - i);
        if (len > 0 && is_plain(bytes.p + i, len)) {
            i += len;
            continue;
        }
        tw_buf_append(buf, bytes.p + start, i - start);
        for (size_t k = 0; k < (len ? len : 1); k++)
            tw_buf_printf(buf, "\\x%02x", bytes.p[i + k]);
        i += len ? len : 1;
        start = i;
    }
    return bytes.n > start ? tw_buf_append(buf, bytes.p + start, bytes.n - start) : buf->status;
}

char *tw_text_escape(struct tw_arena *arena, struct tw_span bytes)
{
    if (bytes.n > SIZE_MAX / 8)
        return NULL;
    TW_AUTO(tw_buf_done) struct tw_buf buf = TW_BUF(bytes.n * 4);
    if (tw_text_escape_to(&buf, bytes) < 0)
        return NULL;
    return tw_arena_strndup(arena, buf.data, buf.size);
}

// Drops the last component of the path that is built in out[0..size).
static size_t parent(const char *out, size_t size)
{
    while (size > 0 && out[size - 1] != '/')
        size--;
    return size > 0 ? size - 1 : 0;
}

char *tw_text_keep(struct tw_arena *arena, struct tw_span bytes)
{
    bool plain = bytes.n == 0 || (!memchr(bytes.p, 0, bytes.n) && tw_text_is_utf8(bytes));
    return plain ? tw_arena_strndup(arena, bytes.n ? (const void *)bytes.p : "", bytes.n)
                 : tw_text_escape(arena, bytes);
}

char *tw_text_path(struct tw_arena *arena, struct tw_span raw, bool *ret_clamped)
{
    char *out = tw_mem_alloc(raw.n + 1);
    if (!out)
        return NULL;
    size_t size = 0;
    bool clamped = false;
    for (uint64_t i = 0; i < raw.n;) {
        const uint8_t *part = raw.p + i;
        const uint8_t *slash = memchr(part, '/', raw.n - i);
        size_t len = slash ? (size_t)(slash - part) : (size_t)(raw.n - i);
        i += len + 1;
        if (len == 0 || (len == 1 && part[0] == '.'))
            continue;
        if (len == 2 && part[0] == '.' && part[1] == '.') {
            clamped |= size == 0;
            size = parent(out, size);
            continue;
        }
        if (size > 0)
            out[size++] = '/';
        memcpy(out + size, part, len);
        size += len;
    }
    char *path = tw_text_escape(arena, tw_span_of(out, size));
    free(out);
    if (path && ret_clamped)
        *ret_clamped = clamped;
    return path;
}
