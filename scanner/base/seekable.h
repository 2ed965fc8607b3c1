// A layer that can be read in parts: what its manifest says, and the words in which a cage asks
// for the parts.
#pragma once

#include <stdbool.h>

#include "scanner/base/digest.h"

enum tw_seekable_kind {
    TW_SEEKABLE_NONE,
    TW_SEEKABLE_STARGZ,       // eStargz: a footer of the blob says where the table of contents is
    TW_SEEKABLE_ZSTD_CHUNKED, // the manifest says it; the digest is that of the table as stored
    TW_SEEKABLE_KINDS,
};

// "eStargz", "zstd:chunked"; NULL for none.
const char *tw_seekable_kind_name(enum tw_seekable_kind kind);

struct tw_seekable {
    enum tw_seekable_kind kind;
    struct tw_digest digest;     // of the table of contents
    uint64_t offset, size_bytes; // of the table in the blob; zstd:chunked only
};

struct tw_range {
    uint64_t offset, size_bytes;
};

// One line each, with its newline; the buffers are large enough. The second of a pair takes what
// the first wrote, and nothing else.
enum { TW_SEEKABLE_LINE_BYTES = 256, TW_RANGE_LINE_BYTES = 64 };
void tw_seekable_format(
    const struct tw_seekable *seekable, uint64_t blob_bytes, char ret_line[TW_SEEKABLE_LINE_BYTES]);
bool tw_seekable_parse(
    const char *line, struct tw_seekable *ret_seekable, uint64_t *ret_blob_bytes);
void tw_range_format(struct tw_range range, char ret_line[TW_RANGE_LINE_BYTES]);
bool tw_range_parse(const char *line, struct tw_range *ret_range);
