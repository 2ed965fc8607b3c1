// Credentials of registries from docker's config.json. facts/registry-pull.md section 4.
//
// Programs that the file names (credsStore, credHelpers) are never run: the daemon starts no
// program but the cage. That one is named is remembered for the message of a 401.
#pragma once

#include <stdbool.h>

#include "scanner/base/err.h"
#include "scanner/base/span.h"

struct tw_credentials {
    char *user, *password; // NULL: none
    char *identity_token;  // an OAuth2 refresh token
    char *registry_token;  // a bearer token, used as it is
    char helper[64];       // docker-credential-NAME that holds them; "": none
};

void tw_credentials_done(struct tw_credentials *credentials);

// Those for one repository: the longest key of `auths` that is the registry ("host[:port]", a
// URL, docker.io under all its names) or a part of "registry/repository" in whole components.
// None at all is no error. TW_E_FORMAT never quotes the file's text.
int tw_credentials_find(struct tw_span config_json, const char *registry, const char *repository,
    struct tw_credentials *ret_credentials, struct tw_err *err);

// The same from a file, at most 1 MiB of it. path NULL: none.
int tw_credentials_load(const char *path, const char *registry, const char *repository,
    struct tw_credentials *ret_credentials, struct tw_err *err);

bool tw_credentials_is_set(const struct tw_credentials *credentials);
