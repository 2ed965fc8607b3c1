// Credentials in the texts that images carry: finding them, and covering them up. What is shown
// of an image is read by more people than may pull it.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/span.h"

// What the first credential of a known form in it is ("GitHub token"); NULL: there is none.
const char *tw_secret_known(struct tw_span text);

// Whether a variable of this name holds a credential: "DB_PASSWORD", "main.apiKey". Names of Go's
// own variables never do.
bool tw_secret_is_name(struct tw_span name);

// A value that somebody chose, and no placeholder or path.
bool tw_secret_is_value(struct tw_span value);

// At most so many bytes become of n.
#define TW_SECRET_COVERED_MAX(n) (3 * (size_t)(n) + 4)

// Appends the text with "***" instead of passwords in URLs, tokens of known forms, and values of
// NAME=value and --name value whose name says what they are. 0, or the buffer's failure.
int tw_secret_cover_to(struct tw_buf *out, struct tw_span text);

// The same in the arena; `text` itself when nothing is covered. NULL: out of memory.
const char *tw_secret_cover(struct tw_arena *arena, const char *text);

// The value of a variable of that name, covered as a whole when the name says so.
const char *tw_secret_cover_value(struct tw_arena *arena, const char *name, const char *value);
