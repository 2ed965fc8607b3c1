// Signatures of webhook bodies: HMAC-SHA256 of the raw bytes in a header.
#pragma once

#include "api/access/access.h"

struct tw_signature_form {
    const char *header; // "X-Hub-Signature-256"
    const char *prefix; // in front of the hex digits: "sha256="
};

// Whether `value`, that header of a request, signs `body` by one of the sender's secrets. All
// secrets are tried, in the same time.
bool tw_signature_fits(const struct tw_access *access, const char *sender,
    const struct tw_signature_form *form, const char *value, struct tw_span body);
