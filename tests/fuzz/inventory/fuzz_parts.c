// A layer in parts.
#include "tests/fuzz/inventory/parts.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_limits limits = tw_limits_default;
    limits.layer_entries = 200;
    limits.layer_binaries = 5;
    limits.binary_bytes = 1 << 20;
    limits.contents_bytes = 1 << 20;
    struct tw_layer_inventory *inventory = NULL;
    struct tw_err err = {0};
    if (parts_read(tw_span_of(data, size), &limits, &inventory, &err) == 0)
        fuzz_taken();
    tw_layer_inventory_free(inventory);
    return 0;
}
