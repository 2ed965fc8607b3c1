// Inputs that stand for a seekable layer: four bytes of how long the data is (little endian), the
// data, and a table of contents as plain JSON, whose digest is made to fit.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "scanner/inventory/layer.h"

enum { PARTS_LENGTH_BYTES = 4 };

struct parts_blob {
    struct tw_span bytes, answer; // what of the answer is still to be read
};

// What the parent refuses, a cage that was not taken over must never ask.
static inline int parts_ask(void *ctx, struct tw_range range, struct tw_err *err)
{
    struct parts_blob *blob = ctx;
    (void)err;
    if (blob->answer.n > 0 || range.size_bytes == 0 ||
        !tw_span_sub(blob->bytes, range.offset, range.size_bytes, &blob->answer))
        abort();
    return 0;
}

static inline int64_t parts_answer(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct parts_blob *blob = ctx;
    (void)err;
    uint64_t n = size < blob->answer.n ? size : blob->answer.n;
    if (n > 0)
        memcpy(buf, blob->answer.p, n);
    tw_span_from(blob->answer, n, &blob->answer);
    return (int64_t)n;
}

// TW_E_USAGE: the input is none.
static inline int parts_read(struct tw_span input, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    uint64_t length;
    struct parts_blob blob;
    struct tw_span table;
    if (!tw_span_uint(input, 0, PARTS_LENGTH_BYTES, false, &length) ||
        !tw_span_from(input, PARTS_LENGTH_BYTES, &blob.bytes) ||
        !tw_span_from(blob.bytes, length, &table) || table.n == 0)
        return TW_E_USAGE;
    blob.answer = tw_span_of("", 0);
    struct tw_seekable seekable = {
        .kind = TW_SEEKABLE_ZSTD_CHUNKED, .offset = length, .size_bytes = table.n};
    if (tw_digest_of(table.p, table.n, &seekable.digest) < 0)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    const struct tw_ranges ranges = {
        .ask = parts_ask, .ctx = &blob, .answers = {.read = parts_answer, .ctx = &blob}};
    // Of a blob that is said to be so large the parts are never too many.
    int r = tw_layer_inventory_read_parts(
        &seekable, UINT64_MAX / 4, &ranges, limits, ret_inventory, err);
    if (r == 0 && blob.answer.n > 0)
        abort();
    return r;
}
