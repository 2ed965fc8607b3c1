// Pulling from registries: the OCI distribution protocol over libcurl.
// https://github.com/opencontainers/distribution-spec; facts/registry-pull.md.
#pragma once

#include <stdbool.h>

#include "daemon/source/source.h"
#include "scanner/image/reference.h"

struct tw_registry_rule {
    char *host; // "localhost:5055", exactly as references write it
    bool plain_http;
};

struct tw_registries {
    struct tw_registry_rule *rules;
    size_t rule_count;
    bool only_listed;    // refuse all others (the daemon); else they are asked over HTTPS (CLI)
    char *certs_dir;     // of docker's certs.d; NULL: none
    char *docker_config; // path of a docker config.json; NULL: none
    unsigned connect_timeout_s;
    unsigned stall_timeout_s; // below 1 byte/s for so long: TW_E_UNAVAILABLE
};

const struct tw_registry_rule *tw_registries_find(
    const struct tw_registries *registries, const char *host);

// TW_E_NOT_ALLOWED names the host and the setting to change.
int tw_registries_check(
    const struct tw_registries *registries, const char *host, struct tw_err *err);

// A source for one reference. No request is made yet. `registries`, `limits` must outlive it.
// Errors of its operations: TW_E_UNAVAILABLE (down, refused, 5xx, 429 with err->retry_after_s,
// broke off), TW_E_DENIED (401/403), TW_E_NOT_FOUND, TW_E_DIGEST, TW_E_LIMIT, TW_E_FORMAT,
// TW_E_NOT_ALLOWED (its answer leads to where it may not lead: realm.h, redirect.h, address.h).
// Opening fails when the host is not allowed or the docker configuration cannot be read.
int tw_registry_open(const struct tw_reference *reference, const struct tw_registries *registries,
    const struct tw_limits *limits, struct tw_source **ret_source, struct tw_err *err);
