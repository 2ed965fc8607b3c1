// SipHash-1-3: names of strangers in a hash table, so that nobody can make them collide.
// Aumasson and Bernstein, "SipHash: a fast short-input PRF".
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tw_sipkey {
    uint64_t k0, k1;
};

// A key out of the system's random numbers. Returns 0, or TW_E_IO when there are none.
int tw_sipkey_new(struct tw_sipkey *ret_key);

// `seed` is mixed in as the first 8 bytes.
uint64_t tw_siphash(const struct tw_sipkey *key, uint64_t seed, const char *text, size_t size);
