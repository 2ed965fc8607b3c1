// All layers of one image, each from the cache or read in a cage of its own.
#pragma once

#include "daemon/scan/scan.h"

struct tw_layers {
    struct tw_layer_inventory **inventories; // NULL where errors[i] says why
    struct tw_err *errors;
    size_t count;
};
void tw_layers_done(struct tw_layers *layers);

// TW_E_LIMIT once the deadline is past.
int tw_scan_check_time(const struct tw_scan_options *options, struct tw_err *err);

// Fails only for what is no layer's own fault (see tw_scan_is_note), or when cancelled.
int tw_layers_read(struct tw_source *source, const struct tw_manifest *manifest,
    const struct tw_scan_options *options, struct tw_layers *ret_layers, struct tw_err *err);

// Whether a failure harms only the part that it happened in (a layer; one image of an index)
// and is told as a note, or has to fail the scan.
bool tw_scan_is_note(int code, const struct tw_scan_options *options);
