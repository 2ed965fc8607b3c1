#include "daemon/notify/notify.h"

#include <inttypes.h>
#include <string.h>

#include "api/metric/exposition.h"
#include "daemon/clock/clock.h"
#include "daemon/log/log.h"
#include "daemon/notify/courier.h"
#include "daemon/notify/file.h"

enum {
    ACCOUNTS_MAX = 256,
    WAITING_MAX = 10000, // for one sink
    FAILED_MAX = 10000,  // kept for people to look at, of all sinks
    IDLE_MS = 60000,
    STORE_TROUBLE_MS = 1000,
    PURGE_EVERY_MS = 60 * 60 * 1000,
    CLOCK_STEP_MS = 2000,
    EVENT_BYTES_MAX = 16 << 20,
};
#define FAILED_AGE_MS (30LL * 24 * 60 * 60 * 1000)

struct tw_notify {
    struct tw_current *settings;
    struct tw_store *store;
    struct tw_bell bell;
    pthread_mutex_t lock; // of what follows
    struct tw_sinks *sinks;
    struct tw_courier couriers[TW_SINKS_MAX];
    struct tw_account accounts[ACCOUNTS_MAX];
    size_t account_count;
    pthread_t sorter;
    bool sorter_started;
    int64_t purged_ms; // only the sorter's, as the next
    int64_t clock_offset_ms;
};

// ---- sorting ----

// Which sinks are told of it.
static size_t choose(const struct tw_sinks *sinks, const struct tw_news *notice, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < sinks->count; i++) {
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(EVENT_BYTES_MAX);
        struct tw_event event;
        struct tw_err err = {0};
        int r = !arena ? tw_err_set(&err, TW_E_NOMEM, "out of memory")
                       : tw_event_read(tw_span_of(notice->json, notice->size), notice->kind,
                             notice->created_ms, arena, &event, &err);
        if (r == TW_E_FORMAT)
            tw_log(
                TW_LOG_ERROR, "notify: a notice of %s cannot be read: %s", notice->kind, err.msg);
        // The courier looks at it again, so that a sink more than wanted is told nothing.
        if (r == TW_E_NOMEM || (r == 0 && tw_sink_wants(&sinks->items[i], &event)))
            names[count++] = sinks->items[i].name;
    }
    return count;
}

static struct tw_account *account_of(struct tw_notify *n, const char *name)
{
    struct tw_account *account = NULL;
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; i < n->account_count && !account; i++)
        account = strcmp(n->accounts[i].name, name) == 0 ? &n->accounts[i] : NULL;
    if (!account) {
        // Past the bound the last one is shared: only its name and numbers are off then.
        account = &n->accounts[n->account_count];
        n->account_count += n->account_count < ACCOUNTS_MAX - 1;
        memcpy(account->name, name, strlen(name) + 1);
    }
    pthread_mutex_unlock(&n->lock);
    return account;
}

static int sort_one(struct tw_notify *n, struct tw_err *err)
{
    const char *names[TW_SINKS_MAX];
    bool dropped[TW_SINKS_MAX];
    struct tw_news notice = {0};
    int r = tw_store_notice_next(n->store, &notice, err);
    if (r < 0)
        return r;
    size_t count = choose(n->sinks, &notice, names);
    r = tw_store_notice_sort(
        n->store, notice.id, names, count, WAITING_MAX, tw_clock_utc_ms(), dropped, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (!dropped[i])
            continue;
        account_of(n, names[i])->dropped++;
        tw_log(TW_LOG_ERROR, "notify: sink %s: a notification of %s is dropped: %d are waiting",
            names[i], notice.kind, WAITING_MAX);
    }
    tw_news_done(&notice);
    return r;
}

static void purge(struct tw_notify *n)
{
    uint64_t count = 0;
    struct tw_err err = {0};
    int64_t now_ms = tw_clock_ms();
    if (n->purged_ms > 0 && now_ms - n->purged_ms < PURGE_EVERY_MS)
        return;
    n->purged_ms = now_ms;
    if (tw_store_delivery_purge(
            n->store, tw_clock_utc_ms() - FAILED_AGE_MS, FAILED_MAX, &count, &err) < 0)
        tw_log(TW_LOG_ERROR, "notify: %s", err.msg);
    else if (count > 0)
        tw_log(TW_LOG_WARNING,
            "notify: %" PRIu64 " failed notifications are forgotten: they are "
            "older than 30 days, or there are more than %d",
            count, FAILED_MAX);
}

// What waits for a time of day would wait for as long as the clock went back.
static void look_at_clock(struct tw_notify *n)
{
    int64_t now_ms = tw_clock_utc_ms(), offset_ms = now_ms - tw_clock_ms();
    bool went_back = offset_ms < n->clock_offset_ms - CLOCK_STEP_MS;
    n->clock_offset_ms = offset_ms;
    if (went_back && tw_store_delivery_recover(n->store, now_ms, NULL) == 0)
        tw_bell_ring(&n->bell);
}

static void *sort(void *ctx)
{
    struct tw_notify *n = ctx;
    uint64_t rings = tw_bell_wait(&n->bell, UINT64_MAX, 0);
    n->clock_offset_ms = tw_clock_utc_ms() - tw_clock_ms();
    while (!n->bell.stopping) {
        struct tw_err err = {0};
        bool any = false;
        int r = 0;
        while (!n->bell.stopping && (r = sort_one(n, &err)) == 0)
            any = true;
        if (r < 0 && r != TW_E_NOT_FOUND)
            tw_log(TW_LOG_ERROR, "notify: %s", err.msg);
        if (any)
            tw_bell_ring(&n->bell); // for the couriers, and once more for us
        purge(n);
        look_at_clock(n);
        rings = tw_bell_wait(&n->bell, rings, r == TW_E_NOT_FOUND ? IDLE_MS : STORE_TROUBLE_MS);
    }
    return NULL;
}

// ---- starting, stopping ----

static void stop_threads(struct tw_notify *n)
{
    n->bell.stopping = true;
    tw_bell_ring(&n->bell);
    for (size_t i = 0; i < TW_SINKS_MAX; i++)
        tw_courier_join(&n->couriers[i]);
    if (n->sorter_started)
        pthread_join(n->sorter, NULL);
    n->sorter_started = false;
    n->bell.stopping = false;
}

static int start_threads(struct tw_notify *n, struct tw_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n->sinks->count; i++) {
        struct tw_courier *courier = &n->couriers[i];
        *courier = (struct tw_courier){.store = n->store,
            .settings = n->settings,
            .sink = &n->sinks->items[i],
            .link = n->sinks->link,
            .account = account_of(n, n->sinks->items[i].name),
            .bell = &n->bell};
        r = tw_courier_start(courier, err);
    }
    if (r == 0 && pthread_create(&n->sorter, NULL, sort, n) != 0)
        r = tw_err_set(err, TW_E_IO, "a thread could not be started");
    n->sorter_started = r == 0;
    return r;
}

// What waits for a sink that is gone is dropped, and that is told. A store that is in trouble is no
// reason not to start: the threads tell of it, and go on when it is well again.
static void drop_strangers(struct tw_notify *n)
{
    TW_AUTO(tw_freep) struct tw_delivery_count *counts = NULL;
    struct tw_err err = {0};
    size_t count = 0;
    int r = tw_store_delivery_counts(n->store, &counts, &count, &err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        uint64_t dropped = 0;
        if (tw_sinks_find(n->sinks, counts[i].sink))
            continue;
        r = tw_store_delivery_drop(n->store, counts[i].sink, &dropped, &err);
        account_of(n, counts[i].sink)->dropped += dropped;
        tw_log(TW_LOG_WARNING,
            "notify: %" PRIu64 " notifications for the sink %s are dropped: there is no such sink "
            "any more",
            dropped, counts[i].sink);
    }
    if (r < 0)
        tw_log(TW_LOG_ERROR, "notify: %s", err.msg);
}

static int begin(struct tw_notify *n, struct tw_err *err)
{
    struct tw_err why = {0};
    drop_strangers(n);
    if (tw_store_delivery_recover(n->store, tw_clock_utc_ms(), &why) < 0)
        tw_log(TW_LOG_ERROR, "notify: %s", why.msg);
    tw_store_set_telling(n->store, n->sinks->count > 0);
    return start_threads(n, err);
}

static void noticed(void *ctx)
{
    tw_bell_ring(&((struct tw_notify *)ctx)->bell);
}

int tw_notify_start(struct tw_current *settings, struct tw_store *store,
    struct tw_notify **ret_notify, struct tw_err *err)
{
    struct tw_notify *n = calloc(1, sizeof *n);
    if (!n)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    n->settings = settings;
    n->store = store;
    pthread_mutex_init(&n->bell.lock, NULL);
    tw_clock_cond_init(&n->bell.rung);
    pthread_mutex_init(&n->lock, NULL);
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(settings);
    int r = tw_sinks_load(held->settings, &n->sinks, err);
    if (r == 0) {
        tw_store_listen(store, noticed, n);
        r = begin(n, err);
    }
    if (r < 0)
        tw_notify_stop(n);
    else
        *ret_notify = n;
    return r;
}

void tw_notify_stop(struct tw_notify *n)
{
    if (!n)
        return;
    tw_store_listen(n->store, NULL, NULL);
    tw_store_set_telling(n->store, false);
    stop_threads(n);
    tw_sinks_free(n->sinks);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->bell.rung);
    pthread_mutex_destroy(&n->bell.lock);
    free(n);
}

int tw_notify_reload(struct tw_notify *n, struct tw_err *err)
{
    struct tw_sinks *fresh = NULL;
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(n->settings);
    int r = tw_sinks_load(held->settings, &fresh, err);
    if (r < 0)
        return r;
    stop_threads(n);
    pthread_mutex_lock(&n->lock);
    struct tw_sinks *old = n->sinks;
    n->sinks = fresh;
    memset(n->couriers, 0, sizeof n->couriers);
    pthread_mutex_unlock(&n->lock);
    tw_sinks_free(old);
    r = begin(n, err);
    return r < 0 ? tw_err_set(err, TW_E_BUSY, "notifications wait; tried again soon") : 0;
}

void tw_notify_resume(struct tw_notify *n, const char *sink)
{
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; i < n->sinks->count; i++) {
        if (strcmp(n->sinks->items[i].name, sink) == 0)
            n->couriers[i].is_stopped = false;
    }
    pthread_mutex_unlock(&n->lock);
    tw_bell_ring(&n->bell);
}

// ---- looking ----

static uint64_t number_of(
    const struct tw_delivery_count *counts, size_t count, const char *sink, bool failed)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(counts[i].sink, sink) == 0)
            return failed ? counts[i].failed : counts[i].waiting;
    }
    return 0;
}

static void write_totals(struct tw_notify *n, struct tw_buf *out)
{
    tw_family(out, TW_COUNTER, "tidewaiter_notifications_total",
        "Notifications by what came of them; retried are attempts.");
    for (size_t i = 0; i < n->account_count; i++) {
        struct tw_account *a = &n->accounts[i];
        const struct {
            const char *outcome;
            uint64_t n;
        } rows[] = {{"delivered", a->delivered}, {"retried", a->retried}, {"failed", a->failed},
            {"dropped", a->dropped}};
        for (size_t k = 0; k < TW_COUNT(rows); k++)
            tw_sample_count(out, "tidewaiter_notifications_total",
                TW_LABELS({"sink", a->name}, {"outcome", rows[k].outcome}), rows[k].n);
    }
}

int tw_notify_metrics(struct tw_notify *n, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_freep) struct tw_delivery_count *counts = NULL;
    size_t count = 0;
    int r = tw_store_delivery_counts(n->store, &counts, &count, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&n->lock);
    write_totals(n, out);
    for (int failed = 0; failed < 2; failed++) {
        const char *name =
            failed ? "tidewaiter_notifications_failed" : "tidewaiter_notifications_waiting";
        tw_family(out, TW_GAUGE, name,
            failed ? "Notifications that were given up and are kept."
                   : "Notifications that are to be delivered.");
        for (size_t i = 0; i < n->sinks->count; i++) {
            const char *sink = n->sinks->items[i].name;
            tw_sample_count(
                out, name, TW_LABELS({"sink", sink}), number_of(counts, count, sink, failed));
        }
    }
    pthread_mutex_unlock(&n->lock);
    return 0;
}

// ---- trying one ----

static int no_such(const struct tw_sinks *sinks, const char *name, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf names = TW_BUF(400);
    for (size_t i = 0; i < sinks->count; i++)
        tw_buf_printf(&names, "%s%s", i ? ", " : "", sinks->items[i].name);
    return tw_err_set(err, TW_E_NOT_FOUND, "notify: there is no sink \"%.60s\"; there are: %s",
        name, names.size ? names.data : "none");
}

int tw_notify_test(
    const struct tw_settings *settings, const char *name, FILE *out, struct tw_err *err)
{
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
    TW_AUTO(tw_http_freep) struct tw_http *http = NULL;
    char said[TW_SAID_BYTES] = "", id[] = "test-00000000000000";
    struct tw_outcome outcome = {0};
    if (!settings->notify)
        return tw_err_set(err, TW_E_USAGE,
            "notify: no file is set; --notify=FILE names the one that has the sink");
    int r = tw_sinks_load(settings, &sinks, err);
    if (r < 0)
        return r;
    const struct tw_sink *sink = tw_sinks_find(sinks, name);
    if (!sink)
        return no_such(sinks, name, err);
    snprintf(id, sizeof id, "test-%014" PRIx64, (uint64_t)tw_clock_utc_ms());
    struct tw_event event = {.kind = TW_EVENT_TEST,
        .at_ms = tw_clock_utc_ms(),
        .registry = "",
        .repository = "",
        .tag = "",
        .digest = ""};
    const struct tw_dispatch dispatch = {
        .id = id, .events = &event, .count = 1, .now_ms = event.at_ms, .link = sinks->link};
    r = tw_http_new(&http, err);
    if (r == 0)
        r = tw_send(http, settings, sink, &dispatch, &outcome, said, err);
    if (r < 0)
        return r;
    if (outcome.end != TW_OUTCOME_DELIVERED)
        return tw_err_set(err, TW_E_UNAVAILABLE, "sink %s: %s", name, said);
    fprintf(out, "sink %s: %s\n", name, said);
    return 0;
}
