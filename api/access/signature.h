// Signatures of webhook bodies: the HMAC of the raw bytes in a header, in hex digits.
#pragma once

#include "api/access/access.h"

struct tw_signature_form {
    const char *header; // "X-Hub-Signature-256"
    const char *prefix; // in front of the hex digits: "sha256=", or ""
    bool is_sha1;       // else SHA-256
};

// Whether `value`, that header of a request, signs `body` by one of the secrets of the webhook
// `hook`. All secrets are tried, in the same time.
bool tw_signature_fits(const struct tw_access *access, const char *hook,
    const struct tw_signature_form *form, const char *value, struct tw_span body);
