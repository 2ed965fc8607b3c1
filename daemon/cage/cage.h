// The parent's side of the cage: starts tidewaiter-layer, feeds it bytes, checks what it says.
#pragma once

#include "scanner/base/limits.h"
#include "scanner/inventory/layer.h"

enum tw_cage_kind {
    TW_CAGE_LAYER, // a layer blob: compressed or plain tar
    TW_CAGE_FILE,  // one binary
};

// One running cage. The feeding side writes to it; whatever the child does (dies, hangs, stops
// reading, floods its output) shows as an error here and nowhere else.
struct tw_cage;

// `program`: path of tidewaiter-layer; NULL: beside our own executable (/proc/self/exe), or in
// ../libexec/tidewaiter/. TW_E_CAGE when it cannot be started.
int tw_cage_start(const char *program, enum tw_cage_kind kind, const struct tw_limits *limits,
    struct tw_cage **ret_cage, struct tw_err *err);

// Feeds bytes; blocks while the child is busy. When the child closed its input early or died,
// further bytes are swallowed (the caller still has to hash them) and finish tells why.
int tw_cage_write(struct tw_cage *cage, const void *bytes, size_t size, struct tw_err *err);

// The descriptor to write to directly (splice, pack); do not close.
int tw_cage_input_fd(const struct tw_cage *cage);

// Ends the input, waits for the child, reads and checks the inventory. TW_E_CAGE: it died
// (which signal, which limit) or lied (which field).
int tw_cage_finish(
    struct tw_cage *cage, struct tw_layer_inventory **ret_inventory, struct tw_err *err);

// Kills a child that still runs, and frees.
void tw_cage_free(struct tw_cage *cage);
TW_DEFINE_AUTO(struct tw_cage, tw_cage_free)

// A tar archive's table of contents (docker-archive:, oci-archive:): names and where their
// data lies in the file, so that the caller reads them by offset and checks their digests.
struct tw_archive_member {
    const char *path; // tw_text_path() form
    uint64_t offset;
    uint64_t size_bytes;
    const char *link; // another member's path: a hard or symbolic link; NULL
};
struct tw_archive_toc {
    struct tw_arena *arena;
    struct tw_archive_member *members; // in archive order; of repeated paths the last counts
    size_t member_count;
};

// Runs a cage over the (uncompressed) archive open at `fd`. TW_E_UNSUPPORTED when it is
// compressed: the message says to decompress it first.
int tw_cage_archive_toc(const char *program, int fd, const struct tw_limits *limits,
    struct tw_archive_toc **ret_toc, struct tw_err *err);
void tw_archive_toc_free(struct tw_archive_toc *toc);
TW_DEFINE_AUTO(struct tw_archive_toc, tw_archive_toc_free)
