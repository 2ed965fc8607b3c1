// Passwords and tokens do not stay in memory that was given back.
#pragma once

#include "scanner/base/buf.h"

// Frees text that held a password or token, after overwriting it. NULL is allowed.
void tw_secret_free(char *secret);
static inline void tw_secret_freep(char **secret)
{
    tw_secret_free(*secret);
}

// Gives back a buffer that held one.
void tw_secret_buf_done(struct tw_buf *buf);
