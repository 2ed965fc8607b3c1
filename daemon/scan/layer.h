// One layer of an image: known already, read in parts, or read whole, in a cage of its own.
#pragma once

#include "daemon/scan/scan.h"

struct tw_layer_watch { // told by the thread that reads the layer
    void *ctx;
    void (*begun)(void *ctx, const struct tw_descriptor *layer, bool cached);
    // So many more bytes came. Negative: no more of them.
    int (*fed)(void *ctx, size_t size, struct tw_err *err);
};

// The inventory; NULL when `ret_error` says what is wrong with the layer. Fails only for what is no
// layer's own fault (see tw_scan_is_note).
int tw_layer_get(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options, const struct tw_layer_watch *watch,
    struct tw_layer_inventory **ret_inventory, struct tw_err *ret_error, struct tw_err *err);
