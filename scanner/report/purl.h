// Package URLs and relative file URIs, for the formats that name things by them.
// https://github.com/package-url/purl-spec, types golang and oci; RFC 3986.
//
// All texts may be hostile: what has a meaning in a URI is percent-encoded, empty segments, "." and
// ".." are left out. The result lies in `room` until that is used again. NULL: nothing is left to
// name, it does not fit, or room->status says that there is no memory.
#pragma once

#include "scanner/inventory/image.h"

// "pkg:golang/github.com/BurntSushi/toml@v1.3.2#cmd/x". The case stays as found, since modules that
// differ in it are different modules. `version` and `package` (a path of a package) may be NULL;
// a package outside of the module is left out.
const char *tw_purl_golang(
    struct tw_buf *room, const char *module, const char *version, const char *package);

// "pkg:oci/app@sha256%3A...?arch=amd64&repository_url=reg.example/team/app&tag=1.4". NULL also for
// an image without a digest or a repository.
const char *tw_purl_oci(struct tw_buf *room, const struct tw_image_inventory *image);

// A path of an image (tw_text_path() form; its \xNN become %NN) as a relative URI, or any other
// path, whose leading "/" goes.
const char *tw_uri_of_path(struct tw_buf *room, const char *path);
