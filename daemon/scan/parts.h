// A seekable layer, read by its table of contents: only the bytes that the cage asks for.
#pragma once

#include "daemon/cage/cage.h"
#include "daemon/scan/scan.h"

// Whether it is worth trying: the manifest binds a table, the source gives ranges, the layer is
// large, and the options allow it.
bool tw_parts_wanted(const struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options);

// What an inventory that was made so is known by: its table says what is in it, not the layer's
// digest alone, since another manifest may bind the same layer to no table, or to another one.
struct tw_digest tw_parts_key(const struct tw_descriptor *layer);

// `sink` gets what was fetched, in the order that it was asked for. TW_E_DIGEST, TW_E_FORMAT,
// TW_E_LIMIT, TW_E_UNSUPPORTED, TW_E_CAGE: the table is not to be believed, or of no use; the layer
// has to be read whole.
int tw_parts_read(struct tw_source *source, const struct tw_descriptor *layer, struct tw_cage *cage,
    tw_blob_sink sink, void *ctx, struct tw_layer_inventory **ret_inventory, struct tw_err *err);
