// One HTTP exchange over libcurl: no redirect is followed, no credential is added.
#pragma once

#include "daemon/http/address.h"
#include "daemon/http/trust.h"
#include "daemon/http/url.h"
#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/base/span.h"

// Once, before threads start, and at the end.
int tw_http_global_init(struct tw_err *err);
void tw_http_global_done(void);

struct tw_http; // one connection cache; not for two threads at once

int tw_http_new(struct tw_http **ret_http, struct tw_err *err);
void tw_http_free(struct tw_http *http);
TW_DEFINE_AUTO(struct tw_http, tw_http_free)

// Whom to trust from now on besides the system's CAs. `trust` must outlive it. Its certificate is
// shown where no address is guarded: to the registry itself.
void tw_http_set_trust(struct tw_http *http, const struct tw_trust *trust);

// Asked about once a second, also while nothing comes; true ends the exchange with
// TW_E_INTERRUPTED.
void tw_http_set_cancel(struct tw_http *http, bool (*cancelled)(void *ctx), void *ctx);
bool tw_http_is_cancelled(const struct tw_http *http);

struct tw_http_answer {
    long status;
    int64_t body_bytes;                          // Content-Length; -1: not said
    char content_type[128];                      // "" for none; a longer one is cut
    char content_digest[TW_DIGEST_TEXT_MAX + 1]; // Docker-Content-Digest, as sent
    char content_range[128];
    char error_code[64]; // of the registry's error document, such as "MANIFEST_UNKNOWN"
    uint32_t retry_after_s;
    char *location;   // NULL: none
    char *challenges; // all WWW-Authenticate values, one a line; NULL: none
    bool elsewhere;   // set by tw_redirect_follow: another origin answered in the end
};
void tw_http_answer_done(struct tw_http_answer *answer);

struct tw_http_request {
    const struct tw_url *url;
    const char *accept;            // NULL: anything
    const char *authorization;     // value of the header; NULL: none
    const char *range;             // "0-499"; NULL: none
    const char *method;            // NULL: GET, or POST when there is something to post
    struct tw_span post;           // p NULL: nothing
    const char *post_type;         // Content-Type of it
    const char *const *headers;    // "Name: value" of further ones, NULL-terminated; NULL: none
    struct tw_address_guard guard; // where the connection may go
    unsigned connect_timeout_s, stall_timeout_s;
    unsigned total_timeout_s; // of the whole exchange; 0: none
    bool tells_errors;        // `begin` and `body` are for answers of any status
    // Both only for a 2xx answer; a negative value ends the exchange with that code. `begin`
    // (may be NULL) once, before the first byte and also when there is none; `body` as bytes come.
    int (*begin)(void *ctx, const struct tw_http_answer *answer, struct tw_err *err);
    int (*body)(void *ctx, const void *bytes, size_t size, struct tw_err *err);
    void *ctx;
};

// 0 when a whole answer came, whatever its status. TW_E_UNAVAILABLE: no connection, no answer,
// or it broke off; TW_E_NOT_ALLOWED: the address is guarded; TW_E_FORMAT: not HTTP. On failure
// too the answer is filled as far as it came. Clear it by tw_http_answer_done().
// Messages do not name the host: the caller knows it.
int tw_http_perform(struct tw_http *http, const struct tw_http_request *request,
    struct tw_http_answer *answer, struct tw_err *err);
