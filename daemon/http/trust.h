// Certificates of one registry's own, where docker has them: certs.d/HOST:PORT/.
// https://docs.docker.com/engine/security/certificates/
#pragma once

#include "scanner/base/buf.h"
#include "scanner/base/err.h"

struct tw_trust {
    struct tw_buf ca;        // *.crt in PEM, trusted besides the system's; empty: none
    char *certificate, *key; // files of the first pair *.cert and *.key; NULL: none
};

// `certs_dir` NULL, or without a folder for the host: nothing. TW_E_USAGE: a *.cert without its
// *.key; else errors name the file.
int tw_trust_load(
    const char *certs_dir, const char *host, struct tw_trust *ret_trust, struct tw_err *err);
void tw_trust_done(struct tw_trust *trust);
