// A caBundle: who vouches for the server now, and who did before. Pure: the time is an argument.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "scanner/base/buf.h"

// Appends `ca` (PEM, one certificate), then every other certificate of `earlier` (PEM, may be ""
// and may hold text that is none) that has not expired, each once, at most TW_BUNDLE_EARLIER_MAX.
// *ret_earlier: how many.
enum { TW_BUNDLE_EARLIER_MAX = 16, TW_BUNDLE_BYTES_MAX = 1 << 20 };
int tw_bundle_make(const char *ca, const char *earlier, int64_t now_s, struct tw_buf *out,
    size_t *ret_earlier, struct tw_err *err);
