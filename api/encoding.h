// Inside api/: answers made shorter, and answers that need not be sent again.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 and section 13.
#pragma once

#include <stdbool.h>

#include "scanner/base/buf.h"

enum {
    TW_ETAG_BYTES = 48,
    TW_GZIP_MIN_BYTES = 1024, // shorter bodies gain nothing
};

// Whether the sender of `accept_encoding` (NULL: not sent) would rather have gzip. Only when it is
// named, and wanted at least as much as "identity" is.
bool tw_wants_gzip(const char *accept_encoding);

// The body, packed, in the place of what it was. False: it stays as it is (no memory, no gain).
bool tw_gzip(struct tw_buf *body);

// "\"<hex>\"" of the bytes, with "W/" in front when `weak`. False: no memory.
bool tw_etag_of(struct tw_span bytes, bool weak, char ret_etag[TW_ETAG_BYTES]);

// The tag of the packed form, which has other bytes: "\"<hex>-gzip\"".
void tw_etag_of_gzip(char etag[TW_ETAG_BYTES]);

// Whether If-None-Match (NULL: not sent) names the tag in either form, or any ("*").
bool tw_etag_matches(const char *if_none_match, const char *etag);
