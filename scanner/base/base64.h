// Base64, one line. RFC 4648 section 4.
#pragma once

#include <stdbool.h>

#include "scanner/base/buf.h"

// Appends the encoded form, padded; 0 or the buffer's failure.
int tw_base64_encode(struct tw_span bytes, struct tw_buf *out);

// Appends the decoded bytes. Padding may be missing; anything else that is not of the alphabet,
// and bits behind the last byte, are refused (false), as is a buffer's failure.
bool tw_base64_decode(struct tw_span text, struct tw_buf *out);

// The same of the alphabet for URLs, "-" and "_" for "+" and "/" (section 5).
bool tw_base64url_decode(struct tw_span text, struct tw_buf *out);
