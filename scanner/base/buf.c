#include "scanner/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tw_buf_done(struct tw_buf *buf)
{
    free(buf->data);
    *buf = (struct tw_buf){.max_bytes = buf->max_bytes};
}

void tw_buf_reset(struct tw_buf *buf)
{
    buf->size = 0;
    buf->status = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

static int reserve(struct tw_buf *buf, size_t more)
{
    if (buf->status)
        return buf->status;
    if (more > buf->max_bytes - buf->size)
        return buf->status = TW_E_LIMIT;
    size_t want = buf->size + more + 1;
    if (want <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity < want)
        capacity *= 2;
    char *grown = realloc(buf->data, capacity);
    if (!grown) {
        tw_mem_failures++;
        return buf->status = TW_E_NOMEM;
    }
    buf->data = grown;
    buf->capacity = capacity;
    return 0;
}

int tw_buf_append(struct tw_buf *buf, const void *bytes, size_t size)
{
    int r = reserve(buf, size);
    if (r < 0)
        return r;
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
    return 0;
}

int tw_buf_puts(struct tw_buf *buf, const char *text)
{
    return tw_buf_append(buf, text, strlen(text));
}

int tw_buf_printf(struct tw_buf *buf, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    int r = n < 0 ? TW_E_INTERNAL : reserve(buf, (size_t)n);
    if (r == 0) {
        vsnprintf(buf->data + buf->size, (size_t)n + 1, fmt, again);
        buf->size += (size_t)n;
    }
    va_end(again);
    return r;
}

char *tw_buf_take(struct tw_buf *buf, size_t *ret_size)
{
    if (reserve(buf, 0) < 0)
        return NULL;
    buf->data[buf->size] = '\0';
    char *data = TW_TAKE(buf->data);
    if (ret_size)
        *ret_size = buf->size;
    tw_buf_done(buf);
    return data;
}
