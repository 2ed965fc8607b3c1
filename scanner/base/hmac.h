// Signatures by a shared secret, and comparing secrets.
#pragma once

#include "scanner/base/digest.h"
#include "scanner/base/span.h"

// HMAC-SHA256. RFC 2104; FIPS 198-1. 0, or TW_E_NOMEM.
int tw_hmac_sha256(struct tw_span key, struct tw_span message, uint8_t ret_sum[TW_SHA256_BYTES]);

// HMAC-SHA1, for senders that know nothing better: as a MAC it holds (RFC 6194, section 3.3).
enum { TW_SHA1_BYTES = 20 };
int tw_hmac_sha1(struct tw_span key, struct tw_span message, uint8_t ret_sum[TW_SHA1_BYTES]);

// Whether two runs of bytes are the same, in a time that depends on their size alone.
bool tw_secret_equal(const void *a, const void *b, size_t size);

// Exactly 2 * size hex digits of any case, read in a time that depends on their number alone.
bool tw_hex_decode(struct tw_span hex, uint8_t *ret_bytes, size_t size);
