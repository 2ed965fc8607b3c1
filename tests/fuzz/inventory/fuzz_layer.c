// What a cage answers. Whatever is taken must be written again, merge, and give an image whose
// JSON is taken.
#include <stdlib.h>

#include "scanner/inventory/image.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Once above an empty layer and once above itself, where it hides all that it puts.
static void merge(struct tw_layer_inventory *layer)
{
    static const struct tw_err none[2];
    struct tw_layer_inventory *layers[2] = {layer, layer};
    struct tw_descriptor descriptors[2] = {{.media_type = ""}, {.media_type = ""}};
    tw_digest_of("0", 1, &descriptors[0].digest);
    tw_digest_of("1", 1, &descriptors[1].digest);
    struct tw_manifest manifest = {.layers = descriptors, .layer_count = 2, .media_type = ""};
    struct tw_config config = {0};
    struct tw_image_inventory *image = NULL, *again = NULL;
    if (tw_image_inventory_merge(
            &manifest, &config, layers, none, &tw_limits_default, &image, NULL) < 0)
        return;
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(64 << 20);
    if (tw_image_inventory_to_json(image, &json, &err) < 0 ||
        tw_image_inventory_from_json(tw_buf_span(&json), &tw_limits_default, &again, &err) < 0)
        abort();
    tw_image_inventory_free(image);
    tw_image_inventory_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_layer_inventory *layer = NULL;
    struct tw_err err = {0};
    int r = tw_layer_inventory_from_json(tw_span_of(data, size), &tw_limits_default, &layer, &err);
    if (r < 0) {
        if (layer || err.code != r)
            abort();
        return 0;
    }
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(64 << 20);
    if (tw_layer_inventory_to_json(layer, &json, NULL) < 0)
        abort();
    fuzz_taken();
    merge(layer);
    tw_layer_inventory_free(layer);
    return 0;
}
