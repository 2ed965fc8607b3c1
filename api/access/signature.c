#include "api/access/signature.h"

#include <string.h>

#include "scanner/base/hmac.h"

static int sign(const struct tw_signature_form *form, struct tw_span secret, struct tw_span body,
    uint8_t ret_sum[TW_SHA256_BYTES])
{
    return form->is_sha1 ? tw_hmac_sha1(secret, body, ret_sum)
                         : tw_hmac_sha256(secret, body, ret_sum);
}

bool tw_signature_fits(const struct tw_access *access, const char *hook,
    const struct tw_signature_form *form, const char *value, struct tw_span body)
{
    uint8_t given[TW_SHA256_BYTES], wanted[TW_SHA256_BYTES];
    size_t size = form->is_sha1 ? TW_SHA1_BYTES : TW_SHA256_BYTES;
    struct tw_span hex = tw_span_str(value);
    bool fits = false;
    if (!tw_span_starts_with(hex, form->prefix) || !tw_span_from(hex, strlen(form->prefix), &hex) ||
        !tw_hex_decode(hex, given, size))
        return false;
    for (size_t i = 0; i < access->secret_count; i++) {
        const struct tw_access_secret *s = &access->secrets[i];
        if (strcmp(s->hook, hook) == 0 && sign(form, s->secret, body, wanted) == 0)
            fits |= tw_secret_equal(given, wanted, size);
    }
    return fits;
}
