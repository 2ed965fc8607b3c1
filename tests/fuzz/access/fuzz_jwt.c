#include <stdint.h>
#include <stdlib.h>

#include "api/access/jwt.h"
#include "tests/unit/access/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The same bytes as a token, and as a set of keys.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tw_jwt_wanted wanted = {"https://tidewaiter.example/v1/webhooks/images",
        "push@project.iam.gserviceaccount.com", 1772600010};
    TW_AUTO(tw_jwks_freep) struct tw_jwks *keys = NULL;
    TW_AUTO(tw_jwks_freep) struct tw_jwks *others = NULL;
    struct tw_err err = {0};
    if (tw_jwks_parse(tw_span_str(google_keys), &keys, NULL) < 0)
        abort();
    int r = tw_jwt_check(keys, tw_span_of(data, size), &wanted, &err);
    if (r != 0 && (r != TW_E_DENIED || !err.msg[0]))
        abort();
    r = tw_jwks_parse(tw_span_of(data, size), &others, &err);
    if ((r == 0) != (others != NULL))
        abort();
    return 0;
}
