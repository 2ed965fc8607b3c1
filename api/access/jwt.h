// Tokens that Google signs for a service account: OpenID Connect, JSON Web Tokens by RS256.
// RFC 7519, RFC 7515, RFC 7517; Pub/Sub sends one with each push when it is told to.
#pragma once

#include <stdint.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

struct tw_jwks; // the public keys that may have signed

// From a JWK set, as Google publishes it. Keys of other kinds are passed over. TW_E_FORMAT: not
// JSON, no RSA key in it, or a broken one. TW_E_LIMIT.
int tw_jwks_parse(struct tw_span json, struct tw_jwks **ret_keys, struct tw_err *err);
void tw_jwks_free(struct tw_jwks *keys);
TW_DEFINE_AUTO(struct tw_jwks, tw_jwks_free)

struct tw_jwt_wanted {
    const char *audience, *email; // exactly these
    int64_t now_s;                // since 1970
};

// Whether Google signed the token for this audience and account, and it has not run out.
// TW_E_DENIED says what does not fit, without a byte of the token. Any thread.
int tw_jwt_check(const struct tw_jwks *keys, struct tw_span token,
    const struct tw_jwt_wanted *wanted, struct tw_err *err);
