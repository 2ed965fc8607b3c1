// Retry-After: how long the other side asks us to wait. RFC 9110 section 10.2.3.
#pragma once

#include <stdint.h>
#include <time.h>

enum { TW_RETRY_AFTER_MAX_S = 86400 };

// Seconds, or an HTTP date, which is compared with the answer's own Date (`date`, may be NULL)
// so that clocks need not agree, else with `now`. At least 1, at most a day; 0: says nothing.
uint32_t tw_retry_after_parse(const char *value, const char *date, time_t now);
