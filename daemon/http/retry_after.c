#include "daemon/http/retry_after.h"

#include <curl/curl.h>
#include <string.h>

static uint32_t clamp(int64_t seconds)
{
    if (seconds < 1)
        return 1; // it did ask for a wait
    return seconds > TW_RETRY_AFTER_MAX_S ? TW_RETRY_AFTER_MAX_S : (uint32_t)seconds;
}

uint32_t tw_retry_after_parse(const char *value, const char *date, time_t now)
{
    if (!value || !*value)
        return 0;
    size_t digits = strspn(value, "0123456789");
    if (value[digits] == '\0') {
        int64_t seconds = 0;
        for (size_t i = 0; i < digits && seconds < TW_RETRY_AFTER_MAX_S; i++)
            seconds = seconds * 10 + (value[i] - '0');
        return clamp(seconds);
    }
    time_t when = curl_getdate(value, NULL);
    if (when < 0)
        return 0;
    time_t theirs = date ? curl_getdate(date, NULL) : -1;
    return clamp((int64_t)when - (int64_t)(theirs < 0 ? now : theirs));
}
