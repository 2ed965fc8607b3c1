#include <stdlib.h>
#include <string.h>

#include "daemon/http/url.h"
#include "daemon/registry/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct tw_challenge *list = calloc(3, sizeof *list), *best = calloc(1, sizeof *best);
    if (!text || !list || !best)
        abort();
    size_t count = 0;
    tw_challenge_parse(text, list, 3, &count, NULL);
    if (count > 3)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (!memchr(list[i].realm, 0, sizeof list[i].realm) || !list[i].name[0])
            abort();
    }
    if (tw_challenge_choose(text, best, NULL) == 0) {
        // What becomes of a realm: a URL that has only what was checked.
        struct tw_url url = {0};
        if (tw_url_parse(best->realm, &url, NULL) == 0 &&
            (!url.text || !url.host[0] || strpbrk(url.text, "\r\n ")))
            abort();
        tw_url_done(&url);
    }
    free(text);
    free(list);
    free(best);
    return 0;
}
