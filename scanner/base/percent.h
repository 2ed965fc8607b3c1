// Percent-encoding, as URLs and forms have it. RFC 3986, section 2.1.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "scanner/base/err.h"

// Decodes in place what is NUL-terminated, and gives its new length. plus: "+" is a space (queries
// and forms, not paths). TW_E_USAGE: a % without two hex digits, or %00, which would end it early.
int tw_percent_decode_bytes(char *text, bool plus, size_t *ret_size, struct tw_err *err);
