// A borrowed run of bytes, and the only ways to read hostile bytes from it.
//
// Offsets and sizes that come from input are uint64_t and are compared with the size before
// a pointer exists. A read past the end fails; nothing is ever clamped silently.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tw_span {
    const uint8_t *p;
    uint64_t n;
};

static inline struct tw_span tw_span_of(const void *p, uint64_t n)
{
    return (struct tw_span){.p = p, .n = n};
}

static inline struct tw_span tw_span_str(const char *s)
{
    return tw_span_of(s, strlen(s));
}

// Whether [offset, offset + size) lies inside; never overflows.
static inline bool tw_span_has(struct tw_span s, uint64_t offset, uint64_t size)
{
    return offset <= s.n && size <= s.n - offset;
}

static inline bool tw_span_sub(
    struct tw_span s, uint64_t offset, uint64_t size, struct tw_span *ret_sub)
{
    if (!tw_span_has(s, offset, size))
        return false;
    // An empty span may have no address, and nothing is added to none.
    *ret_sub = (struct tw_span){.p = offset ? s.p + offset : s.p, .n = size};
    return true;
}

// From `offset` to the end.
static inline bool tw_span_from(struct tw_span s, uint64_t offset, struct tw_span *ret_sub)
{
    return offset <= s.n && tw_span_sub(s, offset, s.n - offset, ret_sub);
}

static inline bool tw_span_u8(struct tw_span s, uint64_t offset, uint8_t *ret_v)
{
    if (!tw_span_has(s, offset, 1))
        return false;
    *ret_v = s.p[offset];
    return true;
}

// Reads an unsigned integer of 1 to 8 bytes in the given byte order.
static inline bool tw_span_uint(
    struct tw_span s, uint64_t offset, unsigned width, bool big_endian, uint64_t *ret_v)
{
    if (width == 0 || width > 8 || !tw_span_has(s, offset, width))
        return false;
    uint64_t v = 0;
    for (unsigned i = 0; i < width; i++)
        v = v << 8 | s.p[offset + (big_endian ? i : width - 1 - i)];
    *ret_v = v;
    return true;
}

static inline bool tw_span_u16(struct tw_span s, uint64_t offset, bool be, uint16_t *ret_v)
{
    uint64_t v;
    if (!tw_span_uint(s, offset, 2, be, &v))
        return false;
    *ret_v = (uint16_t)v;
    return true;
}

static inline bool tw_span_u32(struct tw_span s, uint64_t offset, bool be, uint32_t *ret_v)
{
    uint64_t v;
    if (!tw_span_uint(s, offset, 4, be, &v))
        return false;
    *ret_v = (uint32_t)v;
    return true;
}

static inline bool tw_span_u64(struct tw_span s, uint64_t offset, bool be, uint64_t *ret_v)
{
    return tw_span_uint(s, offset, 8, be, ret_v);
}

// LEB128 base 128, low group first (Go's encoding/binary.Uvarint). ret_size: bytes taken.
static inline bool tw_span_uvarint(
    struct tw_span s, uint64_t offset, uint64_t *ret_v, unsigned *ret_size)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 10; i++) {
        uint8_t b;
        if (!tw_span_u8(s, offset + i, &b) || (i == 9 && b > 1))
            return false;
        v |= (uint64_t)(b & 0x7F) << (7 * i);
        if (!(b & 0x80)) {
            *ret_v = v;
            *ret_size = i + 1;
            return true;
        }
    }
    return false;
}

// The offset of the first `needle` at or after `from`.
static inline bool tw_span_find(
    struct tw_span s, uint64_t from, struct tw_span needle, uint64_t *ret_offset)
{
    if (from > s.n || needle.n == 0 || needle.n > s.n - from)
        return false;
    const uint8_t *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    if (!hit)
        return false;
    *ret_offset = (uint64_t)(hit - s.p);
    return true;
}

static inline bool tw_span_starts_with(struct tw_span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

static inline bool tw_span_equals(struct tw_span s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && (n == 0 || memcmp(s.p, text, n) == 0);
}

// The NUL-terminated string at `offset`, without its NUL; fails when no NUL follows within
// max_bytes. The bound keeps a table of strings that overlap from costing its square.
static inline bool tw_span_cstr_within(
    struct tw_span s, uint64_t offset, uint64_t max_bytes, struct tw_span *ret_text)
{
    struct tw_span rest;
    if (!tw_span_from(s, offset, &rest) || rest.n == 0)
        return false;
    const uint8_t *end = memchr(rest.p, 0, rest.n < max_bytes ? rest.n : max_bytes);
    if (!end)
        return false;
    *ret_text = tw_span_of(rest.p, (uint64_t)(end - rest.p));
    return true;
}

// The same, without a bound.
static inline bool tw_span_cstr(struct tw_span s, uint64_t offset, struct tw_span *ret_text)
{
    return tw_span_cstr_within(s, offset, UINT64_MAX, ret_text);
}
