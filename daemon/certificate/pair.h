// A certificate and its key, as a Secret of type kubernetes.io/tls holds them.
#pragma once

#include <jansson.h>

#include "scanner/base/err.h"

struct tw_pair {
    char *certificate; // PEM
    char *key;         // PEM, secret
};

// Gives both back; the key is wiped.
void tw_pair_done(struct tw_pair *pair);

// The value at `key` of a Secret's data, decoded. NULL: there is none, it is empty, no base64, has
// a NUL byte, or there is no memory. The caller wipes it (tw_secret_free) when it is one.
char *tw_pair_value(const json_t *secret, const char *key);

// tls.crt and tls.key; false: one is missing.
bool tw_pair_from_secret(const json_t *secret, struct tw_pair *ret_pair);

// Puts tls.crt and tls.key into the Secret's data, and ca.crt unless `ca` is NULL. What else it
// holds stays. TW_E_NOMEM.
int tw_pair_to_secret(
    const struct tw_pair *pair, const char *ca, json_t *secret, struct tw_err *err);

// A Secret without data yet. NULL: out of memory.
json_t *tw_pair_new_secret(const char *name, const char *namespace);
