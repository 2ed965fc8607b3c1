// Where notifications go: one kind a file, one sink an entry of the settings' file.
#pragma once

#include "daemon/http/http.h"
#include "daemon/notify/event.h"
#include "daemon/store/notice.h"
#include "scanner/rules/policy.h"

enum tw_sink_option { // keys of the file that not every kind has
    TW_SINK_SECRET = 1,
    TW_SINK_FORMAT = 2,
    TW_SINK_MENTIONS = 4,
    TW_SINK_MOBILES = 8,
    TW_SINK_KEYWORD = 16,
    TW_SINK_SOURCE = 32,
};

struct tw_sink {
    const char *name; // the only thing of it that is ever shown
    const struct tw_sink_kind *kind;
    struct tw_url url;                        // a secret
    const char *secret;                       // NULL: nothing is signed
    bool local;                               // this machine and its links are meant
    unsigned events;                          // a bit for each enum tw_event_kind
    enum tw_severity min, drift_min;          // of findings; of what changed
    struct tw_texts registries, repositories; // patterns; empty: all
    enum tw_lang lang;
    bool as_text; // of robots that know markdown
    struct tw_texts mentions, mobiles;
    const char *keyword, *source; // NULL: none
    struct tw_trust trust;
};

// What is rendered: one event, or several that are told together by kinds that merge.
struct tw_dispatch {
    const char *id; // of the delivery: stays the same however often it is tried
    struct tw_event *events;
    size_t count;
    int64_t now_ms;
    const char *link; // where people reach this daemon, without a slash at the end; NULL
};

enum { TW_SIGNED_HEADERS = 6, TW_SIGNED_HEADER_BYTES = 160 };
struct tw_signed {
    struct tw_url url;
    char lines[TW_SIGNED_HEADERS][TW_SIGNED_HEADER_BYTES];
    unsigned count;
};
void tw_signed_done(struct tw_signed *sign);

struct tw_outcome {
    enum {
        TW_OUTCOME_DELIVERED,
        TW_OUTCOME_AGAIN, // later
        TW_OUTCOME_NEVER, // not this message
        TW_OUTCOME_STOP,  // nothing until somebody has changed something
    } end;
    uint32_t wait_s; // at least; 0: as long as usual
    const char *why; // what to do; a literal, never the receiver's words
    long code;       // of the receiver; 0: none
};

struct tw_sink_kind {
    const char *name, *content_type;
    unsigned options;    // enum tw_sink_option
    unsigned per_minute; // messages that it takes; 0: as many as come
    bool merges;         // many that wait are told in one message

    // The body. What does not fit is counted in it. TW_E_NOMEM.
    int (*render)(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
        struct tw_buf *out, struct tw_err *err);
    // Headers and URL of one attempt; NULL: the URL as it is.
    int (*sign)(const struct tw_sink *sink, const struct tw_dispatch *dispatch, struct tw_span body,
        struct tw_signed *out, struct tw_err *err);
    // What an answer means. The body may have been cut.
    struct tw_outcome (*read)(const struct tw_http_answer *answer, struct tw_span body);
};

extern const struct tw_sink_kind tw_sink_webhook, tw_sink_cloudevents, tw_sink_slack, tw_sink_wecom,
    tw_sink_dingtalk;

const struct tw_sink_kind *tw_sink_kind_at(size_t index); // NULL past the end

// Whether the sink is told of this event. Findings that it is not told of are taken out of it.
bool tw_sink_wants(const struct tw_sink *sink, struct tw_event *event);
