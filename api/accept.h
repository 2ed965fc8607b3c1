// The Accept header. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
#pragma once

#include <stdbool.h>

// How much the sender of `accept` wants a media type: 0 (not at all) to 1000. NULL or "" wants
// everything. Parameters of the media type are not looked at; what cannot be read is skipped.
unsigned tw_accept_quality(const char *accept, const char *media_type);

// Whether a Content-Type is `media_type`, whatever its case and parameters. NULL is none.
bool tw_media_type_equals(const char *content_type, const char *media_type);
