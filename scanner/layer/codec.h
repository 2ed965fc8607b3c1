// One compression, as decompress.c drives it. Only decompress.c and the codecs include this.
#pragma once

#include "scanner/base/span.h"
#include "scanner/layer/decompress.h"

// What a codec works on. It takes bytes from in[in_at..in_end) by moving in_at, asks for more
// with tw_codec_fill, and puts bytes at out[out_size..TW_CODEC_OUT_BYTES).
struct tw_codec_io {
    struct tw_decompress *owner;
    uint8_t *in;
    size_t in_at, in_end;
    bool in_eof; // the source has ended; in[in_at..in_end) is all that is left
    uint8_t *out;
    size_t out_size;
    uint64_t trailing_bytes; // bytes after the compressed data that are none of it
};

enum {
    TW_CODEC_IN_BYTES = 256 * 1024,
    TW_CODEC_OUT_BYTES = 512 * 1024,
};

struct tw_codec {
    const char *name;
    bool (*magic)(struct tw_span head);
    // NULL functions: recognised, but not read.
    int (*open)(void **ret_state, struct tw_err *err);
    // Fills io->out as far as the input allows. Returns 1 when there may be more, 0 at the end of
    // the compressed data (bytes put out by the same call still count), negative on failure.
    int (*run)(void *state, struct tw_codec_io *io, struct tw_err *err);
    void (*close)(void *state);
};

extern const struct tw_codec tw_codec_gzip;
extern const struct tw_codec tw_codec_zstd;

// Moves what is left to the front and reads until at least one byte was added or the source
// ended.
int tw_codec_fill(struct tw_codec_io *io, struct tw_err *err);
