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
    uint64_t data_offset;    // of the data in the uncompressed archive
    uint32_t mode;
    bool overlay_whiteout; // a character device 0/0: overlayfs's own marker, not OCI's
};

struct tw_tar;

// `source` and `limits` must live as long as the result. Bytes that are no tar are what the first
// tw_tar_next() reports; only TW_E_NOMEM is returned here. Names in UTF-8 come through whole in
// any locale, but libarchive is quickest and quietest when main() has called
// setlocale(LC_CTYPE, "C.UTF-8"), which is global and therefore not done here.
int tw_tar_new(struct tw_decompress *source, const struct tw_limits *limits,
    struct tw_tar **ret_tar, struct tw_err *err);
void tw_tar_free(struct tw_tar *tar);
TW_DEFINE_AUTO(struct tw_tar, tw_tar_free)

// Returns 1 with an entry, 0 at the end, negative on failure: the rest of the archive is lost,
// and each later call returns the same. The data of an entry that was not read is skipped.
// TW_E_FORMAT, TW_E_TRUNCATED, TW_E_LIMIT (entries), or what the decompressor failed with.
int tw_tar_next(struct tw_tar *tar, struct tw_tar_entry *ret_entry, struct tw_err *err);

// The next run of the entry's data, valid until the next call; *ret_size 0 at the end. Holes
// of sparse files are given as zeros (in pieces): a tiny archive can hold a terabyte of them, so
// the caller must have a limit. A failure is of this entry; tw_tar_next() tells whether the
// archive can be read on.
int tw_tar_data(struct tw_tar *tar, const void **ret_bytes, size_t *ret_size, struct tw_err *err);

// Once the end was reached: reads what is behind it, padding and the compressed data's checksum.
// What the decompressor failed with.
int tw_tar_finish(struct tw_tar *tar, struct tw_err *err);

// After that: what runtimes, which all use Go's archive/tar, take for other entries or names than
// are given here; a sentence, NULL: nothing.
const char *tw_tar_oddity(const struct tw_tar *tar);

// Once the end was reached: whether the end marker was missing, as when a tar is cut between two
// entries. Runtimes accept that.
bool tw_tar_open_end(const struct tw_tar *tar);
