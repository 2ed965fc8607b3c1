// A blocking HTTPS client over one connection that is kept, as small as a benchmark wants it.
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct tw_https_target {
    const char *host, *port;
    SSL_CTX *tls; // borrowed
};

// One connection; zeroed it is closed. Not for several threads.
struct tw_https {
    const struct tw_https_target *target; // borrowed
    SSL *ssl;
    char *answer; // headers and body of the last one
    size_t size;
};

// A context that trusts the CAs in the PEM file; NULL: it cannot be read.
SSL_CTX *tw_https_context(const char *ca_file);

void tw_https_done(struct tw_https *c);

// Sends a whole request and reads the whole answer into c->answer (terminated by a NUL), connecting
// first when it must. Returns the status; -1: no answer, and the connection is closed.
int tw_https_ask(struct tw_https *c, const char *request, size_t size);
