// A layer in parts. The input: four bytes of how long the data is (little endian), the data, and a
// table of contents as plain JSON, whose digest is made to fit.
#include <stdlib.h>

#include "scanner/inventory/layer.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LENGTH_BYTES = 4 };

struct blob {
    struct tw_span bytes, answer; // what of the answer is still to be read
};

// What the parent refuses, a cage that was not taken over must never ask.
static int ask(void *ctx, struct tw_range range, struct tw_err *err)
{
    struct blob *blob = ctx;
    (void)err;
    if (blob->answer.n > 0 || range.size_bytes == 0 ||
        !tw_span_sub(blob->bytes, range.offset, range.size_bytes, &blob->answer))
        abort();
    return 0;
}

static int64_t read_answer(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct blob *blob = ctx;
    (void)err;
    uint64_t n = size < blob->answer.n ? size : blob->answer.n;
    if (n > 0)
        memcpy(buf, blob->answer.p, n);
    tw_span_from(blob->answer, n, &blob->answer);
    return (int64_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_limits limits = tw_limits_default;
    limits.layer_entries = 200;
    limits.layer_binaries = 5;
    limits.binary_bytes = 1 << 20;
    limits.contents_bytes = 1 << 20;
    uint64_t length;
    struct blob blob;
    struct tw_span input = tw_span_of(data, size), table;
    if (!tw_span_uint(input, 0, LENGTH_BYTES, false, &length) ||
        !tw_span_from(input, LENGTH_BYTES, &blob.bytes) ||
        !tw_span_from(blob.bytes, length, &table) || table.n == 0)
        return 0;
    struct tw_seekable seekable = {
        .kind = TW_SEEKABLE_ZSTD_CHUNKED, .offset = length, .size_bytes = table.n};
    tw_digest_of(table.p, table.n, &seekable.digest);
    blob.answer = tw_span_of("", 0);
    const struct tw_ranges ranges = {
        .ask = ask, .ctx = &blob, .answers = {.read = read_answer, .ctx = &blob}};
    struct tw_layer_inventory *inventory = NULL;
    struct tw_err err = {0};
    // A blob of many times the size: half of it is never too little.
    int r = tw_layer_inventory_read_parts(
        &seekable, UINT64_MAX / 4, &ranges, &limits, &inventory, &err);
    if (r == 0) {
        if (inventory->in_bytes > blob.bytes.n * 200 || blob.answer.n > 0)
            abort();
        fuzz_taken();
    }
    tw_layer_inventory_free(inventory);
    return 0;
}
