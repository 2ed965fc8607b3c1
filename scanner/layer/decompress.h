// One level of compression taken off, by magic bytes (the media type is a hint that lies).
// gzip by ISA-L: every member's CRC and length are checked, trailing zero padding is accepted,
// other trailing bytes are noted. zstd by libzstd: several and skippable frames, window up to
// 128 MiB. Plain tar passes through. bzip2, xz, lz4: TW_E_UNSUPPORTED, with the name.
// RFC 1952, RFC 8878; facts/layers.md section 3.
#pragma once

#include "scanner/base/limits.h"
#include "scanner/base/mem.h"
#include "scanner/layer/stream.h"

struct tw_decompress;

// `source` and `limits` must live as long as the result. Reads the first bytes to see what they
// are. What is wrong with them (TW_E_UNSUPPORTED; TW_E_TRUNCATED when the stream is shorter than
// any format's magic but not empty; TW_E_IO) is what the first tw_decompress_next() returns, so
// that such a stream can be drained and counted as well. Only TW_E_NOMEM is returned here.
int tw_decompress_new(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_decompress **ret_decompress, struct tw_err *err);
void tw_decompress_free(struct tw_decompress *decompress);
TW_DEFINE_AUTO(struct tw_decompress, tw_decompress_free)

// The next run of uncompressed bytes, valid until the next call; *ret_size 0 at the end.
// TW_E_FORMAT (bad CRC, bad block), TW_E_TRUNCATED, TW_E_LIMIT (bytes, ratio), TW_E_UNSUPPORTED,
// or what the source failed with. A failure stays: each later call returns it again.
int tw_decompress_next(
    struct tw_decompress *decompress, const void **ret_bytes, size_t *ret_size, struct tw_err *err);

// "gzip", "zstd", "none"; NULL when not recognised or not read.
const char *tw_decompress_name(const struct tw_decompress *decompress);

// Reads the source to its end without unpacking (after a failure or past the tar's end), so
// that whoever feeds the pipe can hash every byte.
int tw_decompress_drain(struct tw_decompress *decompress, struct tw_err *err);

uint64_t tw_decompress_in_bytes(const struct tw_decompress *decompress);
uint64_t tw_decompress_out_bytes(const struct tw_decompress *decompress);

// Not 0: foreign bytes follow the compressed data (at least that many; docker ignores them too).
uint64_t tw_decompress_trailing_bytes(const struct tw_decompress *decompress);
