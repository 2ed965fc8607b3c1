#include "daemon/notify/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/http/secret.h"
#include "scanner/base/base64.h"
#include "scanner/base/hmac.h"

enum { BODY_BYTES_MAX = 4 << 20 };

int tw_sign_body(const char *secret, const char *timestamp, struct tw_span body,
    char ret_signature[TW_SIGNATURE_BYTES])
{
    uint8_t sum[TW_SHA256_BYTES];
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(BODY_BYTES_MAX);
    tw_buf_printf(&text, "%s.", timestamp);
    tw_buf_append(&text, body.p, body.n);
    if (text.status < 0 || tw_hmac_sha256(tw_span_str(secret), tw_buf_span(&text), sum) < 0)
        return TW_E_NOMEM;
    int at = snprintf(ret_signature, TW_SIGNATURE_BYTES, "sha256=");
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(ret_signature + at + 2 * i, 3, "%02x", sum[i]);
    return 0;
}

static char *next_line(struct tw_signed *out)
{
    return out->lines[out->count++];
}

int tw_sign_webhook(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_span body, struct tw_signed *out, struct tw_err *err)
{
    char timestamp[24], signature[TW_SIGNATURE_BYTES];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, dispatch->now_ms / 1000);
    snprintf(next_line(out), TW_SIGNED_HEADER_BYTES, "X-Tidewaiter-Event: %s",
        tw_event_names[dispatch->events[0].kind]);
    snprintf(next_line(out), TW_SIGNED_HEADER_BYTES, "X-Tidewaiter-Delivery: %s", dispatch->id);
    snprintf(next_line(out), TW_SIGNED_HEADER_BYTES, "X-Tidewaiter-Timestamp: %s", timestamp);
    if (!sink->secret)
        return 0;
    if (tw_sign_body(sink->secret, timestamp, body, signature) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    snprintf(next_line(out), TW_SIGNED_HEADER_BYTES, "X-Signature-256: %s", signature);
    return 0;
}

int tw_sign_dingtalk(const char *secret, const char *timestamp_ms, struct tw_buf *out)
{
    uint8_t sum[TW_SHA256_BYTES];
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(8192);
    tw_buf_printf(&text, "%s\n%s", timestamp_ms, secret);
    if (text.status < 0 || tw_hmac_sha256(tw_span_str(secret), tw_buf_span(&text), sum) < 0)
        return TW_E_NOMEM;
    return tw_base64_encode(tw_span_of(sum, sizeof sum), out);
}
