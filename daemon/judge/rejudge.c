#include "daemon/judge/rejudge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "daemon/clock/clock.h"
#include "daemon/judge/listing.h"
#include "daemon/judge/loaded.h"
#include "daemon/judge/summary.h"
#include "daemon/judge/telling.h"
#include "daemon/log/log.h"

enum {
    BATCH = 100,        // images that are read, judged and written at a time
    LOOK_SECONDS = 600, // for another day, which may end waivers
};

struct tw_rejudge {
    struct tw_store *store;
    struct tw_jury *jury;
    const struct tw_limits *limits;
    struct tw_events *events;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool woken;
    bool all; // not only what is known by another name now
    atomic_bool stopping;
    atomic_ullong judged, backlog;
};

// Only of what a tag points to now. It need not be the tag that it was pushed by last.
static int tell(struct tw_rejudge *j, const struct tw_loaded *loaded,
    struct tw_verdict *const *verdicts, const char *decision, struct tw_telling *ret_telling,
    struct tw_err *err)
{
    const struct tw_image_summary *where = &loaded->stored.summary;
    struct tw_reference reference = {.digest = where->digest};
    memcpy(reference.registry, where->registry, sizeof reference.registry);
    memcpy(reference.repository, where->repository, sizeof reference.repository);
    *ret_telling = (struct tw_telling){0};
    int r = tw_store_current_tag(j->store, &reference, reference.tag, err);
    if (r < 0)
        return r == TW_E_NOT_FOUND ? 0 : r;
    const struct tw_telling_court court = {j->store, j->jury, j->limits};
    const struct tw_telling_subject subject = {.reference = &reference,
        .images = loaded->images,
        .verdicts = verdicts,
        .count = loaded->count,
        .decision = decision};
    return tw_telling_make(&court, &subject, tw_clock_utc_ms(), ret_telling, err);
}

static int judge_images(struct tw_rejudge *j, const struct tw_loaded *loaded,
    struct tw_verdict **verdicts, struct tw_image_summary *ret_judged, struct tw_err *err)
{
    TW_AUTO(tw_freep) struct tw_image_summary *images = calloc(loaded->count + 1, sizeof *images);
    if (!images)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < loaded->count; i++) {
        int r = tw_jury_judge(j->jury, loaded->images[i], TW_EN, &verdicts[i], NULL, err);
        if (r < 0)
            return r;
        images[i] = tw_summary_of_image(loaded->images[i], verdicts[i]);
    }
    *ret_judged = loaded->stored.inventory_json
                      ? images[0]
                      : tw_summary_of_index(&loaded->stored.summary.digest, images, loaded->count);
    return 0;
}

// Under the name of what was asked for: the images of an index are known by the index's here, be
// they pushed by themselves or part of another one.
static int judge_one(struct tw_rejudge *j, const struct tw_digest *digest,
    struct tw_image_summary *ret_summary, char ret_before[8], struct tw_listing *ret_listing,
    struct tw_telling *ret_telling, struct tw_err *err)
{
    TW_AUTO(tw_loaded_done) struct tw_loaded loaded = {0};
    struct tw_image_summary judged;
    int r = tw_loaded_read(j->store, j->limits, digest, &loaded, err);
    if (r < 0)
        return r;
    struct tw_verdict **verdicts = calloc(loaded.count + 1, sizeof(struct tw_verdict *));
    if (!verdicts)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    r = judge_images(j, &loaded, verdicts, &judged, err);
    if (r == 0 && loaded.stored.inventory_json)
        r = tw_listing_make(loaded.images[0], verdicts[0], j->limits, ret_listing, err);
    if (r == 0)
        r = tell(j, &loaded, verdicts, judged.decision, ret_telling, err);
    for (size_t i = 0; i < loaded.count; i++)
        tw_verdict_free(verdicts[i]);
    free(verdicts);
    if (r < 0)
        return r;
    *ret_summary = loaded.stored.summary;
    memcpy(ret_before, ret_summary->decision, sizeof ret_summary->decision);
    memcpy(ret_summary->decision, judged.decision, sizeof judged.decision);
    memcpy(ret_summary->counts, judged.counts, sizeof judged.counts);
    return 0;
}

struct batch {
    struct tw_digest digests[BATCH];
    struct tw_image_summary judged[BATCH];
    struct tw_telling tellings[BATCH];
    char before[BATCH][8];             // what was decided of them
    struct tw_listing listings[BATCH]; // empty for an index
};

static void drop_rows(struct batch *batch)
{
    for (size_t i = 0; i < BATCH; i++) {
        tw_listing_done(&batch->listings[i]);
        tw_telling_done(&batch->tellings[i]);
    }
}

// An image that cannot be judged stays as it is, and is told.
static uint64_t judge_batch(
    struct tw_rejudge *j, struct batch *batch, size_t count, const char *mark)
{
    size_t judged = 0;
    struct tw_err err = {0};
    for (size_t i = 0; i < count && !j->stopping; i++) {
        int r = judge_one(j, &batch->digests[i], &batch->judged[judged], batch->before[judged],
            &batch->listings[judged], &batch->tellings[judged], &err);
        judged += r == 0;
        if (r == 0)
            continue;
        tw_listing_done(&batch->listings[judged]);
        tw_log(TW_LOG_WARNING, "judging again: %s: %s", batch->digests[i].text, err.msg);
    }
    int r = judged == 0 ? 0
                        : tw_store_judged(j->store, batch->judged, batch->listings, batch->tellings,
                              judged, mark, tw_clock_utc_ms(), &err);
    drop_rows(batch);
    for (size_t i = 0; r == 0 && i < judged; i++) {
        if (strcmp(batch->before[i], batch->judged[i].decision) != 0)
            tw_events_image(j->events, &batch->judged[i], batch->before[i]);
    }
    if (r == 0)
        return judged;
    tw_log(TW_LOG_ERROR, "judging again: %zu images stay as they are: %s", judged, err.msg);
    return 0;
}

// All stale rows of one kind; stale_by NULL: those known by another name now.
static uint64_t judge_kind(
    struct tw_rejudge *j, const char *kind, const char *stale_by, const char *mark)
{
    TW_AUTO(tw_freep) struct batch *batch = calloc(1, sizeof *batch);
    uint64_t judged = 0;
    int64_t after = 0;
    size_t count = batch ? BATCH : 0;
    while (count == BATCH && !j->stopping) {
        struct tw_err err = {0};
        if (tw_store_stale(j->store, kind, stale_by, &after, batch->digests, BATCH, &count, &err) <
            0) {
            tw_log(TW_LOG_ERROR, "judging again: %s", err.msg);
            return judged;
        }
        judged += judge_batch(j, batch, count, mark);
        uint64_t left = atomic_load(&j->backlog); // more may have become stale since it was counted
        atomic_store(&j->backlog, left > count ? left - count : 0);
    }
    return judged;
}

// Returns whether all must be looked at.
static bool wait_for_change(struct tw_rejudge *j)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + LOOK_SECONDS * 1000);
    pthread_mutex_lock(&j->mutex);
    int r = 0;
    while (!j->woken && r == 0)
        r = pthread_cond_timedwait(&j->changed, &j->mutex, &until);
    bool all = j->all || !j->woken;
    j->woken = j->all = false;
    pthread_mutex_unlock(&j->mutex);
    return all;
}

static void *work(void *ctx)
{
    struct tw_rejudge *j = ctx;
    char mark[TW_JURY_MARK_BYTES];
    for (bool all = true; !j->stopping; all = wait_for_change(j)) {
        tw_jury_mark(j->jury, mark);
        const char *stale_by = all ? mark : NULL;
        uint64_t backlog = 0;
        (void)tw_store_stale_count(j->store, stale_by, &backlog, NULL); // only to be shown
        atomic_store(&j->backlog, backlog);
        uint64_t images = judge_kind(j, "image", stale_by, mark);
        uint64_t indexes = judge_kind(j, "index", stale_by, mark);
        atomic_store(&j->backlog, 0);
        atomic_fetch_add(&j->judged, images + indexes);
        if (images + indexes > 0)
            tw_log(TW_LOG_INFO, "judged %llu stored images and indexes again, nothing was pulled",
                (unsigned long long)(images + indexes));
    }
    return NULL;
}

int tw_rejudge_start(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    struct tw_events *events, struct tw_rejudge **ret_rejudge, struct tw_err *err)
{
    struct tw_rejudge *j = calloc(1, sizeof *j);
    if (!j)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    j->store = store;
    j->jury = jury;
    j->limits = limits;
    j->events = events;
    pthread_mutex_init(&j->mutex, NULL);
    tw_clock_cond_init(&j->changed);
    if (pthread_create(&j->thread, NULL, work, j) != 0) {
        free(j);
        return tw_err_set(err, TW_E_IO, "a thread could not be started");
    }
    *ret_rejudge = j;
    return 0;
}

void tw_rejudge_wake(struct tw_rejudge *j, bool all)
{
    pthread_mutex_lock(&j->mutex);
    j->woken = true;
    j->all |= all;
    pthread_cond_signal(&j->changed);
    pthread_mutex_unlock(&j->mutex);
}

void tw_rejudge_counters(struct tw_rejudge *j, struct tw_rejudge_counters *ret_counters)
{
    ret_counters->judged = atomic_load(&j->judged);
    ret_counters->backlog = atomic_load(&j->backlog);
}

void tw_rejudge_stop(struct tw_rejudge *j)
{
    if (!j)
        return;
    j->stopping = true;
    tw_rejudge_wake(j, false);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->mutex);
    free(j);
}
