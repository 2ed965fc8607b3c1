// A file that a person wrote, read whole.
#pragma once

#include "scanner/base/buf.h"

// Appends the file's bytes. TW_E_IO: it cannot be read; TW_E_USAGE: it is no regular file;
// TW_E_LIMIT: larger than out->max_bytes, the limit called `limit`.
int tw_document_read(const char *path, const char *limit, struct tw_buf *out, struct tw_err *err);
