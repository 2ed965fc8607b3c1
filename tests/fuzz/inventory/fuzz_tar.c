// A plain tar through the whole reader of layers. Headers that say "ustar" get a right checksum,
// so that changes of them are seen.
#include <stdio.h>
#include <stdlib.h>

#include "scanner/base/text.h"
#include "scanner/inventory/layer.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 512, CHECKSUM_AT = 148, MAGIC_AT = 257 };

static void mend_checksums(uint8_t *tar, size_t size)
{
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        uint8_t *block = tar + at;
        unsigned sum = 0;
        if (memcmp(block + MAGIC_AT, "ustar", 5) != 0)
            continue;
        memset(block + CHECKSUM_AT, ' ', 8);
        for (size_t i = 0; i < BLOCK; i++)
            sum += block[i];
        snprintf((char *)block + CHECKSUM_AT, 8, "%06o", sum);
    }
}

static int64_t read_some(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct tw_span *rest = ctx;
    (void)err;
    uint64_t n = size < rest->n ? size : rest->n;
    if (n > 0)
        memcpy(buf, rest->p, n);
    tw_span_from(*rest, n, rest);
    return (int64_t)n;
}

// The parent must take what the cage says, and the same comes of it.
static void travel(const struct tw_layer_inventory *inventory, const struct tw_limits *limits)
{
    struct tw_err err = {0};
    struct tw_layer_inventory *again = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(64 << 20);
    TW_AUTO(tw_buf_done) struct tw_buf second = TW_BUF(64 << 20);
    if (tw_layer_inventory_to_json(inventory, &json, &err) < 0 ||
        !tw_text_is_utf8(tw_buf_span(&json)) ||
        tw_layer_inventory_from_json(tw_buf_span(&json), limits, &again, &err) < 0 ||
        tw_layer_inventory_to_json(again, &second, &err) < 0 || json.size != second.size ||
        memcmp(json.data, second.data, json.size) != 0)
        abort();
    tw_layer_inventory_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_limits limits = tw_limits_default;
    limits.layer_entries = 200;
    limits.layer_symlinks = 20;
    limits.layer_notes = 20;
    limits.layer_texts = 10;
    limits.layer_binaries = 5;
    limits.binary_bytes = 1 << 20;
    limits.script_bytes = 4096;
    limits.path_bytes = 300;
    uint8_t *tar = malloc(size ? size : 1);
    if (!tar)
        return 0;
    if (size > 0)
        memcpy(tar, data, size);
    mend_checksums(tar, size);
    struct tw_span rest = tw_span_of(tar, size);
    const struct tw_stream source = {.read = read_some, .ctx = &rest};
    struct tw_layer_inventory *inventory = NULL;
    struct tw_err err = {0};
    int r = tw_layer_inventory_read(&source, &limits, &inventory, &err);
    if (r < 0 || rest.n != 0 || inventory->in_bytes != size)
        abort(); // memory is enough, and damage is a note
    for (size_t i = 0; i < inventory->note_count; i++) {
        if (inventory->notes[i].incomplete && inventory->complete)
            abort();
    }
    if (inventory->complete && inventory->entries > 0)
        fuzz_taken();
    travel(inventory, &limits);
    tw_layer_inventory_free(inventory);
    free(tar);
    return 0;
}
