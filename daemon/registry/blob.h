// A blob as a stream: hashed, counted, and resumed where it broke off.
#pragma once

#include "daemon/registry/client.h"

// As struct tw_source_ops.blob. Bytes that the sink got are never sent to it again.
int tw_blob_get(struct tw_client *client, const struct tw_descriptor *blob, uint64_t max_bytes,
    tw_blob_sink sink, void *ctx, struct tw_err *err);

// As struct tw_source_ops.range.
int tw_blob_get_range(struct tw_client *client, const struct tw_descriptor *blob,
    struct tw_range range, tw_blob_sink sink, void *ctx, struct tw_err *err);

// "bytes 10-99/100": whether it is just this range of `size` bytes. RFC 9110 14.4.
bool tw_blob_is_range(const char *content_range, struct tw_range range, uint64_t size);
