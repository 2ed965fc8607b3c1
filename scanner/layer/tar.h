// A tar stream, entry by entry, by libarchive. facts/layers.md sections 2 and 3.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/limits.h"
#include "scanner/layer/decompress.h"

enum tw_tar_type {
    TW_TAR_FILE,
    TW_TAR_DIRECTORY,
    TW_TAR_SYMLINK,
    TW_TAR_HARDLINK,
    TW_TAR_OTHER, // device, fifo, socket
};

struct tw_tar_entry {
    enum tw_tar_type type;
    struct tw_span raw_path; // as in the archive; borrowed until the next entry
    struct tw_span target;   // symbolic or hard link target, raw
    uint64_t size_bytes;     // logical size as the header says; do not trust for allocation
    uint32_t mode;
};

struct tw_tar;

int tw_tar_new(struct tw_decompress *source, const struct tw_limits *limits,
    struct tw_tar **ret_tar, struct tw_err *err);
void tw_tar_free(struct tw_tar *tar);
TW_DEFINE_AUTO(struct tw_tar, tw_tar_free)

// Returns 1 with an entry, 0 at the end, negative on failure (the rest of the archive is lost).
// The data of an entry that was not read is skipped.
int tw_tar_next(struct tw_tar *tar, struct tw_tar_entry *ret_entry, struct tw_err *err);

// The next run of the entry's data, valid until the next call; *ret_size 0 at the end. Holes
// of sparse files are given as zeros (in pieces).
int tw_tar_data(struct tw_tar *tar, const void **ret_bytes, size_t *ret_size, struct tw_err *err);
