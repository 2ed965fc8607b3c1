// Patterns for names: "*" stands for any run of characters, "?" for one; a backslash takes the next
// character as it is.
#pragma once

#include "scanner/base/span.h"

// Whether `text` is all of `pattern`. At most pattern.n * text.n steps.
bool tw_glob_fits(struct tw_span pattern, struct tw_span text);
