// OCI digests ("sha256:<64 hex>") and the hash that checks them.
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"

enum {
    TW_DIGEST_TEXT_MAX = 7 + 128, // "sha512:" and 128 hex digits
    TW_SHA256_BYTES = 32,
};

// A valid digest, or the empty string for "none".
struct tw_digest {
    char text[TW_DIGEST_TEXT_MAX + 1];
};

// Accepts sha256 and sha512 with lower-case hex only; TW_E_FORMAT otherwise.
int tw_digest_parse(const char *text, struct tw_digest *ret_digest, struct tw_err *err);
bool tw_digest_equal(const struct tw_digest *a, const struct tw_digest *b);
bool tw_digest_is_set(const struct tw_digest *d);

// The hex digits, without the algorithm.
const char *tw_digest_hex(const struct tw_digest *d);

// Running hash. The algorithm is that of `expected`, or sha256 when expected is NULL.
struct tw_hash;
int tw_hash_new(const struct tw_digest *expected, struct tw_hash **ret_hash, struct tw_err *err);
void tw_hash_free(struct tw_hash *hash);
TW_DEFINE_AUTO(struct tw_hash, tw_hash_free)
int tw_hash_update(struct tw_hash *hash, const void *bytes, size_t size);
uint64_t tw_hash_size_bytes(const struct tw_hash *hash); // bytes hashed so far

// Ends the hash (use once). TW_E_DIGEST when it was made with an expected digest that differs.
int tw_hash_finish(struct tw_hash *hash, struct tw_digest *ret_digest, struct tw_err *err);

// One call for bytes in memory; sha256.
int tw_digest_of(const void *bytes, size_t size, struct tw_digest *ret_digest);
int tw_sha256(const void *bytes, size_t size, uint8_t ret_sum[TW_SHA256_BYTES]);
