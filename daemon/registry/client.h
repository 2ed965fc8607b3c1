// A registry's answers for one repository: requests with whatever authorization it asks for.
#pragma once

#include "daemon/http/http.h"
#include "daemon/registry/registry.h"
#include "scanner/base/limits.h"

struct tw_client;

// Reads the credentials; makes no request. `registries` and `limits` must outlive it.
int tw_client_new(const struct tw_reference *reference, const struct tw_registries *registries,
    const struct tw_limits *limits, struct tw_client **ret_client, struct tw_err *err);

// Another one of the same, with the authorization that this one has: no token is fetched twice.
// Waits for a request under way.
int tw_client_again(struct tw_client *client, struct tw_client **ret_client, struct tw_err *err);
void tw_client_free(struct tw_client *client);
TW_DEFINE_AUTO(struct tw_client, tw_client_free)

struct tw_client_request {
    const char *path;   // below the repository: "manifests/latest", "blobs/sha256:..."
    const char *what;   // for messages: "manifest latest"
    const char *accept; // NULL: anything
    const char *range;  // NULL: all
    bool small;         // has to be through within a few stall timeouts, however it trickles
    // As in struct tw_http_request.
    int (*begin)(void *ctx, const struct tw_http_answer *answer, struct tw_err *err);
    int (*body)(void *ctx, const void *bytes, size_t size, struct tw_err *err);
    void *ctx;
};

// 0 when a 2xx answer came through whole; *broke_off (may be NULL) tells whether a failure was
// of the connection, so that the rest can be asked for. Callers in other threads wait.
int tw_client_get(struct tw_client *client, const struct tw_client_request *request,
    bool *broke_off, struct tw_err *err);

void tw_client_set_cancel(struct tw_client *client, bool (*cancelled)(void *ctx), void *ctx);

// Waits; TW_E_INTERRUPTED when cancelled meanwhile.
int tw_client_wait(const struct tw_client *client, unsigned ms, struct tw_err *err);

const char *tw_client_host(const struct tw_client *client);
