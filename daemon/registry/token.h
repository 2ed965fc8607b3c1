// Bearer tokens: asking a registry's token server for one.
// https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/
#pragma once

#include "daemon/registry/challenge.h"
#include "daemon/registry/credentials.h"
#include "daemon/registry/redirect.h"
#include "daemon/registry/registry.h"

struct tw_token {
    char *text; // secret
    uint64_t lifetime_s;
};
void tw_token_done(struct tw_token *token);

// Reads the server's answer: "token" or "access_token", "expires_in" (60 when missing or less).
// TW_E_FORMAT: none, or one that cannot stand in a header. Messages never hold the token.
int tw_token_parse(
    struct tw_span json, uint64_t max_bytes, struct tw_token *ret_token, struct tw_err *err);

struct tw_token_request {
    const struct tw_url *registry;
    const struct tw_registries *registries;
    const struct tw_credentials *credentials;
    const struct tw_redirect_rules *rules;
    const char *repository; // whose pull right is asked for when the challenge has no scope
    uint64_t max_bytes;     // limits->token_bytes
    unsigned total_timeout_s;
};

// The URL of the GET form: realm with service and each scope in its query.
int tw_token_url(const struct tw_url *realm, const struct tw_challenge *challenge,
    const char *repository, struct tw_url *ret_url, struct tw_err *err);

// Asks for a token as the challenge says: with the credentials where they may go (realm.h),
// anonymously otherwise. TW_E_DENIED: the token server refuses them. Else as tw_http_perform.
int tw_token_fetch(struct tw_http *http, const struct tw_token_request *request,
    const struct tw_challenge *challenge, struct tw_token *ret_token, struct tw_err *err);

// "Basic dXNlcjpwYXNz"; free it by tw_secret_free. NULL: out of memory.
char *tw_token_basic(const char *user, const char *password);
