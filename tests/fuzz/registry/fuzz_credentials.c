// docker's config.json: credentials are found or not, and what is said of mistakes has none.
#include <stdlib.h>
#include <string.h>

#include "daemon/registry/credentials.h"
#include "scanner/base/text.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const registries[] = {"docker.io", "r.example:5000", "[::1]:5000"};
    for (size_t i = 0; i < TW_COUNT(registries); i++) {
        struct tw_credentials found = {0};
        struct tw_err err = {0};
        int r =
            tw_credentials_find(tw_span_of(data, size), registries[i], "library/app", &found, &err);
        if (r < 0 && (err.code != r || !err.msg[0] || tw_credentials_is_set(&found)))
            abort();
        if ((found.user != NULL) != (found.password != NULL) || strlen(err.msg) > 200 ||
            !tw_text_is_utf8(tw_span_str(err.msg)) ||
            !memchr(found.helper, '\0', sizeof found.helper))
            abort();
        if (tw_credentials_is_set(&found))
            fuzz_taken();
        tw_credentials_done(&found);
    }
    return 0;
}
