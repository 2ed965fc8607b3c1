// Where images come from: one row and one file a kind.
//
// Every kind answers the same two questions: the manifest of a name or digest, and the bytes
// of a blob. The expected digest is an argument of both, so that nothing unverified gets in.
#pragma once

#include "daemon/cage/options.h"
#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/base/limits.h"
#include "scanner/image/manifest.h"

struct tw_source;

// Takes the next bytes of a blob; a negative return value ends the transfer with that code.
typedef int (*tw_blob_sink)(void *ctx, const void *bytes, size_t size, struct tw_err *err);

// A sink that appends to the struct tw_buf that is its ctx.
int tw_blob_to_buf(void *ctx, const void *bytes, size_t size, struct tw_err *err);

struct tw_source_ops {
    // The raw manifest. `digest` NULL: what the source's own name points to. With a digest the
    // bytes are checked against it. Content type: what the source says, or "".
    int (*manifest)(struct tw_source *source, const struct tw_digest *digest, struct tw_buf *out,
        char ret_content_type[128], struct tw_err *err);
    // Streams a blob through `sink` and checks digest and size at its end: 0 only when both are
    // right. A fault in the middle is resumed where the source can. TW_E_DIGEST, TW_E_LIMIT.
    int (*blob)(struct tw_source *source, const struct tw_descriptor *blob, tw_blob_sink sink,
        void *ctx, struct tw_err *err);
    // Streams bytes of a blob through `sink`; their digest is the caller's affair. 0 only when all
    // came. TW_E_UNSUPPORTED: whoever has them gives whole blobs only. NULL: no such thing.
    int (*range)(struct tw_source *source, const struct tw_descriptor *blob, struct tw_range range,
        tw_blob_sink sink, void *ctx, struct tw_err *err);
    // Another one of the same, for another thread: it takes its own way to the bytes. NULL: blob()
    // may be called by several threads at once.
    int (*again)(struct tw_source *source, struct tw_source **ret_source, struct tw_err *err);
    void (*free)(struct tw_source *source);
    // Operations ask this while they wait for others, and end with TW_E_INTERRUPTED when it says
    // so. NULL: the source never waits.
    void (*set_cancel)(struct tw_source *source, bool (*cancelled)(void *ctx), void *ctx);
};

struct tw_source { // first member of every kind's own struct
    const struct tw_source_ops *ops;
};

static inline void tw_source_free(struct tw_source *source)
{
    if (source)
        source->ops->free(source);
}
TW_DEFINE_AUTO(struct tw_source, tw_source_free)

struct tw_source_options {
    const struct tw_limits *limits;
    struct tw_cage_options cage;
    const struct tw_registries *registries; // configuration of registries (daemon/registry/)
};

struct tw_source_kind {
    const char *prefix; // "oci:", "docker-archive:"; "" is the registry, the last row
    const char *usage;  // "oci:DIR[:TAG]"
    int (*open)(const char *name, const struct tw_source_options *options,
        struct tw_source **ret_source, struct tw_err *err);
};

// Opens "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]", "docker-archive:FILE[:TAG]", or a registry
// reference ("docker://" in front is allowed). TW_E_USAGE lists what there is.
// dir:, file: are not images; scan.h treats them itself.
int tw_source_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err);
const struct tw_source_kind *tw_source_kind_at(size_t index); // NULL past the end
