// What is told: new findings of an image, drift of a tag, a scan that failed for good. In no
// sink's words yet; this is what the outbox keeps.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/rules/rule.h"

enum tw_event_kind {
    TW_EVENT_FINDINGS,
    TW_EVENT_DRIFT,
    TW_EVENT_DEAD_LETTER,
    TW_EVENT_TEST, // somebody wants to see whether a sink works
    TW_EVENT_KINDS,
};
extern const char *const tw_event_names[TW_EVENT_KINDS]; // "findings" ...

enum {
    TW_EVENT_FINDINGS_MAX = 100,       // listed; the others are counted
    TW_EVENT_MESSAGE_BYTES_MAX = 1024, // of one finding; longer ones are cut
    TW_EVENT_BYTES_MAX = 2 << 20,      // as JSON
};

struct tw_event_finding {
    const char *rule; // "TW201"
    enum tw_severity severity;
    const char *platform, *binary; // NULL: none known; the image as a whole
    const char *fingerprint;
    const char *message[TW_LANG_COUNT]; // English is always there
};

struct tw_event {
    enum tw_event_kind kind;
    int64_t at_ms;
    const char *registry, *repository, *tag, *digest; // "" for what is not known
    const char *previous;                             // digest that the tag pointed to; NULL
    const char *decision;                             // NULL: not of this kind
    struct tw_event_finding *findings;                // worst first
    size_t count;
    unsigned more[TW_SEVERITY_COUNT];   // not listed
    const char *scan, *error, *message; // of a dead letter; else NULL
    unsigned attempts;
};

// The text of an event, without its kind and time, which are told beside it. TW_E_LIMIT,
// TW_E_NOMEM.
int tw_event_write(const struct tw_event *event, struct tw_buf *out, struct tw_err *err);

// The event points into `arena`. TW_E_FORMAT: it was not written by the above.
int tw_event_read(struct tw_span json, const char *kind, int64_t at_ms, struct tw_arena *arena,
    struct tw_event *ret_event, struct tw_err *err);

// Findings of `min` and worse only. Returns how many there are, those that are not listed among
// them.
unsigned tw_event_keep(struct tw_event *event, enum tw_severity min);

// "registry/repository:tag", or with @digest when it has no tag. NULL: out of memory.
const char *tw_event_reference(const struct tw_event *event, struct tw_arena *arena);
