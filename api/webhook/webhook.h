// Push notices of registries: one row of the table and one file a sender.
//
// A sender's parser turns a body from outside into pushes. It decides nothing about what is
// allowed, and a bad event does not hide the good ones beside it.
#pragma once

#include "api/access/signature.h"
#include "api/service.h"
#include "scanner/base/arena.h"
#include "scanner/base/span.h"

struct tw_notice {
    struct tw_arena *arena; // owns everything below
    struct tw_push *pushes; // each registry, repository, tag and digest once, in their order
    size_t push_count;
    size_t ignored;            // events that are no push of an image, or that repeat another
    size_t malformed;          // events that could not be read
    struct tw_err first_wrong; // code 0, or where and why the first of them could not be read
};

void tw_notice_free(struct tw_notice *notice);
TW_DEFINE_AUTO(struct tw_notice, tw_notice_free)

struct tw_webhook_sender {
    const char *name;                 // the last part of the path: "distribution"
    const char *requested_by;         // for the scans: "webhook:distribution"
    const char *const *content_types; // NULL-terminated, lower case, without parameters
    // How it signs its bodies, besides showing a token.
    const struct tw_signature_form *signature;
    // TW_E_FORMAT: the body as a whole is not what this sender writes. TW_E_LIMIT: too large,
    // too deep, too many events. Events that are malformed alone are told in ret_notice.
    int (*parse)(struct tw_span body, const struct tw_limits *limits, struct tw_notice **ret_notice,
        struct tw_err *err);
};

const struct tw_webhook_sender *tw_webhook_find(const char *name); // NULL: no such sender
const struct tw_webhook_sender *tw_webhook_at(size_t index);       // NULL past the end

// User-Agent of our own requests to registries begins with this: they are not news.
#define TW_WEBHOOK_OWN_AGENT "tidewaiter/"
