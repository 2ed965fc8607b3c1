// Values of a registry's headers: Retry-After, Date, Content-Range, a line each.
#include <stdlib.h>
#include <string.h>

#include "daemon/http/retry_after.h"
#include "daemon/registry/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { NOW = 1700000000 };
    char *text = strndup((const char *)data, size);
    if (!text)
        return 0;
    char *date = strchr(text, '\n');
    if (date)
        *date++ = '\0';
    if (tw_retry_after_parse(text, date, NOW) > TW_RETRY_AFTER_MAX_S ||
        tw_retry_after_parse(text, NULL, NOW) > TW_RETRY_AFTER_MAX_S)
        abort();
    // It is one range at most.
    const struct tw_range ranges[] = {{10, 90}, {11, 89}};
    if (tw_blob_is_range(text, ranges[0], 100) + tw_blob_is_range(text, ranges[1], 100) > 1)
        abort();
    free(text);
    return 0;
}
