// What the HTTP side asks of the rest of the program: the one seam between api/ and daemon/.
//
// All functions may be called from many threads at once and may block on the store, never on
// the network. Results are owned by the caller; the matching _done functions give them back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/admission/admission.h"
#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/base/err.h"
#include "scanner/base/limits.h"
#include "scanner/image/reference.h"
#include "scanner/rules/rule.h"

// A push notice, or a person's wish, made of any sender's words.
struct tw_push {
    struct tw_reference reference; // with a digest when the sender gave one
    const char *requested_by;      // "webhook:distribution", "api", "cli"
    const char *actor;             // who pushed; NULL
    const char *request_id;        // of the request that told it, for the log; NULL
    bool rescan;                   // a new scan, even when the image has been scanned already
};

enum tw_scan_state { TW_SCAN_QUEUED, TW_SCAN_RUNNING, TW_SCAN_DONE, TW_SCAN_FAILED };
const char *tw_scan_state_name(enum tw_scan_state state); // "queued" ...
int tw_scan_state_parse(const char *name, enum tw_scan_state *ret_state, struct tw_err *err);

struct tw_scan {
    char id[33];
    char reference[TW_REFERENCE_TEXT_MAX + 1];
    struct tw_digest digest; // empty until it is known
    enum tw_scan_state state;
    unsigned attempts;
    char requested_by[64];
    int64_t created_ms, started_ms, finished_ms, retry_at_ms; // since 1970, UTC; 0: not yet
    char error_code[32];
    char error_message[512];
};

struct tw_scan_list {
    struct tw_scan *items;
    size_t count;
    char next[128]; // cursor of the next page; "" on the last one
};
void tw_scan_list_done(struct tw_scan_list *list);

struct tw_scan_query {
    const char *state;                 // NULL: all
    const char *cursor;                // NULL: first page
    unsigned limit;                    // 1 to 500
    const char *registry, *repository; // NULL: any
    int64_t since_ms, until_ms;        // of its creation; until is not included; 0: open
    bool oldest_first;
};

struct tw_image_summary {
    struct tw_digest digest;
    char kind[8];                             // "image" or "index"
    char registry[TW_REFERENCE_NAME_MAX + 1]; // of the latest push seen
    char repository[TW_REFERENCE_NAME_MAX + 1];
    char tag[TW_TAG_MAX + 1];
    char platform[64]; // "linux/arm64/v8"; "" for an index
    char completeness[16];
    char decision[8];
    unsigned counts[TW_SEVERITY_COUNT];
    unsigned go_binaries;
    int64_t pushed_ms, scanned_ms;
};

struct tw_image_list {
    struct tw_image_summary *items;
    size_t count;
    char next[768]; // a name is 255 bytes at most, each two digits
};
void tw_image_list_done(struct tw_image_list *list);

enum tw_order { // of lists; within the same key in order of storing
    TW_ORDER_STORED,
    TW_ORDER_GO,
    TW_ORDER_PATH,
    TW_ORDER_PUSHED,
    TW_ORDER_SEVERITY,
    TW_ORDER_FIRST_SEEN,
    TW_ORDER_REPOSITORY,
};

struct tw_image_query {
    const char *registry, *repository, *tag, *decision; // NULL: any
    const char *cursor;
    unsigned limit;
    enum tw_order order; // stored (the last one first), pushed, severity, repository
    bool descending;     // of the last three
    const char *kind, *completeness;
    int min_severity;           // an enum tw_severity and 1; 0: any, or none at all
    int64_t go_from, go_until;  // a program of it; as in tw_binary_query
    const char *name_part;      // of the repository
    int current;                // 1: a tag points to it now; -1: none does; 0: any
    int64_t since_ms, until_ms; // of its latest push; until is not included; 0: open
};

// ---- questions about all images ----

// Where an image must be known from. With `current` by a tag that points to it now (or to an index
// that it is part of), else by any push.
struct tw_place {
    const char *registry, *repository, *tag; // NULL: any
    bool current;
};

struct tw_binary_query {
    struct tw_place place;
    // tw_goversion_number() of releases: from go_from, below go_until; 0: any, known or not.
    int64_t go_from, go_until;
    const char *module, *module_version; // NULL: any
    const char *experiment;
    const char *godebug, *godebug_value;
    const char *main_path;
    const char *image; // digest of the image, or of an index that it is part of
    enum tw_order order;
    bool descending;
    const char *cursor; // NULL: first page
    unsigned limit;
};

struct tw_binary_setting {
    const char *name, *value;
    bool from_default;
};

struct tw_binary_module {
    const char *path, *version;
};

struct tw_binary { // texts: "" for not known
    const char *image, *registry, *repository, *tag, *platform;
    const char *path, *sha256, *os, *arch;
    const char *go_version, *go_release, *experiments; // experiments: parted by spaces
    const char *main_path, *main_version;
    struct tw_binary_setting *settings;
    size_t setting_count;
    struct tw_binary_module *modules; // those that were asked for
    size_t module_count;
    int64_t pushed_ms;
};

struct tw_binary_list {
    struct tw_arena *arena; // owns the rest
    struct tw_binary *items;
    size_t count;
    const char *next; // ""; a page may have fewer items than its limit and still have a next one
};
void tw_binary_list_done(struct tw_binary_list *list);

struct tw_finding_query {
    struct tw_place place;
    const char *rule;                            // NULL: any
    enum tw_severity severity_from, severity_to; // both included
    int64_t since_ms, until_ms;                  // first seen; until is not included, 0: no end
    int waived;                                  // 1, 0; -1: any
    enum tw_order order;
    bool descending;
    const char *cursor;
    unsigned limit;
};

struct tw_listed { // a finding, and where
    const char *image, *registry, *repository, *tag, *platform;
    const char *rule, *title, *message, *fingerprint;
    const char *binary; // NULL: the image as a whole
    enum tw_severity severity;
    bool waived;
    int64_t first_seen_ms;
};

struct tw_finding_list {
    struct tw_arena *arena;
    struct tw_listed *items;
    size_t count;
    const char *next;
};
void tw_finding_list_done(struct tw_finding_list *list);

// One row of what is counted: current images that have it, and how often they do in all.
struct tw_stat {
    const char *name, *value;
    uint64_t images, things;
};

struct tw_stat_list {
    struct tw_stat *items;
    size_t count;
};

struct tw_point {
    int64_t at_ms;
    int64_t value;
};

struct tw_series {
    const char *name;
    struct tw_point *points;
    size_t count;
};

struct tw_stats {
    struct tw_arena *arena; // owns the rest
    uint64_t images, go_binaries;
    uint64_t decisions[3];    // by enum tw_decision
    uint64_t completeness[3]; // complete, partial, failed
    uint64_t findings[TW_SEVERITY_COUNT];
    uint64_t finding_images[TW_SEVERITY_COUNT]; // that have one of that severity
    struct tw_stat_list rules;                  // value: the severity as a digit (rules/rule.h)
    struct tw_stat_list releases;               // name "": not known
    struct tw_stat_list settings;               // GODEBUG
    struct tw_stat_list experiments;            // GOEXPERIMENT; value: ""
    uint64_t scans[4];                          // by enum tw_scan_state
    int64_t queue_oldest_ms;                    // 0: none waits
    struct tw_series *series;
    size_t series_count;
};
void tw_stats_done(struct tw_stats *stats);

struct tw_stats_query {
    int64_t from_ms, to_ms; // of the series; to_ms 0: no series
    bool by_day;
};

struct tw_report_request {
    struct tw_digest digest;
    const char *format; // "json", "text"
    enum tw_lang lang;
};

struct tw_compare_request {
    struct tw_digest from, to;
    bool as_text; // else JSON
    enum tw_lang lang;
};

// What somebody is to be told, on its way. Without where to: addresses are secrets.
struct tw_notification {
    char id[33];
    char sink[48];                             // its name in the settings
    char event[16];                            // "findings", "drift", "dead-letter"
    char reference[TW_REFERENCE_TEXT_MAX + 1]; // of the image
    char state[8];                             // "waiting", "failed"
    unsigned attempts;
    int64_t created_ms, due_ms;
    char error[256]; // of the last attempt; "": none
};

struct tw_notification_list {
    struct tw_notification *items;
    size_t count;
    char next[128];
};
void tw_notification_list_done(struct tw_notification_list *list);

struct tw_notification_query {
    const char *sink, *state; // NULL: any
    const char *cursor;
    unsigned limit;
};

#define TW_EVENTS_FROM_NOW UINT64_MAX

struct tw_service {
    void *ctx;

    // Whether pushes from this registry are scanned at all; TW_E_NOT_ALLOWED says what to set.
    int (*registry_allowed)(void *ctx, const char *registry, struct tw_err *err);

    // Durable when it returns 0: the push is on disk, and exactly one scan follows (or has
    // been done already: then ret_scan tells that one, and *ret_new is false).
    // TW_E_NOT_ALLOWED, TW_E_BUSY (queue or disk full; err->retry_after_s), TW_E_STORE.
    int (*push)(void *ctx, const struct tw_push *push, struct tw_scan *ret_scan, bool *ret_new,
        struct tw_err *err);

    int (*scan_list)(void *ctx, const struct tw_scan_query *query, struct tw_scan_list *ret_list,
        struct tw_err *err);
    int (*scan_get)(void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err);
    // Puts a failed scan back on the queue. TW_E_USAGE when it has not failed.
    int (*scan_retry)(void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err);

    int (*image_list)(void *ctx, const struct tw_image_query *query, struct tw_image_list *ret_list,
        struct tw_err *err);
    int (*image_get)(void *ctx, const struct tw_digest *digest, struct tw_image_summary *ret_image,
        struct tw_err *err);
    // TW_E_USAGE: a cursor that is none, or of another sort.
    int (*binary_list)(void *ctx, const struct tw_binary_query *query,
        struct tw_binary_list *ret_list, struct tw_err *err);
    int (*finding_list)(void *ctx, const struct tw_finding_query *query,
        struct tw_finding_list *ret_list, struct tw_err *err);
    int (*stats)(void *ctx, const struct tw_stats_query *query, struct tw_stats *ret_stats,
        struct tw_err *err);
    // Writes the report. TW_E_NOT_FOUND: not scanned; the message says whether it is queued.
    int (*report)(
        void *ctx, const struct tw_report_request *request, struct tw_buf *out, struct tw_err *err);

    // Writes what changes between two images. TW_E_NOT_FOUND: one has not been scanned, or they
    // have no platform in common.
    int (*compare)(void *ctx, const struct tw_compare_request *request, struct tw_buf *out,
        struct tw_err *err);
    // The scanned image that the tag of an image's latest push pointed to before. TW_E_NOT_FOUND.
    int (*previous)(void *ctx, const struct tw_digest *digest, struct tw_digest *ret_previous,
        struct tw_err *err);

    // Whether a Pod may run: docs/admission.md. Answers by question->until_ms, whatever the store
    // and the registries do; that it cannot be told is an answer. The Pod must outlive it.
    int (*admit)(void *ctx, const struct tw_admission_question *question,
        struct tw_admission **ret_admission, struct tw_err *err);

    // Appends events behind *after as server-sent events, and moves it on; waits for one at most
    // wait_ms, then appends nothing. TW_EVENTS_FROM_NOW: only what comes from now on.
    // TW_E_INTERRUPTED: there will be no more.
    int (*events)(
        void *ctx, uint64_t *after, unsigned wait_ms, struct tw_buf *out, struct tw_err *err);

    // Whether work can be taken: store writable, workers running. The message says what is not.
    int (*ready)(void *ctx, struct tw_err *err);
    // Metrics of the daemon's side in Prometheus' text format, appended to `out`.
    int (*metrics)(void *ctx, struct tw_buf *out, struct tw_err *err);
    int64_t (*now_ms)(void *ctx);

    int (*notification_list)(void *ctx, const struct tw_notification_query *query,
        struct tw_notification_list *ret_list, struct tw_err *err);
    // Tries a failed one again. TW_E_USAGE when it has not failed.
    int (*notification_retry)(
        void *ctx, const char *id, struct tw_notification *ret_notification, struct tw_err *err);
};
