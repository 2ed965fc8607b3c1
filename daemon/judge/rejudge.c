#include "daemon/judge/rejudge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "daemon/judge/summary.h"
#include "daemon/log/log.h"

enum {
    BATCH = 100,
    LOOK_SECONDS = 600, // for another day, which may end waivers
};

struct tw_rejudge {
    struct tw_store *store;
    struct tw_jury *jury;
    const struct tw_limits *limits;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool woken;
    atomic_bool stopping;
};

static int judge_image(struct tw_rejudge *j, const struct tw_stored_inventory *stored,
    struct tw_image_summary *ret_summary, struct tw_err *err)
{
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = NULL;
    TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
    int r = tw_image_inventory_from_json(
        tw_span_of(stored->inventory_json, stored->inventory_size), j->limits, &image, err);
    if (r < 0)
        return r;
    const struct tw_image_summary *where = &stored->summary;
    image->registry = where->registry[0] ? where->registry : NULL;
    image->repository = where->repository[0] ? where->repository : NULL;
    image->tag = where->tag[0] ? where->tag : NULL;
    r = tw_jury_judge(j->jury, image, TW_EN, &verdict, NULL, err);
    if (r == 0)
        *ret_summary = tw_summary_of_image(image, verdict);
    return r;
}

static int judge_index(struct tw_rejudge *j, const struct tw_stored_inventory *stored,
    struct tw_image_summary *ret_summary, struct tw_err *err)
{
    TW_AUTO(tw_freep)
    struct tw_image_summary *children = calloc(stored->child_count + 1, sizeof *children);
    if (!children)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < stored->child_count; i++) {
        int r = tw_store_image_get(j->store, &stored->children[i], &children[i], err);
        if (r < 0)
            return r;
    }
    *ret_summary = tw_summary_of_index(&stored->summary.digest, children, stored->child_count);
    return 0;
}

static int judge_one(
    struct tw_rejudge *j, const struct tw_digest *digest, const char *mark, struct tw_err *err)
{
    TW_AUTO(tw_stored_inventory_done) struct tw_stored_inventory stored = {0};
    struct tw_image_summary summary;
    int r = tw_store_inventory_get(j->store, digest, &stored, err);
    if (r == 0)
        r = stored.inventory_json ? judge_image(j, &stored, &summary, err)
                                  : judge_index(j, &stored, &summary, err);
    return r < 0 ? r : tw_store_judged(j->store, &summary, mark, err);
}

// All stale rows of one kind. An image that cannot be judged stays as it is, and is told.
static uint64_t judge_kind(struct tw_rejudge *j, const char *kind, const char *mark)
{
    TW_AUTO(tw_freep) struct tw_digest *digests = calloc(BATCH, sizeof *digests);
    uint64_t judged = 0;
    int64_t after = 0;
    size_t count = digests ? BATCH : 0;
    while (count == BATCH && !j->stopping) {
        struct tw_err err = {0};
        if (tw_store_stale(j->store, kind, mark, &after, digests, BATCH, &count, &err) < 0) {
            tw_log(TW_LOG_ERROR, "judging again: %s", err.msg);
            return judged;
        }
        for (size_t i = 0; i < count && !j->stopping; i++) {
            int r = judge_one(j, &digests[i], mark, &err);
            judged += r == 0;
            if (r < 0)
                tw_log(TW_LOG_WARNING, "judging again: %s: %s", digests[i].text, err.msg);
        }
    }
    return judged;
}

static void wait_for_change(struct tw_rejudge *j)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_SECONDS;
    pthread_mutex_lock(&j->mutex);
    while (!j->woken && pthread_cond_timedwait(&j->changed, &j->mutex, &until) == 0)
        ;
    j->woken = false;
    pthread_mutex_unlock(&j->mutex);
}

static void *work(void *ctx)
{
    struct tw_rejudge *j = ctx;
    char mark[TW_JURY_MARK_BYTES];
    while (!j->stopping) {
        tw_jury_mark(j->jury, mark);
        uint64_t images = judge_kind(j, "image", mark);
        uint64_t indexes = judge_kind(j, "index", mark); // they are made of their images
        if (images + indexes > 0)
            tw_log(TW_LOG_INFO, "judged %llu stored images and indexes again, nothing was pulled",
                (unsigned long long)(images + indexes));
        if (!j->stopping)
            wait_for_change(j);
    }
    return NULL;
}

int tw_rejudge_start(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    struct tw_rejudge **ret_rejudge, struct tw_err *err)
{
    struct tw_rejudge *j = calloc(1, sizeof *j);
    if (!j)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    j->store = store;
    j->jury = jury;
    j->limits = limits;
    pthread_mutex_init(&j->mutex, NULL);
    pthread_cond_init(&j->changed, NULL);
    if (pthread_create(&j->thread, NULL, work, j) != 0) {
        free(j);
        return tw_err_set(err, TW_E_IO, "a thread could not be started");
    }
    *ret_rejudge = j;
    return 0;
}

void tw_rejudge_wake(struct tw_rejudge *j)
{
    pthread_mutex_lock(&j->mutex);
    j->woken = true;
    pthread_cond_signal(&j->changed);
    pthread_mutex_unlock(&j->mutex);
}

void tw_rejudge_stop(struct tw_rejudge *j)
{
    if (!j)
        return;
    j->stopping = true;
    tw_rejudge_wake(j);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->mutex);
    free(j);
}
