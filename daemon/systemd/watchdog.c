#include "daemon/systemd/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock/clock.h"
#include "daemon/log/log.h"
#include "daemon/systemd/supervisor.h"

enum {
    PARTS = 3,
    EVERY_MIN_MS = 10,
    EVERY_MAX_MS = 3600 * 1000
}; // a third of the time, to be early

struct tw_watchdog {
    struct tw_watchdog_options options;
    int64_t every_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; // under the lock
};

// Microseconds, 0 when nobody watches us.
static uint64_t take_period(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us = period ? strtoull(period, NULL, 10) : 0;
    bool is_ours = !pid || strtoll(pid, NULL, 10) == (long long)getpid();
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return is_ours ? us : 0;
}

static void look(const struct tw_watchdog *w, bool *silent)
{
    struct tw_err err = {0};
    bool alive = w->options.alive(w->options.ctx, &err) == 0;
    if (alive)
        tw_supervisor_tell("WATCHDOG=1");
    else if (!*silent)
        tw_log(TW_LOG_ERROR, "watchdog: %s; the supervisor will end this process", err.msg);
    *silent = !alive;
}

static void *watch(void *ctx)
{
    struct tw_watchdog *w = ctx;
    bool silent = false;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        pthread_mutex_unlock(&w->lock);
        look(w, &silent);
        pthread_mutex_lock(&w->lock);
        struct timespec until = tw_clock_at(tw_clock_ms() + w->every_ms);
        while (!w->stopping && pthread_cond_timedwait(&w->changed, &w->lock, &until) != ETIMEDOUT)
            ;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void init_lock(struct tw_watchdog *w)
{
    pthread_mutex_init(&w->lock, NULL);
    tw_clock_cond_init(&w->changed);
}

static void free_watchdog(struct tw_watchdog *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int tw_watchdog_start(const struct tw_watchdog_options *options, struct tw_watchdog **ret_watchdog,
    struct tw_err *err)
{
    int64_t every_ms = (int64_t)(take_period() / 1000 / PARTS);
    *ret_watchdog = NULL;
    if (every_ms == 0 || !tw_supervisor_listens())
        return 0;
    struct tw_watchdog *w = calloc(1, sizeof *w);
    if (!w)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    w->options = *options;
    w->every_ms = every_ms < EVERY_MIN_MS   ? EVERY_MIN_MS
                  : every_ms > EVERY_MAX_MS ? EVERY_MAX_MS
                                            : every_ms;
    init_lock(w);
    int why = pthread_create(&w->thread, NULL, watch, w);
    if (why) {
        free_watchdog(w);
        return tw_err_set(err, TW_E_IO, "the watchdog's thread: %s", strerror(why));
    }
    *ret_watchdog = w;
    return 0;
}

void tw_watchdog_stop(struct tw_watchdog *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    free_watchdog(w);
}
