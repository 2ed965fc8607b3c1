// Image references: [host[:port]/]path[:tag][@digest]. facts/registry-pull.md section 1.
#pragma once

#include "scanner/base/digest.h"

enum {
    TW_REFERENCE_NAME_MAX = 255, // host + "/" + repository
    TW_TAG_MAX = 128,
};

struct tw_reference {
    char registry[TW_REFERENCE_NAME_MAX + 1];   // "docker.io", "localhost:5055"
    char repository[TW_REFERENCE_NAME_MAX + 1]; // "library/nginx"
    char tag[TW_TAG_MAX + 1];                   // "" when only a digest was given
    struct tw_digest digest;                    // empty when only a tag was given
};

// A missing tag and digest becomes tag "latest"; a missing host docker.io, then a single
// component gets "library/" in front. TW_E_USAGE says which part is wrong.
int tw_reference_parse(const char *text, struct tw_reference *ret_reference, struct tw_err *err);

// Checks the parts when they come apart (webhooks). tag and digest may be NULL or "".
int tw_reference_make(const char *registry, const char *repository, const char *tag,
    const char *digest, struct tw_reference *ret_reference, struct tw_err *err);

// "registry/repository[:tag][@digest]"; both are printed when both are set.
enum { TW_REFERENCE_TEXT_MAX = TW_REFERENCE_NAME_MAX + 1 + TW_TAG_MAX + 1 + TW_DIGEST_TEXT_MAX };
void tw_reference_format(
    const struct tw_reference *reference, char ret_text[TW_REFERENCE_TEXT_MAX + 1]);
