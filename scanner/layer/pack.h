// A directory tree as a tar stream, so that `dir:` sources go through the same cage as layers.
// Reads names and file contents only; writes nothing but the stream.
#pragma once

#include <stdint.h>

#include "scanner/base/err.h"

// Packs the tree below `path` as pax tar onto out_fd. Does not leave the file system that
// `path` is on, does not follow symbolic links. What could not be read is given to `skipped`
// (path relative to the root, reason), which may be NULL. TW_E_IO: the root cannot be read,
// or out_fd was closed on the other side.
int tw_pack_tree(const char *path, int out_fd,
    void (*skipped)(void *ctx, const char *path, const char *why), void *ctx, struct tw_err *err);
