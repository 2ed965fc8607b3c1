// What happens, kept for a while in memory, as server-sent events.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
#pragma once

#include "api/service.h"

struct tw_events;

enum { TW_EVENTS_KEPT = 1024 };

// `now_ms`: ids begin there, so that those of a process before are below.
int tw_events_new(int64_t now_ms, struct tw_events **ret_events, struct tw_err *err);
void tw_events_free(struct tw_events *events); // nobody may use it any more
TW_DEFINE_AUTO(struct tw_events, tw_events_free)

// From now on readers get TW_E_INTERRUPTED at once.
void tw_events_close(struct tw_events *events);

// What is published is seen from then on by all readers; without memory, they are told to start
// over. Never waits for a reader. NULL events: nothing happens.
void tw_events_push(struct tw_events *events, const struct tw_scan *scan);
void tw_events_scan(struct tw_events *events, const struct tw_scan *scan, enum tw_scan_state state,
    const struct tw_err *why);
// previous_decision: NULL or "" when there was none.
void tw_events_image(
    struct tw_events *events, const struct tw_image_summary *image, const char *previous_decision);
void tw_events_drift(struct tw_events *events, const struct tw_digest *digest,
    const struct tw_digest *previous, const char *reference);

// api/service.h, `events`.
int tw_events_read(struct tw_events *events, uint64_t *after, unsigned wait_ms, struct tw_buf *out,
    struct tw_err *err);
