#include "daemon/worker/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/clock/clock.h"
#include "daemon/log/log.h"
#include "daemon/worker/attempt.h"
#include "daemon/worker/cooling.h"
#include "daemon/worker/retry.h"

enum {
    LEASE_MS = 60000,
    RENEW_S = 20,
    IDLE_MS = 60000, // without anything due and nobody who wakes us
    STORE_TROUBLE_MS = 1000,
    LATE_S = 300,         // what a scan may take to end after its limit, a lease to be kept
    CLOCK_STEP_MS = 2000, // less is what NTP does
};

const struct tw_bounds tw_duration_bounds = {
    12, {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800}};

struct worker {
    struct tw_workers *workers;
    pthread_t thread;
    bool started, ended; // the latter under the lock: the thread is about to end
    char name[48];
    char scan_id[33]; // "": idle. This and the next under the lock.
    int64_t began_ms;
    atomic_bool cancelled;
};

struct tw_workers {
    struct tw_workers_options options;
    struct tw_flight *flight;
    struct tw_cooling *cooling;
    pthread_mutex_t lock; // of everything below
    pthread_cond_t changed;
    uint64_t wakes;
    bool stopping;
    struct tw_worker_counters counters;
    int64_t kept_ms;               // when the leases were kept last
    struct tw_histogram durations; // needs no lock
    pthread_t keeper;
    struct worker items[TW_WORKERS_MAX];
    unsigned wanted;
    bool keeper_started;
};

// ---- settings ----

// The options of the next piece of work. Drop what is returned behind it.
static struct tw_held *options_now(struct tw_workers *w, struct tw_workers_options *ret_options)
{
    *ret_options = w->options;
    if (!w->options.current)
        return NULL;
    struct tw_held *held = tw_current_hold(w->options.current);
    const struct tw_settings *s = held->settings;
    ret_options->registries = &s->registries;
    ret_options->whole_layers = tw_settings_whole_layers(s);
    ret_options->layers_at_once = (unsigned)s->layers_at_once;
    ret_options->layers_memory_bytes = s->layers_memory_mib << 20;
    ret_options->queue = (struct tw_queue_limits){
        .max_queued = s->queue_max, .max_attempts = (unsigned)s->max_attempts};
    ret_options->layers = (struct tw_layer_bounds){.max_bytes = s->layer_store_mib << 20,
        .max_age_ms = (int64_t)s->layer_days * 24 * 60 * 60 * 1000};
    return held;
}

// ---- one scan ----

static uint32_t some_number(void)
{
    uint32_t n = 0;
    return getrandom(&n, sizeof n, GRND_NONBLOCK) == (ssize_t)sizeof n ? n : 1000;
}

// `why`: NULL when it is done.
static void count(struct tw_workers *w, const struct tw_attempt *attempt, uint64_t *end,
    const struct tw_err *why, double s)
{
    tw_histogram_add(&w->durations, &tw_duration_bounds, s);
    pthread_mutex_lock(&w->lock);
    struct tw_worker_counters *c = &w->counters;
    ++*end;
    if (why && why->code < 0 && -why->code < TW_ERROR_CODES)
        c->errors[-why->code]++;
    c->layers_read += attempt->layers_read;
    c->layers_cached += attempt->layers_cached;
    c->layer_bytes += attempt->layer_bytes;
    for (size_t i = 0; i < TW_COMPLETENESS_WORDS * TW_DECISION_WORDS; i++)
        c->images[i / TW_DECISION_WORDS][i % TW_DECISION_WORDS] +=
            attempt->images[i / TW_DECISION_WORDS][i % TW_DECISION_WORDS];
    pthread_mutex_unlock(&w->lock);
}

static void give_back(
    struct worker *worker, const char *scan_id, const struct tw_err *why, int64_t retry_at_ms)
{
    struct tw_err err = {0};
    int r = tw_store_fail(worker->workers->options.store, scan_id, worker->name, why, retry_at_ms,
        tw_clock_utc_ms(), &err);
    if (r < 0 && r != TW_E_NOT_FOUND) // the lease ends by itself
        tw_log_about(TW_LOG_ERROR,
            TW_LOG_ABOUT(TW_LOG_TEXT("scan", scan_id), TW_LOG_TEXT("worker", worker->name),
                TW_LOG_TEXT("error", tw_err_name(r))),
            "queue: %s", err.msg);
}

static void interrupted(
    struct worker *worker, const struct tw_scan *scan, const char *why, int64_t now_ms)
{
    struct tw_err err = {0};
    tw_err_set(&err, TW_E_INTERRUPTED, "%s", why);
    give_back(worker, scan->id, &err, now_ms);
    tw_log_about(TW_LOG_INFO,
        TW_LOG_ABOUT(TW_LOG_TEXT("scan", scan->id), TW_LOG_TEXT("reference", scan->reference),
            TW_LOG_TEXT("worker", worker->name)),
        "scan given back: %s", why);
    pthread_mutex_lock(&worker->workers->lock);
    worker->workers->counters.interrupted++;
    pthread_mutex_unlock(&worker->workers->lock);
}

static void failed(struct worker *worker, const struct tw_attempt *attempt,
    const struct tw_err *why, double duration_s)
{
    struct tw_workers *w = worker->workers;
    const struct tw_scan *scan = attempt->scan;
    int64_t now_ms = tw_clock_utc_ms();
    // Whatever else went wrong after it was cancelled is not held against the scan.
    if (why->code == TW_E_INTERRUPTED || atomic_load(&worker->cancelled)) {
        interrupted(worker, scan, why->msg, now_ms);
        return;
    }
    int64_t delay_ms =
        tw_retry_delay_ms(why, scan->attempts, attempt->options->queue.max_attempts, some_number());
    if (tw_retry_is_of_host(why))
        tw_cooling_failed(w->cooling, scan->reference, why, tw_clock_ms());
    else
        tw_cooling_answered(w->cooling, scan->reference);
    give_back(worker, scan->id, why, delay_ms > 0 ? now_ms + delay_ms : 0);
    const struct tw_log_field *about = TW_LOG_ABOUT(TW_LOG_TEXT("scan", scan->id),
        TW_LOG_TEXT("reference", scan->reference), TW_LOG_TEXT("digest", scan->digest.text),
        TW_LOG_TEXT("worker", worker->name), TW_LOG_NUMBER("duration_ms", duration_s * 1000),
        TW_LOG_NUMBER("attempt", scan->attempts), TW_LOG_TEXT("error", tw_err_name(why->code)));
    if (delay_ms > 0)
        tw_log_about(TW_LOG_WARNING, about, "attempt %u: %s; again in %.1f s", scan->attempts,
            why->msg, (double)delay_ms / 1000);
    else
        tw_log_about(
            TW_LOG_ERROR, about, "scan failed after %u attempts: %s", scan->attempts, why->msg);
    tw_events_scan(w->options.events, scan, delay_ms > 0 ? TW_SCAN_QUEUED : TW_SCAN_FAILED, why);
    if (w->options.failed)
        w->options.failed(w->options.ctx, scan->id, why, delay_ms > 0);
    count(w, attempt, delay_ms > 0 ? &w->counters.retried : &w->counters.failed, why, duration_s);
}

static void run(struct worker *worker, const struct tw_scan *scan)
{
    struct tw_workers *w = worker->workers;
    struct tw_err err = {0};
    int64_t until_ms = 0;
    int64_t now_ms = tw_clock_ms();
    if (tw_cooling_get(w->cooling, scan->reference, now_ms, &until_ms)) {
        // This attempt does not count: nothing was asked of the registry.
        tw_err_set(&err, TW_E_INTERRUPTED, "waiting for the registry, which was unavailable");
        give_back(worker, scan->id, &err, tw_clock_utc_ms() + until_ms - now_ms);
        return;
    }
    tw_events_scan(w->options.events, scan, TW_SCAN_RUNNING, NULL);
    struct tw_workers_options options;
    TW_AUTO(tw_held_dropp) struct tw_held *held = options_now(w, &options);
    struct tw_attempt attempt = {.options = &options,
        .flight = w->flight,
        .worker = worker->name,
        .scan = scan,
        .cancelled = &worker->cancelled};
    int64_t began_ms = tw_clock_ms();
    int r = tw_attempt_run(&attempt, &err);
    double duration_s = (double)(tw_clock_ms() - began_ms) / 1000;
    if (r < 0) {
        failed(worker, &attempt, &err, duration_s);
        return;
    }
    tw_cooling_answered(w->cooling, scan->reference);
    count(w, &attempt, &w->counters.done, NULL, duration_s);
    tw_log_about(TW_LOG_INFO,
        TW_LOG_ABOUT(TW_LOG_TEXT("scan", scan->id), TW_LOG_TEXT("reference", scan->reference),
            TW_LOG_TEXT("digest", attempt.digest.text), TW_LOG_TEXT("worker", worker->name),
            TW_LOG_NUMBER("duration_ms", duration_s * 1000)),
        "scan done in %.3f s, %llu layers read, %llu known", duration_s,
        (unsigned long long)attempt.layers_read, (unsigned long long)attempt.layers_cached);
}

// ---- the threads ----

// Waits until woken since `wakes`, stopping, or the time is over. Under the lock.
static void wait_for_work(struct tw_workers *w, uint64_t wakes, int64_t ms)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + ms);
    while (!w->stopping && w->wakes == wakes) {
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT)
            break;
    }
}

static int64_t idle_ms(int r, int64_t next_ms)
{
    int64_t ms = next_ms > 0 ? next_ms - tw_clock_utc_ms() : IDLE_MS;
    if (r != TW_E_NOT_FOUND)
        return STORE_TROUBLE_MS;
    return ms < 1 ? 1 : ms > IDLE_MS ? IDLE_MS : ms;
}

static void set_scan(struct worker *worker, const char *id)
{
    struct tw_workers *w = worker->workers;
    snprintf(worker->scan_id, sizeof worker->scan_id, "%s", id);
    worker->began_ms = tw_clock_ms();
    w->counters.running += *id ? 1 : -1;
    pthread_cond_broadcast(&w->changed);
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct tw_workers *w = worker->workers;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && worker < &w->items[w->wanted]) {
        uint64_t wakes = w->wakes;
        pthread_mutex_unlock(&w->lock);
        struct tw_scan scan;
        struct tw_err err = {0};
        int64_t next_ms = 0;
        int r = tw_store_lease(
            w->options.store, worker->name, tw_clock_utc_ms(), LEASE_MS, &scan, &next_ms, &err);
        if (r < 0 && r != TW_E_NOT_FOUND)
            tw_log(TW_LOG_ERROR, "queue: %s", err.msg);
        pthread_mutex_lock(&w->lock);
        if (r < 0) {
            wait_for_work(w, wakes, idle_ms(r, next_ms));
            continue;
        }
        atomic_store(&worker->cancelled, w->stopping);
        set_scan(worker, scan.id);
        pthread_mutex_unlock(&w->lock);
        run(worker, &scan);
        pthread_mutex_lock(&w->lock);
        set_scan(worker, "");
    }
    worker->ended = true;
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void renew(struct tw_workers *w)
{
    for (unsigned i = 0; i < TW_WORKERS_MAX; i++) {
        struct worker *worker = &w->items[i];
        char id[sizeof worker->scan_id];
        pthread_mutex_lock(&w->lock);
        memcpy(id, worker->scan_id, sizeof id);
        pthread_mutex_unlock(&w->lock);
        if (!*id)
            continue;
        int r =
            tw_store_renew(w->options.store, id, worker->name, tw_clock_utc_ms(), LEASE_MS, NULL);
        pthread_mutex_lock(&w->lock);
        if (r == TW_E_NOT_FOUND && strcmp(worker->scan_id, id) == 0)
            atomic_store(&worker->cancelled, true);
        pthread_mutex_unlock(&w->lock);
    }
}

// What waits for a time of day would wait for as long as the clock went back.
static void look_at_clock(struct tw_workers *w, int64_t *offset_ms)
{
    int64_t now_ms = tw_clock_utc_ms(), offset = now_ms - tw_clock_ms();
    int64_t before = *offset_ms;
    *offset_ms = offset;
    if (offset > before - CLOCK_STEP_MS)
        return;
    tw_log(TW_LOG_WARNING, "the clock went back by %.1f s; scans that wait are tried now",
        (double)(before - offset) / 1000);
    if (tw_store_wait_no_longer(w->options.store, now_ms, NULL) == 0)
        tw_workers_wake(w);
}

// Keeps the leases of scans under way, and takes back those that ended (a clock that jumped).
static void *keep(void *ctx)
{
    struct tw_workers *w = ctx;
    int64_t offset_ms = tw_clock_utc_ms() - tw_clock_ms();
    pthread_mutex_lock(&w->lock);
    while (!w->stopping || w->counters.running > 0) {
        w->kept_ms = tw_clock_ms();
        struct timespec until = tw_clock_at(tw_clock_ms() + RENEW_S * 1000);
        while ((!w->stopping || w->counters.running > 0) &&
               pthread_cond_timedwait(&w->changed, &w->lock, &until) != ETIMEDOUT)
            ;
        pthread_mutex_unlock(&w->lock);
        unsigned recovered = 0;
        struct tw_workers_options options;
        TW_AUTO(tw_held_dropp) struct tw_held *held = options_now(w, &options);
        renew(w);
        look_at_clock(w, &offset_ms);
        if (tw_store_recover(w->options.store, false, tw_clock_utc_ms(), &options.queue, &recovered,
                NULL) == 0 &&
            recovered > 0)
            tw_workers_wake(w);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static int init(struct tw_workers *w)
{
    pthread_mutex_init(&w->lock, NULL);
    tw_clock_cond_init(&w->changed);
    w->kept_ms = tw_clock_ms();
    w->flight = tw_flight_new();
    w->cooling = tw_cooling_new();
    return w->flight && w->cooling ? 0 : TW_E_NOMEM;
}

// One that ended, or never began, works (again).
static int start_worker(struct worker *worker)
{
    struct tw_workers *w = worker->workers;
    pthread_mutex_lock(&w->lock);
    bool works = worker->started && !worker->ended;
    pthread_mutex_unlock(&w->lock);
    if (works)
        return 0;
    if (worker->started)
        pthread_join(worker->thread, NULL);
    worker->ended = false;
    int why = pthread_create(&worker->thread, NULL, work, worker);
    worker->started = why == 0;
    return why;
}

int tw_workers_set_count(struct tw_workers *w, unsigned count, struct tw_err *err)
{
    int why = 0;
    pthread_mutex_lock(&w->lock);
    w->wanted = count < TW_WORKERS_MAX ? count : TW_WORKERS_MAX;
    pthread_cond_broadcast(&w->changed);
    w->wakes++; // whoever waits looks whether it is still wanted
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->wanted && why == 0; i++)
        why = start_worker(&w->items[i]);
    return why ? tw_err_set(err, TW_E_IO, "worker threads: %s", strerror(why)) : 0;
}

static int start_threads(struct tw_workers *w, struct tw_err *err)
{
    for (unsigned i = 0; i < TW_WORKERS_MAX; i++) {
        struct worker *worker = &w->items[i];
        worker->workers = w;
        snprintf(worker->name, sizeof worker->name, "%ld.%u", (long)getpid(), i + 1);
    }
    int r = tw_workers_set_count(w, w->options.count, err);
    if (r < 0)
        return r;
    int why = pthread_create(&w->keeper, NULL, keep, w);
    w->keeper_started = why == 0;
    return why ? tw_err_set(err, TW_E_IO, "worker threads: %s", strerror(why)) : 0;
}

int tw_workers_start(
    const struct tw_workers_options *options, struct tw_workers **ret_workers, struct tw_err *err)
{
    struct tw_workers *w = calloc(1, sizeof *w);
    if (!w)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    w->options = *options;
    int r = init(w) < 0 ? tw_err_set(err, TW_E_NOMEM, "out of memory") : 0;
    if (r == 0)
        r = start_threads(w, err);
    if (r < 0)
        tw_workers_stop(w, 0);
    else
        *ret_workers = w;
    return r;
}

void tw_workers_wake(struct tw_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->wakes++;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

// Gives the scans back at once and not when the threads notice: a registry that is silent may keep
// a thread for minutes, and whoever stops the daemon may not wait for that. What a thread still
// brings finds its lease lost.
static void cancel_all(struct tw_workers *w)
{
    struct tw_err why = {0};
    tw_err_set(&why, TW_E_INTERRUPTED, "the daemon was stopped");
    for (unsigned i = 0; i < TW_WORKERS_MAX; i++) {
        struct worker *worker = &w->items[i];
        char id[sizeof worker->scan_id];
        pthread_mutex_lock(&w->lock);
        atomic_store(&worker->cancelled, true);
        memcpy(id, worker->scan_id, sizeof id);
        pthread_mutex_unlock(&w->lock);
        if (*id)
            give_back(worker, id, &why, tw_clock_utc_ms());
    }
}

void tw_workers_stop(struct tw_workers *w, unsigned grace_s)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + (int64_t)grace_s * 1000);
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->changed);
    while (w->counters.running > 0 &&
           pthread_cond_timedwait(&w->changed, &w->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&w->lock);
    cancel_all(w);
    for (unsigned i = 0; i < TW_WORKERS_MAX; i++) {
        if (w->items[i].started)
            pthread_join(w->items[i].thread, NULL);
    }
    if (w->keeper_started)
        pthread_join(w->keeper, NULL);
    tw_flight_free(w->flight);
    tw_cooling_free(w->cooling);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void tw_workers_counters(struct tw_workers *workers, struct tw_worker_counters *ret_counters)
{
    pthread_mutex_lock(&workers->lock);
    *ret_counters = workers->counters;
    ret_counters->workers = workers->wanted;
    pthread_mutex_unlock(&workers->lock);
}

const struct tw_histogram *tw_workers_durations(const struct tw_workers *workers)
{
    return &workers->durations;
}

int tw_workers_check(struct tw_workers *w, struct tw_err *err)
{
    int64_t now_ms = tw_clock_ms();
    int64_t scan_max_ms = ((int64_t)w->options.limits->scan_seconds + LATE_S) * 1000;
    int r = 0;
    pthread_mutex_lock(&w->lock);
    if (now_ms - w->kept_ms > LATE_S * 1000)
        r = tw_err_set(err, TW_E_INTERNAL, "leases have not been kept for %lld s",
            (long long)(now_ms - w->kept_ms) / 1000);
    for (unsigned i = 0; r == 0 && i < TW_WORKERS_MAX; i++) {
        const struct worker *worker = &w->items[i];
        if (*worker->scan_id && now_ms - worker->began_ms > scan_max_ms)
            r = tw_err_set(err, TW_E_INTERNAL, "scan %s has been under way for %lld s",
                worker->scan_id, (long long)(now_ms - worker->began_ms) / 1000);
    }
    pthread_mutex_unlock(&w->lock);
    return r;
}
