// The parent's side of the cage: starts tidewaiter-layer, feeds it bytes, checks what it says.
#pragma once

#include "daemon/cage/options.h"
#include "scanner/base/limits.h"
#include "scanner/inventory/layer.h"
#include "scanner/layer/toc.h"

enum tw_cage_kind {
    TW_CAGE_LAYER, // a layer blob: compressed or plain tar
    TW_CAGE_PARTS, // a layer by its table of contents: asks for ranges, see tw_cage_asked()
    TW_CAGE_FILE,  // one binary
};

// SIGPIPE must be ignored in the whole process (main does it).
//
// One running cage. The feeding side writes to it; whatever the child does (dies, hangs, stops
// reading, floods its output) shows as an error here and nowhere else.
struct tw_cage;

// TW_E_CAGE when it cannot be started.
int tw_cage_start(const struct tw_cage_options *options, enum tw_cage_kind kind,
    const struct tw_limits *limits, struct tw_cage **ret_cage, struct tw_err *err);

// Feeds bytes; blocks while the child is busy. When the child closed its input early or died,
// further bytes are swallowed (the caller still has to hash them) and finish tells why.
int tw_cage_write(struct tw_cage *cage, const void *bytes, size_t size, struct tw_err *err);

// For TW_CAGE_PARTS. What the child has to know first; not counted as bytes of the layer.
int tw_cage_tell(struct tw_cage *cage, const char *line, struct tw_err *err);

// 1: it asks for these bytes of the layer, give them by tw_cage_write(); what it asks is not
// checked. 0: it asks no more, finish tells why.
int tw_cage_asked(struct tw_cage *cage, struct tw_range *ret_range);

// Ends the input, waits for the child, reads and checks the inventory. TW_E_CAGE: it died
// (which signal, which limit) or lied (which field).
int tw_cage_finish(
    struct tw_cage *cage, struct tw_layer_inventory **ret_inventory, struct tw_err *err);

// Whether a cage can be built here at all: reads an empty layer. Better found at the start than
// by the first layer, whose fault it is not.
int tw_cage_try(
    const struct tw_cage_options *options, const struct tw_limits *limits, struct tw_err *err);

// Kills a child that still runs, and frees.
void tw_cage_free(struct tw_cage *cage);
TW_DEFINE_AUTO(struct tw_cage, tw_cage_free)

// Lists a plain tar archive by a cage of its own, which gets `fd` (a file) as its input.
// TW_E_UNSUPPORTED when it is compressed: the message says to decompress it first.
int tw_cage_archive_toc(const struct tw_cage_options *options, int fd,
    const struct tw_limits *limits, struct tw_archive_toc **ret_toc, struct tw_err *err);
