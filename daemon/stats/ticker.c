#include "daemon/stats/ticker.h"

#include <pthread.h>

#include "daemon/clock/clock.h"
#include "daemon/log/log.h"

enum { TICK_S = 60, HOUR_DAYS = 62 };
#define DAY_MS (24 * 60 * 60 * 1000LL)

struct tw_ticker {
    struct tw_store *store;
    struct tw_sample_bounds bounds;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
};

static void note(struct tw_ticker *ticker)
{
    struct tw_err err = {0};
    if (tw_store_sample(ticker->store, tw_clock_utc_ms(), &ticker->bounds, &err) < 0)
        tw_log(TW_LOG_WARNING, "stats: this hour could not be noted: %s", err.msg);
}

static void *work(void *ctx)
{
    struct tw_ticker *ticker = ctx;
    pthread_mutex_lock(&ticker->mutex);
    while (!ticker->stopping) {
        pthread_mutex_unlock(&ticker->mutex);
        note(ticker);
        struct timespec until = tw_clock_at(tw_clock_ms() + TICK_S * 1000);
        pthread_mutex_lock(&ticker->mutex);
        int r = 0;
        while (!ticker->stopping && r == 0)
            r = pthread_cond_timedwait(&ticker->changed, &ticker->mutex, &until);
    }
    pthread_mutex_unlock(&ticker->mutex);
    return NULL;
}

int tw_ticker_start(
    struct tw_store *store, unsigned days, struct tw_ticker **ret_ticker, struct tw_err *err)
{
    struct tw_ticker *ticker = calloc(1, sizeof *ticker);
    if (!ticker)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    ticker->store = store;
    ticker->bounds = (struct tw_sample_bounds){HOUR_DAYS * DAY_MS, (int64_t)days * DAY_MS};
    pthread_mutex_init(&ticker->mutex, NULL);
    tw_clock_cond_init(&ticker->changed);
    if (pthread_create(&ticker->thread, NULL, work, ticker) != 0) {
        free(ticker);
        return tw_err_set(err, TW_E_IO, "a thread could not be started");
    }
    *ret_ticker = ticker;
    return 0;
}

void tw_ticker_stop(struct tw_ticker *ticker)
{
    if (!ticker)
        return;
    pthread_mutex_lock(&ticker->mutex);
    ticker->stopping = true;
    pthread_cond_signal(&ticker->changed);
    pthread_mutex_unlock(&ticker->mutex);
    pthread_join(ticker->thread, NULL);
    pthread_cond_destroy(&ticker->changed);
    pthread_mutex_destroy(&ticker->mutex);
    free(ticker);
}
