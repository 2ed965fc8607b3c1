// A layer that is read in parts: its table of contents, checked by the digest that the manifest has
// of it, and then only the bytes of those files that somebody wants to see. Gives entries as tar.h
// does. facts/layers.md sections 4, 5 and 7.
//
// What the archive has and the table does not is not seen. Whoever trusts the result trusts
// whoever made the layer that far; the caller says so.
#pragma once

#include "scanner/base/seekable.h"
#include "scanner/layer/stream.h"
#include "scanner/layer/tar.h"

// How bytes of the blob are got: ask for a range, then read exactly that many bytes.
struct tw_ranges {
    int (*ask)(void *ctx, struct tw_range range, struct tw_err *err);
    void *ctx;
    struct tw_stream answers;
};

struct tw_parts;

// 1: the file may matter. 0: it does not. TW_E_NOMEM.
typedef int (*tw_parts_wants)(const struct tw_tar_entry *entry);

// Fetches and checks the table. `ranges` and `limits` must outlive it; `wants` is asked here only.
// TW_E_DIGEST: the table is not the one of the manifest; TW_E_FORMAT; TW_E_LIMIT; TW_E_UNSUPPORTED:
// more than half of the blob's bytes would be fetched, so that it is better read whole.
int tw_parts_open(const struct tw_seekable *seekable, uint64_t blob_bytes,
    const struct tw_ranges *ranges, const struct tw_limits *limits, tw_parts_wants wants,
    struct tw_parts **ret_parts, struct tw_err *err);
void tw_parts_free(struct tw_parts *parts);
TW_DEFINE_AUTO(struct tw_parts, tw_parts_free)

// As tw_tar_next() and tw_tar_data(). Files that nobody wants have size_bytes 0. TW_E_DIGEST when
// bytes are not what the table says; that ends everything.
int tw_parts_next(struct tw_parts *parts, struct tw_tar_entry *ret_entry, struct tw_err *err);
int tw_parts_data(
    struct tw_parts *parts, const void **ret_bytes, size_t *ret_size, struct tw_err *err);

uint64_t tw_parts_in_bytes(const struct tw_parts *parts);  // fetched so far
uint64_t tw_parts_out_bytes(const struct tw_parts *parts); // what they inflated to
uint64_t tw_parts_unopened(const struct tw_parts *parts);  // files that nobody wants
