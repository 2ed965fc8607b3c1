// Where compressed bytes come from: the one seam under decompression and tar.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "scanner/base/err.h"

struct tw_stream {
    // Fills up to `size` bytes; returns the number, 0 at the end, negative TW_E_* on failure.
    int64_t (*read)(void *ctx, void *buf, size_t size, struct tw_err *err);
    void *ctx;
};

// Reads a file descriptor that the caller keeps open.
struct tw_stream tw_stream_of_fd(const int *fd);
