// Inside this folder: a certificate and its key as GnuTLS has them.
#pragma once

#include <gnutls/x509.h>

#include "daemon/certificate/pair.h"

struct tw_x509 {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

int tw_x509_init(struct tw_x509 *x, struct tw_err *err);
void tw_x509_done(struct tw_x509 *x); // also of one that is all zeros

// Reads a pair into `x`, which is all zeros. What is wrong with it goes to *ret_fault, a constant;
// failures are only of memory and the like.
int tw_x509_read(
    const struct tw_pair *pair, struct tw_x509 *x, const char **ret_fault, struct tw_err *err);
int tw_x509_write(const struct tw_x509 *x, struct tw_pair *ret_pair, struct tw_err *err);

// Sets err to what GnuTLS says of its failure; returns TW_E_NOMEM or TW_E_INTERNAL.
int tw_x509_err(struct tw_err *err, int gnutls, const char *what);

gnutls_datum_t tw_x509_datum(const char *text); // borrows it
