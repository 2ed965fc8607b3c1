// A growing run of bytes with the ceiling it was given when it was made.
#pragma once

#include <stddef.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"
#include "scanner/base/span.h"

struct tw_buf {
    char *data;  // NUL-terminated whenever not NULL
    size_t size; // without the NUL
    size_t capacity;
    size_t max_bytes; // appending past it fails with TW_E_LIMIT
    int status;       // first failure, sticky: 0, TW_E_NOMEM or TW_E_LIMIT
};

#define TW_BUF(max) ((struct tw_buf){.max_bytes = (max)})

void tw_buf_done(struct tw_buf *buf);

// Each returns 0 or the sticky failure, so a writer may check once at the end.
int tw_buf_append(struct tw_buf *buf, const void *bytes, size_t size);
int tw_buf_puts(struct tw_buf *buf, const char *text);
int tw_buf_printf(struct tw_buf *buf, const char *fmt, ...) TW_PRINTF(2, 3);

// Empties it, keeps its memory, clears the failure.
void tw_buf_reset(struct tw_buf *buf);

// Hands the bytes over (free() them); the buffer is empty afterwards. Never NULL unless out
// of memory or failed before.
char *tw_buf_take(struct tw_buf *buf, size_t *ret_size);

static inline struct tw_span tw_buf_span(const struct tw_buf *buf)
{
    return tw_span_of(buf->data, buf->size);
}
