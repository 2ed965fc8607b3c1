// A stored image, or all images of a stored index, as inventories.
#pragma once

#include "daemon/store/store.h"
#include "scanner/inventory/image.h"

struct tw_loaded {
    struct tw_stored_inventory stored; // of what was asked for: an image or an index
    struct tw_image_inventory **images;
    size_t count;
    char reference[TW_REFERENCE_TEXT_MAX + 1]; // of the latest push; "": none
};

// TW_E_NOT_FOUND says what to do.
int tw_loaded_read(struct tw_store *store, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_loaded *ret_loaded, struct tw_err *err);
void tw_loaded_done(struct tw_loaded *loaded);
