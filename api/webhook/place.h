// Where the images of a webhook are: HOST[:PORT][/PREFIX], with {host} for the host that the sender
// names and {repo} for its key of a repository (Artifactory, Nexus).
//
// "nexus.example:8082", "x.jfrog.io/{repo}", "{repo}.x.jfrog.io", "{host}/mirror"
#pragma once

#include "scanner/image/reference.h"

enum { TW_PLACE_MAX = 255 };

// Filled in: the host up to the first slash, the rest with its slash in front of the repository.
struct tw_hook_place {
    char host[TW_REFERENCE_NAME_MAX + 1];
    char prefix[TW_REFERENCE_NAME_MAX + 1]; // "", or "mirror/"
};

// `host` and `repo` may be NULL or "": TW_E_USAGE when the place asks for one of them, is too long,
// or has other braces.
int tw_hook_place_fill(const char *place, const char *host, const char *repo,
    struct tw_hook_place *ret_place, struct tw_err *err);

// Whether it can name images at all, whatever a sender says: TW_E_USAGE.
int tw_place_check(const char *place, struct tw_err *err);
