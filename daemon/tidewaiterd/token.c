#include "daemon/tidewaiterd/token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "scanner/base/base64.h"
#include "scanner/base/digest.h"

enum { TOKEN_BYTES = 32, TEXT_MAX = 64 };

int tw_token_print(FILE *out, struct tw_err *err)
{
    uint8_t random[TOKEN_BYTES];
    struct tw_digest digest;
    TW_AUTO(tw_buf_done) struct tw_buf token = TW_BUF(TEXT_MAX);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return tw_err_set(err, TW_E_IO, "no random numbers: %s", strerror(errno));
    tw_buf_puts(&token, "tw_"); // so that scanners for leaked secrets know it
    if (tw_base64_encode(tw_span_of(random, sizeof random), &token) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    // RFC 4648 section 5: fit for URLs and shells, without padding.
    for (char *p = token.data; *p; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    token.size = strcspn(token.data, "=");
    token.data[token.size] = '\0';
    if (tw_digest_of(token.data, token.size, &digest) < 0)
        return tw_err_set(err, TW_E_INTERNAL, "libcrypto cannot hash");
    fprintf(out,
        "# for the client; it is kept nowhere else:\n%s\n"
        "# for the access file, under tokens:\n"
        "  - {name: CLIENT, roles: [read], sha256: %s}\n",
        token.data, tw_digest_hex(&digest));
    return 0;
}
