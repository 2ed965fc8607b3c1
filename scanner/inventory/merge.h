// Applying layer after layer to a tree, as a runtime would. Private to image.c.
// OCI image spec, layer.md, "Applying Changesets"; facts/layers.md section 1.
#pragma once

#include "scanner/inventory/tree.h"

// Applies layer number `index`; those below it have been applied. skipped[i] becomes what
// layer->notes[i] says could not be looked at; it stays NULL for other notes, and for those that
// an error left out. TW_E_LIMIT: the tree is over its memory, or links make this layer more work
// than any real one is; it may have been applied in part.
int tw_tree_apply(struct tw_tree *tree, const struct tw_layer_inventory *layer, size_t index,
    struct tw_skipped **skipped, struct tw_err *err);
