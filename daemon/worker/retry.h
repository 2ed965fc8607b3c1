// When a scan that failed is tried again: one row an error.
#pragma once

#include "scanner/base/err.h"

// Milliseconds to wait before the next attempt; 0: no attempt can help, or `max_attempts` are used
// up. `attempts`: made so far, this one included. `random`: any number, spreads the retries.
int64_t tw_retry_delay_ms(
    const struct tw_err *why, unsigned attempts, unsigned max_attempts, uint32_t random);

// From this attempt on, a part that a later attempt might still get is told as a note.
// `last_error`: name of what ended the attempt before, "" for none. One that our own end broke off
// says nothing of the image.
bool tw_retry_settles(unsigned attempts, const char *last_error, unsigned max_attempts);

// Whether the failure is the whole registry's, so that other scans of it should wait as well.
bool tw_retry_is_of_host(const struct tw_err *why);
