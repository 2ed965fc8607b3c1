// Signatures by an RSA key: RSASSA-PKCS1-v1_5 with SHA-256, "RS256" of JSON Web Signatures.
// RFC 8017, section 8.2; RFC 7518, section 3.3.
#pragma once

#include "scanner/base/digest.h"
#include "scanner/base/span.h"

enum { TW_RSA_BITS_MIN = 2048, TW_RSA_BITS_MAX = 8192 };

struct tw_rsa_key;

// From modulus and exponent, big-endian. TW_E_FORMAT: too short, too long, or no public key.
int tw_rsa_key_new(struct tw_span modulus, struct tw_span exponent, struct tw_rsa_key **ret_key,
    struct tw_err *err);
void tw_rsa_key_free(struct tw_rsa_key *key);
TW_DEFINE_AUTO(struct tw_rsa_key, tw_rsa_key_free)

// Whether the key's owner signed exactly this message. False also when memory is short. Any thread.
bool tw_rsa_signed(const struct tw_rsa_key *key, struct tw_span message, struct tw_span signature);
