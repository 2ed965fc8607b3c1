// Push notices of registries: one row of the table and one file a sender. facts/webhooks.md.
//
// A sender's parser turns a body from outside into pushes. It decides nothing about what is
// allowed, and a bad event does not hide the good ones beside it.
#pragma once

#include "api/access/signature.h"
#include "api/service.h"
#include "api/webhook/place.h"
#include "scanner/base/arena.h"
#include "scanner/base/span.h"

struct tw_webhook_sender;

struct tw_notice {
    struct tw_arena *arena;                 // owns everything below
    const struct tw_webhook_sender *sender; // whose body it turned out to be
    struct tw_push *pushes; // each registry, repository, tag and digest once, in their order
    size_t push_count;
    size_t ignored;            // events that are no push of an image, or that repeat another
    size_t malformed;          // events that could not be read
    struct tw_err first_wrong; // code 0, or where and why the first of them could not be read
    const char *handshake;     // NULL, or what Azure Event Grid wants to be told
};

void tw_notice_free(struct tw_notice *notice);
TW_DEFINE_AUTO(struct tw_notice, tw_notice_free)

// One request, as parsers see it. All is borrowed.
struct tw_letter {
    struct tw_span body; // as sent
    bool is_form;        // application/x-www-form-urlencoded, else JSON
    const char *place;   // where its images are (place.h); NULL or "": as the sender says
    const char *(*header)(void *ctx, const char *name); // NULL: not sent
    void *ctx;
};

// What a sender makes of an answer that is no 2xx, and so what it is told of events that cannot be
// used. 401, 413, 429 and 503 are answered to all.
enum tw_webhook_refusal {
    TW_REFUSAL_SHOWN,  // a person sees it, nothing else suffers: 400 and 403
    TW_REFUSAL_BLOCKS, // comes again until it is taken, and the next ones wait: 403, which a person
                       // can cure; what is malformed is told in a 200
    TW_REFUSAL_HARMS,  // the hook is disabled, or nobody knows: told in a 200
};

struct tw_told;
struct tw_reading;

struct tw_webhook_sender {
    const char *name;         // the last part of the path: "distribution"
    const char *requested_by; // for the scans: "webhook:distribution"
    // NULL-terminated, lower case, without parameters; "": none at all.
    const char *const *content_types;
    // How it signs its bodies, ended by a row without a header; NULL: it cannot.
    const struct tw_signature_form *signatures;
    const char *secret_header; // shows the secret as it is; NULL: Authorization
    const char *place;         // of its images (place.h), when the webhook has none of its own
    enum tw_webhook_refusal refusal;
    const char *list;  // key of an array of events; NULL: the body is one event
    const char *shape; // what a body looks like, for a message
    // Whether this is an event of that sender, by its headers and keys.
    bool (*fits)(const struct tw_letter *delivery, const struct tw_told *event);
    // Pushes, or ignores, what an event says: reading.h. TW_E_FORMAT: it is malformed.
    int (*read)(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err);
};

const struct tw_webhook_sender *tw_webhook_find(const char *name); // NULL: no such sender
const struct tw_webhook_sender *tw_webhook_at(size_t index);       // NULL past the end
size_t tw_webhook_index(const struct tw_webhook_sender *sender);

// The name of the webhook that any of them may use.
#define TW_WEBHOOK_AUTO "auto"

// A webhook, as a request finds it by the last part of its path.
struct tw_hook {
    const struct tw_webhook_sender *sender; // NULL: "auto", told by headers and body
    char place[TW_PLACE_MAX + 1];           // "": as the sender says
};

// `access` may be NULL. False: there is no such webhook.
bool tw_hook_find(const struct tw_access *access, const char *name, struct tw_hook *ret_hook);

// Content types of its bodies, as in its row. `sender` NULL: those of all of them.
const char *const *tw_webhook_types(const struct tw_webhook_sender *sender);

// `sender` NULL: whichever it is. TW_E_FORMAT: the body as a whole is not what this sender writes.
// TW_E_LIMIT: too large, too deep, too many events. Events that are malformed alone are told in
// ret_notice.
int tw_webhook_parse(const struct tw_webhook_sender *sender, const struct tw_letter *delivery,
    const struct tw_limits *limits, struct tw_notice **ret_notice, struct tw_err *err);

// User-Agent of our own requests to registries begins with this: they are not news.
#define TW_WEBHOOK_OWN_AGENT "tidewaiter/"
