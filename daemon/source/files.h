// Inside daemon/source/: files by name, in a directory or in an uncompressed tar archive.
#pragma once

#include "daemon/source/source.h"

struct tw_files;

// Neither opens anything by a name that came from inside of the image: names are constants of
// the formats, digests that were checked, or looked up in an archive's table of contents.
int tw_files_open_directory(const char *path, struct tw_files **ret_files, struct tw_err *err);
int tw_files_open_archive(const char *path, const struct tw_source_options *options,
    struct tw_files **ret_files, struct tw_err *err);
void tw_files_free(struct tw_files *files);
TW_DEFINE_AUTO(struct tw_files, tw_files_free)

struct tw_extent { // where a file's bytes are
    int fd;
    bool owned; // the descriptor is closed with it
    uint64_t offset, size_bytes;
};
#define TW_EXTENT_NONE ((struct tw_extent){.fd = -1})
void tw_extent_done(struct tw_extent *extent);

// Regular files only; symbolic links of a directory are not followed, those of an archive are
// (inside of it). TW_E_NOT_FOUND, TW_E_FORMAT, TW_E_IO.
int tw_files_find(
    struct tw_files *files, const char *name, struct tw_extent *ret_extent, struct tw_err *err);

// "blobs/sha256/<hex>"
int tw_files_find_blob(struct tw_files *files, const struct tw_digest *digest,
    struct tw_extent *ret_extent, struct tw_err *err);

// All bytes, unchecked: for the files that name the blobs. TW_E_LIMIT, with the name of the limit,
// when `out` is too small.
int tw_extent_read(
    const struct tw_extent *extent, const char *limit, struct tw_buf *out, struct tw_err *err);

// All bytes through the sink, and 0 only when they have the digest and size of `blob`. `limit`:
// the name of max_bytes.
int tw_extent_stream(const struct tw_extent *extent, const struct tw_descriptor *blob,
    uint64_t max_bytes, const char *limit, tw_blob_sink sink, void *ctx, struct tw_err *err);

// "PATH[:TAG]", where PATH may have colons too: the shortest part in front of a colon that
// exists, if the whole does not. *ret_tag is NULL or points into `name`; free *ret_path.
int tw_files_split_name(
    const char *name, char **ret_path, const char **ret_tag, struct tw_err *err);
