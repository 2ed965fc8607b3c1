// Base64 for the Authorization header and docker's config.json. RFC 4648 section 4.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "scanner/base/buf.h"

// Appends the encoded form; 0 or the buffer's failure.
int tw_base64_encode(const void *bytes, size_t size, struct tw_buf *out);

// Appends the decoded bytes. Padding may be missing; anything else that is not of the alphabet
// is refused (false).
bool tw_base64_decode(const char *text, struct tw_buf *out);

// Frees text that held a password or token, after overwriting it. NULL is allowed.
void tw_secret_free(char *secret);
static inline void tw_secret_freep(char **secret)
{
    tw_secret_free(*secret);
}

// Gives back a buffer that held one.
void tw_secret_buf_done(struct tw_buf *buf);
