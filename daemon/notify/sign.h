// Signatures.
#pragma once

#include "daemon/notify/sink.h"

// For webhooks of any kind: X-Tidewaiter-Event, -Delivery, -Timestamp (seconds), and with a secret
// X-Signature-256: "sha256=" and the hex of HMAC-SHA256 over TIMESTAMP "." BODY.
int tw_sign_webhook(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_span body, struct tw_signed *out, struct tw_err *err);

// "sha256=..." for a timestamp and a body.
enum { TW_SIGNATURE_BYTES = 7 + 64 + 1 };
int tw_sign_body(const char *secret, const char *timestamp, struct tw_span body,
    char ret_signature[TW_SIGNATURE_BYTES]);

// DingTalk: base64 of HMAC-SHA256 keyed by the secret over "TIMESTAMP\nSECRET".
int tw_sign_dingtalk(const char *secret, const char *timestamp_ms, struct tw_buf *out);
