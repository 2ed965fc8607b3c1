// The durable side: queue, images, layer inventories. One engine today (SQLite, WAL).
//
// All functions may be called from any thread. A write has reached the disk when it returns 0
// (many waiting writers share one commit). Times are milliseconds since 1970, UTC, and are
// given by the caller: the store reads no clock.
#pragma once

#include "api/metric/histogram.h"
#include "api/service.h"
#include "daemon/store/listing.h"

struct tw_store;
struct tw_telling;

// Opens or creates; migrates older schemas. One process at a time (path + ".lock" is held until
// the end). TW_E_STORE names the file and says what to do. A disk that is full fails the write
// that hits it with TW_E_STORE; the store goes on when there is room again.
int tw_store_open(const char *path, struct tw_store **ret_store, struct tw_err *err);
void tw_store_close(struct tw_store *store);
TW_DEFINE_AUTO(struct tw_store, tw_store_close)

// ---- queue ----

struct tw_queue_limits {
    uint64_t max_queued;   // TW_E_BUSY past it
    unsigned max_attempts; // then the scan is failed (the dead letters)
};

// Records the push (reference -> digest, for listings) and makes sure that one scan follows:
// a scan of the same registry, repository and digest (or tag, without a digest) that is queued
// or running is joined; a digest whose images are stored already is not scanned again (unless
// they could not be read at all: completeness "failed"). rescan: a new scan even when stored.
// TW_E_BUSY with retry_after_s: the queue is full, nothing was recorded.
int tw_store_push(struct tw_store *store, const struct tw_push *push, bool rescan, int64_t now_ms,
    const struct tw_queue_limits *limits, struct tw_scan *ret_scan, bool *ret_new,
    struct tw_err *err);

// The oldest scan that is due, now leased until now_ms + lease_ms, its attempt counted.
// TW_E_NOT_FOUND: nothing is due; *ret_next_ms says when something will be (0: unknown).
int tw_store_lease(struct tw_store *store, const char *worker, int64_t now_ms, int64_t lease_ms,
    struct tw_scan *ret_scan, int64_t *ret_next_ms, struct tw_err *err);

// Keeps a lease. TW_E_NOT_FOUND when it was lost meanwhile.
int tw_store_renew(struct tw_store *store, const char *id, const char *worker, int64_t now_ms,
    int64_t lease_ms, struct tw_err *err);

// Ends an attempt. retry_at_ms > 0: back to the queue until then, with the reason; 0: failed.
// Back to the queue with TW_E_INTERRUPTED: this attempt does not count. TW_E_NOT_FOUND: the
// lease was lost.
int tw_store_fail(struct tw_store *store, const char *id, const char *worker,
    const struct tw_err *why, int64_t retry_at_ms, int64_t now_ms, struct tw_err *err);

// Puts back what a dead process had leased (at start-up: all leases; later: expired ones). A
// scan without attempts left fails. At start-up no scan waits any longer: the clock may have been
// another one.
int tw_store_recover(struct tw_store *store, bool all, int64_t now_ms,
    const struct tw_queue_limits *limits, unsigned *ret_count, struct tw_err *err);

// Scans that wait are due now: for a clock that went back.
int tw_store_wait_no_longer(struct tw_store *store, int64_t now_ms, struct tw_err *err);

int tw_store_scan_get(
    struct tw_store *store, const char *id, struct tw_scan *ret_scan, struct tw_err *err);
// Newest first. TW_E_USAGE: a state, cursor or limit that there is not.
int tw_store_scan_list(struct tw_store *store, const struct tw_scan_query *query,
    struct tw_scan_list *ret_list, struct tw_err *err);
// TW_E_USAGE: it has not failed, or another scan of the same image is under way.
int tw_store_scan_retry(struct tw_store *store, const char *id, int64_t now_ms,
    struct tw_scan *ret_scan, struct tw_err *err);

// Number of scans by state, and the creation time of the oldest queued one (0: none).
int tw_store_queue_stats(
    struct tw_store *store, uint64_t ret_counts[4], int64_t *ret_oldest_ms, struct tw_err *err);

// ---- results ----

struct tw_stored_image {
    const char *judged_by;           // mark of daemon/judge; never ""
    struct tw_image_summary summary; // digest, kind, platform, completeness, decision, counts
    const char *inventory_json;      // kind image; NULL for an index
    size_t inventory_size;
    const struct tw_digest *children; // kind index: its images, in order
    size_t child_count;
    const char *media_type;
    const struct tw_telling *telling; // what has to be told of it (notice.h); NULL: nothing
    const struct tw_listing *listing; // kind image; NULL: no list tells of it
};

// Stores a scan's images and ends the scan (state done), all in one commit. TW_E_NOT_FOUND when
// the lease was lost: nothing is stored then.
int tw_store_finish(struct tw_store *store, const char *id, const char *worker,
    const struct tw_digest *digest, const struct tw_stored_image *images, size_t count,
    int64_t now_ms, struct tw_err *err);

int tw_store_image_get(struct tw_store *store, const struct tw_digest *digest,
    struct tw_image_summary *ret_image, struct tw_err *err);
// The one that was stored last comes first. Registry, repository and tag are those of any push of
// the image or of an index that it is part of; the summary tells the latest that fits.
int tw_store_image_list(struct tw_store *store, const struct tw_image_query *query,
    struct tw_image_list *ret_list, struct tw_err *err);

// ---- questions about all images ----

// What is asked for, and where the cost of it ends: api/service.h, walk.h.
int tw_store_binary_list(struct tw_store *store, const struct tw_binary_query *query,
    struct tw_binary_list *ret_list, struct tw_err *err);
int tw_store_finding_list(struct tw_store *store, const struct tw_finding_query *query,
    struct tw_finding_list *ret_list, struct tw_err *err);

// What there is now, from counters: it costs the same however many images there are. The series
// (query->to_ms not 0) are those that tw_store_sample left.
int tw_store_stats(struct tw_store *store, const struct tw_stats_query *query,
    struct tw_stats *ret_stats, struct tw_err *err);

// Notes for the hour of now_ms what there is now, and drops what is older than the bounds: hours
// but the last of each day, and days.
struct tw_sample_bounds {
    int64_t hours_ms, days_ms;
};
int tw_store_sample(struct tw_store *store, int64_t now_ms, const struct tw_sample_bounds *bounds,
    struct tw_err *err);

// The inventory (kind image) or the children (kind index) and media type of one stored image.
struct tw_stored_inventory {
    struct tw_image_summary summary;
    char media_type[128];
    char *inventory_json; // NULL for an index
    size_t inventory_size;
    struct tw_digest *children;
    size_t child_count;
};
int tw_store_inventory_get(struct tw_store *store, const struct tw_digest *digest,
    struct tw_stored_inventory *ret_inventory, struct tw_err *err);
void tw_stored_inventory_done(struct tw_stored_inventory *inventory);

// ---- judging again ----

// Up to `max` stored images or indexes (`kind`) that were not judged by `mark`, in order of
// storing, from behind *after (0: from the first), which moves on. mark NULL: those only that were
// judged under another name than that of their latest push; quick, however many are stored.
int tw_store_stale(struct tw_store *store, const char *kind, const char *mark, int64_t *after,
    struct tw_digest *ret_digests, size_t max, size_t *ret_count, struct tw_err *err);

// How many tw_store_stale() would give, of both kinds.
int tw_store_stale_count(
    struct tw_store *store, const char *mark, uint64_t *ret_count, struct tw_err *err);

// Takes decision, counts and listings of the summaries over (listings[i]: of summaries[i], empty
// for an index; NULL: none are given) and writes what has to be told of them (tellings[i]; NULL:
// nothing; notice.h), all in one commit, where the image is still the one that was
// judged: known by the summary's name, and scanned when it says. One that has changed since, or is
// gone, is left as it is, and that is no error: it is stale, or was judged by whoever changed it.
int tw_store_judged(struct tw_store *store, const struct tw_image_summary *summaries,
    const struct tw_listing *listings, const struct tw_telling *tellings, size_t count,
    const char *mark, int64_t now_ms, struct tw_err *err);

// The scanned image that the tag of the latest push of `digest` pointed to before. TW_E_NOT_FOUND.
int tw_store_previous(struct tw_store *store, const struct tw_digest *digest,
    struct tw_digest *ret_previous, struct tw_err *err);

// The digest that a tag had when it was last pushed. TW_E_NOT_FOUND: no push of it is known.
int tw_store_tag_get(struct tw_store *store, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err);

// ---- layers ----

// How much is kept of layers, so that those that no image has any more go away: what was not asked
// for during max_age_ms, and, when all take more than max_bytes, what was not asked for the
// longest.
struct tw_layer_bounds {
    uint64_t max_bytes; // of JSON
    int64_t max_age_ms; // of the last time that it was asked for, known to the day
};

// Appends the JSON. TW_E_NOT_FOUND: never read, dropped, or by an older reader; TW_E_LIMIT: past
// the ceiling of `ret_json`.
int tw_store_layer_get(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, int64_t now_ms, struct tw_buf *ret_json, struct tw_err *err);
// Drops what is past the bounds. One that is larger than max_bytes itself is not kept, and that is
// no error.
int tw_store_layer_put(struct tw_store *store, const struct tw_digest *digest,
    unsigned reader_version, struct tw_span json, int64_t now_ms,
    const struct tw_layer_bounds *bounds, struct tw_err *err);

// Commits: how long each took, and how many writes shared it.
struct tw_store_counters {
    struct tw_histogram commit_seconds, commit_writes;
    atomic_uint_fast64_t failed_commits;
};
extern const struct tw_bounds tw_commit_seconds_bounds, tw_commit_writes_bounds;
const struct tw_store_counters *tw_store_counters(const struct tw_store *store);

// Whether the store can be written at all (for readiness).
int tw_store_check(struct tw_store *store, struct tw_err *err);
