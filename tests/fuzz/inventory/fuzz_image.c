// What the store gives back. Whatever is taken must be written again as the same bytes.
#include <stdlib.h>
#include <string.h>

#include "scanner/inventory/image.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct tw_image_inventory *image, struct tw_buf *out)
{
    if (tw_image_inventory_to_json(image, out, NULL) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_image_inventory *image = NULL, *again = NULL;
    struct tw_err err = {0};
    int r = tw_image_inventory_from_json(tw_span_of(data, size), &tw_limits_default, &image, &err);
    if (r < 0) {
        if (image || err.code != r || r == TW_E_CAGE)
            abort();
        return 0;
    }
    fuzz_taken();
    TW_AUTO(tw_buf_done) struct tw_buf first = TW_BUF(64 << 20);
    TW_AUTO(tw_buf_done) struct tw_buf second = TW_BUF(64 << 20);
    write_again(image, &first);
    if (tw_image_inventory_from_json(tw_buf_span(&first), &tw_limits_default, &again, &err) < 0)
        abort();
    write_again(again, &second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)
        abort();
    tw_image_inventory_free(image);
    tw_image_inventory_free(again);
    return 0;
}
