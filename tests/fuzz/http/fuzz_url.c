// URLs that a registry names: the first line is where we are, the second where it sends us.
#include <stdlib.h>
#include <string.h>

#include "daemon/http/url.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A URL that was taken is clean, and reads back as itself.
static void check(const struct tw_url *url)
{
    struct tw_url again = {0};
    if (!url->text || !url->host || !url->host[0] || !url->origin || url->port == 0 ||
        url->port > 65535 || strlen(url->text) > TW_URL_BYTES_MAX)
        abort();
    for (const char *p = url->text; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 127 || *p == '#')
            abort();
    }
    if (tw_url_parse(url->text, &again, NULL) < 0 || strcmp(url->text, again.text) != 0 ||
        strcmp(url->origin, again.origin) != 0 || !tw_url_same_origin(url, &again))
        abort();
    tw_url_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    if (!text)
        return 0;
    char *second = strchr(text, '\n');
    if (second)
        *second++ = '\0';
    struct tw_url base = {0}, next = {0};
    if (tw_url_parse(text, &base, NULL) == 0) {
        check(&base);
        if (second && tw_url_resolve(&base, second, &next, NULL) == 0) {
            fuzz_taken();
            check(&next);
            if (tw_url_add_query(&next, "scope", text, NULL) == 0)
                check(&next);
        }
    }
    tw_url_done(&base);
    tw_url_done(&next);
    free(text);
    return 0;
}
