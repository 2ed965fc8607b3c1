// The outbox: what has to be told, and to whom.
//
// A notice is written in the commit of what it tells of (results, a judgement, a scan that failed
// for good), sorted into deliveries (one for each sink that wants it), and each of these is kept
// until it has been delivered, was given up, or its sink is gone. So it is told at least once; the
// id of a delivery stays the same however often it is tried. As in store.h, times are the caller's.
#pragma once

#include "daemon/store/store.h"

enum { TW_SINK_NAME_MAX = 40, TW_NOTICE_KIND_MAX = 15 };

// ---- writing ----

// What has been told of an image of a repository. Findings are 17 bytes each, sorted: fingerprint
// and severity.
enum tw_told_state {
    TW_TOLD_NEVER,  // the image is new in this repository
    TW_TOLD_BEFORE, // it was stored before anything was told
    TW_TOLD,
};
struct tw_told {
    enum tw_told_state state;
    bool has_moved; // the reference's tag came to point to it since it was told of last
    int64_t generation;
    struct tw_buf findings;
};
enum { TW_TOLD_FINDING_BYTES = 17, TW_TOLD_BYTES_MAX = TW_TOLD_FINDING_BYTES * 100000 };

int tw_store_told_get(struct tw_store *store, const struct tw_reference *reference,
    struct tw_told *ret_told, struct tw_err *err);
void tw_told_done(struct tw_told *told);

// The scanned image that the tag pointed to before it pointed to the reference's digest (or, when
// that is not on record, until now). TW_E_NOT_FOUND.
int tw_store_tag_before(struct tw_store *store, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err);

// The tag that points to the reference's digest now; of several the one that was pushed last.
// TW_E_NOT_FOUND: none of that repository does.
int tw_store_current_tag(struct tw_store *store, const struct tw_reference *reference,
    char ret_tag[TW_TAG_MAX + 1], struct tw_err *err);

struct tw_notice_text {
    const char *kind;
    struct tw_buf json;
};

// What is to be written with the results or the judgement of one image.
struct tw_telling {
    struct tw_reference reference;
    int64_t generation;     // as got
    struct tw_buf findings; // all that is told or known from then on
    struct tw_notice_text notices[2];
    size_t count;
    int64_t now_ms;
    bool is_set; // false: there is nothing to write
};
void tw_telling_done(struct tw_telling *telling);

// ---- who listens ----

// `noticed` is called after each commit that may have written a notice, by whichever thread waited
// for it. Set before other threads use the store, and to NULL after.
void tw_store_listen(struct tw_store *store, void (*noticed)(void *ctx), void *ctx);

// Whether anybody wants to be told; else notices of images are not even made. Any thread.
void tw_store_set_telling(struct tw_store *store, bool telling);
bool tw_store_is_telling(const struct tw_store *store);

// ---- sorting ----

struct tw_news {
    int64_t id, created_ms;
    char kind[TW_NOTICE_KIND_MAX + 1];
    char *json;
    size_t size;
};
void tw_news_done(struct tw_news *notice);

// The oldest that has not been sorted. TW_E_NOT_FOUND.
int tw_store_notice_next(struct tw_store *store, struct tw_news *ret_notice, struct tw_err *err);

// A delivery for each of the sinks that has fewer than `max_waiting`; ret_dropped[i] tells whether
// sink i got none. Without a delivery the notice goes.
int tw_store_notice_sort(struct tw_store *store, int64_t notice_id, const char *const *sinks,
    size_t count, uint64_t max_waiting, int64_t now_ms, bool *ret_dropped, struct tw_err *err);

// ---- deliveries ----

struct tw_delivery {
    char id[33];
    unsigned attempts; // this one included
    int64_t created_ms;
    struct tw_news notice;
};

// Up to `max` that are due for a sink, oldest first, leased for lease_ms, their attempts counted.
// *ret_next_ms says when the next of the others is due (0:
// nothing waits).
int tw_store_delivery_take(struct tw_store *store, const char *sink, size_t max, int64_t now_ms,
    int64_t lease_ms, struct tw_delivery *ret_deliveries, size_t *ret_count, int64_t *ret_next_ms,
    struct tw_err *err);

enum tw_delivery_end {
    TW_DELIVERY_DONE,   // they go
    TW_DELIVERY_AGAIN,  // at `at_ms`
    TW_DELIVERY_BACK,   // the same, and this attempt does not count
    TW_DELIVERY_FAILED, // kept for people to look at
};
int tw_store_delivery_end(struct tw_store *store, const struct tw_delivery *deliveries,
    size_t count, enum tw_delivery_end end, const char *error, int64_t at_ms, struct tw_err *err);

// What a dead process had leased is due, and nothing waits any longer. For the start.
int tw_store_delivery_recover(struct tw_store *store, int64_t now_ms, struct tw_err *err);

// Drops what waits for, or failed at, a sink. *ret_count: how many.
int tw_store_delivery_drop(
    struct tw_store *store, const char *sink, uint64_t *ret_count, struct tw_err *err);

// Drops what failed and was made before `before_ms`, and all but the newest `max` of them.
int tw_store_delivery_purge(struct tw_store *store, int64_t before_ms, uint64_t max,
    uint64_t *ret_count, struct tw_err *err);

struct tw_delivery_count {
    char sink[TW_SINK_NAME_MAX + 1];
    uint64_t waiting, failed;
};
// Of all sinks that have any, by name. *ret_counts is the caller's to free.
int tw_store_delivery_counts(struct tw_store *store, struct tw_delivery_count **ret_counts,
    size_t *ret_count, struct tw_err *err);

// Newest first.
int tw_store_delivery_list(struct tw_store *store, const struct tw_notification_query *query,
    struct tw_notification_list *ret_list, struct tw_err *err);
// Puts one that failed back. TW_E_NOT_FOUND; TW_E_USAGE: it has not failed.
int tw_store_delivery_retry(struct tw_store *store, const char *id, int64_t now_ms,
    struct tw_notification *ret_notification, struct tw_err *err);
