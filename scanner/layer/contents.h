// The table of contents of a layer that can be read in parts: eStargz and zstd:chunked have the
// same one but for where it lies. It says of each file which bytes of the blob hold it, in chunks
// with digests. facts/layers.md sections 4 and 5;
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/digest.h"
#include "scanner/base/limits.h"
#include "scanner/base/span.h"
#include "scanner/layer/tar.h"

struct tw_chunk {
    uint64_t begin, end; // of the compressed bytes in the blob; what follows it may be among them
    uint64_t skip;       // uncompressed bytes in front of it
    uint64_t size_bytes; // uncompressed
    bool zeros;          // a hole: no bytes in the blob
    struct tw_digest digest; // of its uncompressed bytes; not set for a hole
};

struct tw_content {
    struct tw_tar_entry entry; // data_offset is not known
    size_t first_chunk, chunk_count;
};

struct tw_contents {
    struct tw_arena *arena;   // owns everything below
    struct tw_content *items; // in the order of the archive
    size_t count;
    struct tw_chunk *chunks;
    size_t chunk_count;
};

// `data_bytes`: where the blob's data ends and the table begins. TW_E_FORMAT: not such a table, or
// chunks that contradict each other, lie outside of the data, or have no digest. TW_E_LIMIT.
int tw_contents_parse(struct tw_span json, uint64_t data_bytes, const struct tw_limits *limits,
    struct tw_contents **ret_contents, struct tw_err *err);
void tw_contents_free(struct tw_contents *contents);
TW_DEFINE_AUTO(struct tw_contents, tw_contents_free)
