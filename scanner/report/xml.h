// Text for XML 1.0.
#pragma once

#include "scanner/base/buf.h"

// Appends `text` so that it may stand between tags and in attributes alike: markup is escaped, as
// are blanks that an attribute would lose and controls that act on terminals; characters that XML
// 1.0 forbids are dropped, bytes that are not UTF-8 become U+FFFD. NULL is "".
// https://www.w3.org/TR/xml/#charsets
int tw_xml_text(struct tw_buf *out, const char *text);
