// jansson's memory. jansson 2.14 drops bytes of a token when its buffer cannot grow, and then reads
// past the end of what it kept: while it parses, an allocation must not fail.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Sets aside what parsing so many bytes with so many values may take at most; this thread's
// allocations are served from there once the system has no more. False: that much is not there.
bool tw_json_reserve(size_t bytes, size_t values);

// Whether any of it was taken: then what was parsed has to go before tw_json_unreserve().
bool tw_json_was_reserve_needed(void);
void tw_json_unreserve(void);
