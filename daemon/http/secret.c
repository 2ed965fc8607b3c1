#include "daemon/http/secret.h"

#include <string.h>

void tw_secret_free(char *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

void tw_secret_buf_done(struct tw_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->capacity);
    tw_buf_done(buf);
}
