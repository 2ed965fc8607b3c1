// Text from images made safe to print, store and compare.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/span.h"

// Valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool tw_text_is_utf8(struct tw_span bytes);

// The size of the longest start of at most max_bytes that does not end inside a character.
size_t tw_text_cut(struct tw_span text, size_t max_bytes);

// RFC 3339 in UTC with milliseconds, of milliseconds since 1970. "" when that is before 1970 or
// after 9999.
enum { TW_TEXT_TIME_BYTES = sizeof "9999-12-31T23:59:59.999Z" };
void tw_text_time(int64_t utc_ms, char ret_text[TW_TEXT_TIME_BYTES]);

// The canonical printable form of raw bytes, one to one: control characters, DEL, bytes that
// are not UTF-8, and the backslash itself become \xNN; all else stays. Paths are kept,
// compared and printed in this form only. NULL: out of memory or over the arena's ceiling.
char *tw_text_escape(struct tw_arena *arena, struct tw_span bytes);

// The same onto a buffer.
int tw_text_escape_to(struct tw_buf *buf, struct tw_span bytes);

// Text that is UTF-8 without NUL stays as it is, control characters and backslashes too; other
// bytes are escaped as tw_text_escape does. For values whose bytes matter; who prints them makes
// them safe.
char *tw_text_keep(struct tw_arena *arena, struct tw_span bytes);

// A path as it is kept: no leading "/" or "./", no empty or "." component, ".." resolved and
// clamped at the root (then *ret_clamped is set; ret_clamped may be NULL), no trailing "/",
// escaped as above. "" is the root. NULL: out of memory.
char *tw_text_path(struct tw_arena *arena, struct tw_span raw, bool *ret_clamped);
