// A stream that is always of one compression: its first bytes are the format's mark. It is read
// twice, whole and in small pieces, which must give the same.
#pragma once

#include <stdlib.h>

#include "scanner/base/buf.h"
#include "scanner/layer/decompress.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_source {
    struct tw_span rest;
    size_t piece; // bytes given at a time
};

static inline int64_t fuzz_read(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct fuzz_source *source = ctx;
    (void)err;
    uint64_t n = size < source->piece ? size : source->piece;
    if (n > source->rest.n)
        n = source->rest.n;
    if (n > 0)
        memcpy(buf, source->rest.p, n);
    tw_span_from(source->rest, n, &source->rest);
    return (int64_t)n;
}

// Unpacks onto `out`; returns what the decompressor ended with.
static inline int fuzz_unpack(struct tw_span text, size_t piece, const struct tw_limits *limits,
    struct tw_buf *out, bool *ret_trailing)
{
    struct fuzz_source source = {.rest = text, .piece = piece};
    const struct tw_stream stream = {.read = fuzz_read, .ctx = &source};
    TW_AUTO(tw_decompress_freep) struct tw_decompress *d = NULL;
    struct tw_err err = {0};
    const void *bytes;
    size_t size = 0;
    int r = tw_decompress_new(&stream, limits, &d, &err);
    if (r < 0)
        return r;
    while ((r = tw_decompress_next(d, &bytes, &size, &err)) == 0 && size > 0) {
        if (tw_buf_append(out, bytes, size) < 0)
            abort(); // the limit ends it first
    }
    *ret_trailing = tw_decompress_trailing_bytes(d) > 0;
    if (r < 0 && (err.code != r || !err.msg[0] || tw_decompress_next(d, &bytes, &size, &err) != r))
        abort(); // a failure says why, and stays
    if (tw_decompress_drain(d, &err) < 0 || tw_decompress_in_bytes(d) != text.n)
        abort(); // every byte is taken
    return r;
}

static inline int fuzz_compressed(
    const char *mark, size_t mark_size, const uint8_t *data, size_t size)
{
    if (size <= mark_size)
        return 0;
    struct tw_limits limits = tw_limits_default;
    limits.layer_unpacked_bytes = 1 << 18;
    uint8_t *copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    memcpy(copy, mark, mark_size);
    TW_AUTO(tw_buf_done) struct tw_buf whole = TW_BUF(4 << 20);
    TW_AUTO(tw_buf_done) struct tw_buf pieces = TW_BUF(4 << 20);
    bool trailing = false, trailing_too = false;
    int a = fuzz_unpack(tw_span_of(copy, size), size, &limits, &whole, &trailing);
    int b = fuzz_unpack(
        tw_span_of(copy, size), 1 + data[size - 1] % 67u, &limits, &pieces, &trailing_too);
    // ISA-L takes sets of distance codes that zlib refuses, and copies from nowhere (distance 0)
    // until it meets a code that it does not know: what comes out of damaged data may be anything.
    bool damaged = a == TW_E_FORMAT || b == TW_E_FORMAT;
    size_t both = whole.size < pieces.size ? whole.size : pieces.size;
    if (!damaged && both > 0 && memcmp(whole.data, pieces.data, both) != 0)
        abort();
    // How much comes before damage, and so before the limit, may differ; what is sound may not.
    if (a != TW_E_LIMIT && b != TW_E_LIMIT &&
        (a != b || (a == 0 && (whole.size != pieces.size || trailing != trailing_too))))
        abort();
    if (a == 0 && whole.size > 0)
        fuzz_taken();
    free(copy);
    return 0;
}
