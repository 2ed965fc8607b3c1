// What an admission says to people: the message of a denial, warnings, annotations for the audit
// log. facts/admission.md section 3.
#pragma once

#include <jansson.h>

#include "api/admission/admission.h"
#include "scanner/base/buf.h"

enum {
    TW_WARNING_BYTES_MAX = 256,   // one, as the API server keeps it
    TW_WARNINGS_BYTES_MAX = 4096, // all of them
    TW_DENIAL_BYTES_MAX = 8192,
    TW_ANNOTATION_BYTES_MAX = 4096,
};

// For the person at kubectl who sees why it was denied. NULL: out of memory.
json_t *tw_words_denial(const struct tw_admission *admission);

// A list of texts, worst first, that can stand in headers. NULL: out of memory.
json_t *tw_words_warnings(const struct tw_admission *admission);

// An object of texts: decision, policy, images, findings, unknown, reason. NULL: out of memory.
json_t *tw_words_annotations(const struct tw_admission *admission);
