#include "daemon/notify/courier.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/clock/clock.h"
#include "daemon/log/log.h"

enum {
    LEASE_MS = 120000, // longer than an attempt can take
    IDLE_MS = 60000,
    STORE_TROUBLE_MS = 1000,
    FIRST_DELAY_MS = 2000,
    DELAY_MAX_MS = 15 * 60 * 1000,
    ASKED_MAX_S = 86400,
    ATTEMPTS_MAX = 400,
    MERGE_FROM = 4, // fewer are told one by one
    MERGE_MAX = 200,
    MINUTE_MS = 60000,
    EVENTS_BYTES_MAX = 64 << 20,
};
#define AGE_MAX_MS (3LL * 24 * 60 * 60 * 1000)

static uint32_t some_number(void)
{
    uint32_t n = 0;
    return getrandom(&n, sizeof n, GRND_NONBLOCK) == (ssize_t)sizeof n ? n : 1000;
}

int64_t tw_courier_delay_ms(unsigned streak, uint32_t asked_s, uint32_t random)
{
    int64_t delay_ms = FIRST_DELAY_MS;
    for (unsigned i = 1; i < streak && delay_ms < DELAY_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > DELAY_MAX_MS)
        delay_ms = DELAY_MAX_MS;
    delay_ms += delay_ms / 4 * ((int64_t)(random % 2001) - 1000) / 1000;
    int64_t asked_ms = (int64_t)(asked_s < ASKED_MAX_S ? asked_s : ASKED_MAX_S) * 1000;
    return asked_ms > delay_ms ? asked_ms : delay_ms;
}

// ---- the bell ----

uint64_t tw_bell_wait(struct tw_bell *bell, uint64_t rings, int64_t ms)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + ms);
    pthread_mutex_lock(&bell->lock);
    while (!bell->stopping && bell->rings == rings) {
        if (pthread_cond_timedwait(&bell->rung, &bell->lock, &until) == ETIMEDOUT)
            break;
    }
    rings = bell->rings;
    pthread_mutex_unlock(&bell->lock);
    return rings;
}

void tw_bell_ring(struct tw_bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->rings++;
    pthread_cond_broadcast(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
}

// ---- the rate ----

int64_t tw_account_wait_ms(const struct tw_account *account, unsigned per_minute, int64_t now_ms)
{
    if (per_minute == 0)
        return 0;
    unsigned back = per_minute < TW_COURIER_WINDOW ? per_minute : TW_COURIER_WINDOW;
    int64_t nth_ms =
        account->sent_ms[(account->sent_next + TW_COURIER_WINDOW - back) % TW_COURIER_WINDOW];
    int64_t wait_ms = nth_ms > 0 ? nth_ms + MINUTE_MS - now_ms : 0;
    return wait_ms > 0 ? wait_ms : 0;
}

void tw_account_sent(struct tw_account *account, int64_t now_ms)
{
    account->sent_ms[account->sent_next] = now_ms;
    account->sent_next = (account->sent_next + 1) % TW_COURIER_WINDOW;
}

// ---- ends ----

static void end(struct tw_courier *c, const struct tw_delivery *deliveries, size_t count,
    enum tw_delivery_end how, const char *error, int64_t at_ms)
{
    struct tw_err err = {0};
    if (count > 0 &&
        tw_store_delivery_end(c->store, deliveries, count, how, error, at_ms, &err) < 0)
        tw_log(TW_LOG_ERROR, "notify: sink %s: %s", c->sink->name, err.msg);
}

static void give_up(struct tw_courier *c, const struct tw_delivery *d, const char *why)
{
    end(c, d, 1, TW_DELIVERY_FAILED, why, 0);
    c->account->failed++;
    tw_log(TW_LOG_ERROR, "notify: sink %s: notification %s of %s is given up: %s", c->sink->name,
        d->id, d->notice.kind, why);
}

static void delivered(struct tw_courier *c, const struct tw_delivery *deliveries, size_t count)
{
    end(c, deliveries, count, TW_DELIVERY_DONE, "", 0);
    c->account->delivered += count;
    if (c->streak > 0)
        tw_log(TW_LOG_INFO, "notify: sink %s takes notifications again", c->sink->name);
    c->streak = 0;
    c->told_code = 0;
    tw_log(TW_LOG_DEBUG, "notify: sink %s: %s%s delivered", c->sink->name, deliveries[0].id,
        count > 1 ? " and others" : "");
}

// What is down is told once, not each time.
static void again(struct tw_courier *c, const struct tw_delivery *deliveries, size_t count,
    const struct tw_outcome *outcome, const char *said)
{
    c->streak++;
    int64_t delay_ms = tw_courier_delay_ms(c->streak, outcome->wait_s, some_number());
    c->pause_until_ms = tw_clock_ms() + delay_ms;
    end(c, deliveries, count, TW_DELIVERY_AGAIN, said, tw_clock_utc_ms() + delay_ms);
    c->account->retried += count;
    tw_log(c->streak == 1 ? TW_LOG_WARNING : TW_LOG_DEBUG,
        "notify: sink %s: %s; again in %.1f s, and so on for three days", c->sink->name, said,
        (double)delay_ms / 1000);
}

static void refused(struct tw_courier *c, const struct tw_delivery *deliveries, size_t count,
    const struct tw_outcome *outcome, const char *said)
{
    bool stops = outcome->end == TW_OUTCOME_STOP;
    end(c, deliveries, count, TW_DELIVERY_FAILED, said, 0);
    c->account->failed += count;
    c->is_stopped = stops;
    tw_log(stops || c->told_code != outcome->code ? TW_LOG_ERROR : TW_LOG_DEBUG,
        "notify: sink %s: %s; notification %s%s is kept as failed%s", c->sink->name, said,
        deliveries[0].id, count > 1 ? ", with others," : "",
        stops ? "; nothing is sent there until the notify file is read again (change it, or SIGHUP)"
              : "");
    c->told_code = outcome->code;
}

// ---- one message ----

static bool is_cancelled(void *ctx)
{
    return atomic_load(&((struct tw_bell *)ctx)->stopping);
}

static void send_message(struct tw_courier *c, struct tw_http *http,
    const struct tw_delivery *deliveries, struct tw_event *events, size_t count)
{
    const struct tw_dispatch dispatch = {.id = deliveries[0].id,
        .events = events,
        .count = count,
        .now_ms = tw_clock_utc_ms(),
        .link = c->link};
    struct tw_outcome outcome = {0};
    struct tw_err err = {0};
    char said[TW_SAID_BYTES] = "";
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(c->settings);
    int r = tw_send(http, held->settings, c->sink, &dispatch, &outcome, said, &err);
    tw_account_sent(c->account, tw_clock_ms());
    if (r == TW_E_INTERRUPTED)
        end(c, deliveries, count, TW_DELIVERY_BACK, "", tw_clock_utc_ms());
    else if (r == TW_E_NOMEM)
        again(c, deliveries, count, &outcome, "out of memory");
    else if (r < 0)
        give_up(c, &deliveries[0], err.msg);
    else if (outcome.end == TW_OUTCOME_DELIVERED)
        delivered(c, deliveries, count);
    else if (outcome.end == TW_OUTCOME_AGAIN)
        again(c, deliveries, count, &outcome, said);
    else
        refused(c, deliveries, count, &outcome, said);
}

// Whether it is to be told still; *ret_event is made of it then.
static bool is_due(struct tw_courier *c, const struct tw_delivery *d, struct tw_arena *arena,
    struct tw_event *ret_event)
{
    struct tw_err err = {0};
    if (d->attempts > ATTEMPTS_MAX || tw_clock_utc_ms() - d->created_ms > AGE_MAX_MS) {
        give_up(c, d, "it could not be delivered in three days");
        return false;
    }
    int r = tw_event_read(tw_span_of(d->notice.json, d->notice.size), d->notice.kind,
        d->notice.created_ms, arena, ret_event, &err);
    if (r == TW_E_NOMEM) { // too much at a time, or for this machine now
        end(c, d, 1, TW_DELIVERY_BACK, "", tw_clock_utc_ms() + STORE_TROUBLE_MS);
        return false;
    }
    if (r < 0) {
        give_up(c, d, err.msg);
        return false;
    }
    if (tw_sink_wants(c->sink, ret_event))
        return true;
    end(c, d, 1, TW_DELIVERY_DONE, "", 0);
    c->account->dropped++;
    tw_log(TW_LOG_INFO,
        "notify: sink %s: notification %s is dropped: its settings do not want it any more",
        c->sink->name, d->id);
    return false;
}

// One message, of one notification or of many.
static void tell(
    struct tw_courier *c, struct tw_http *http, struct tw_delivery *deliveries, size_t count)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(EVENTS_BYTES_MAX);
    TW_AUTO(tw_freep) struct tw_event *events = calloc(count, sizeof *events);
    if (!arena || !events) {
        end(c, deliveries, count, TW_DELIVERY_BACK, "", tw_clock_utc_ms() + STORE_TROUBLE_MS);
        return;
    }
    size_t due = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_due(c, &deliveries[i], arena, &events[due]))
            continue;
        struct tw_delivery kept = deliveries[due];
        deliveries[due++] = deliveries[i];
        deliveries[i] = kept; // whoever called frees them all
    }
    if (due > 1 && due < MERGE_FROM) {
        end(c, &deliveries[1], due - 1, TW_DELIVERY_BACK, "", deliveries[0].created_ms);
        due = 1;
    }
    if (due > 0)
        send_message(c, http, deliveries, events, due);
}

// ---- the thread ----

// Returns how long nothing is to be done.
static int64_t take_turn(struct tw_courier *c, struct tw_http *http, struct tw_delivery *room)
{
    struct tw_err err = {0};
    size_t count = 0;
    int64_t next_ms = 0, now_ms = tw_clock_ms();
    int64_t wait_ms = tw_account_wait_ms(c->account, c->sink->kind->per_minute, now_ms);
    if (c->pause_until_ms - now_ms > wait_ms)
        wait_ms = c->pause_until_ms - now_ms;
    if (c->is_stopped || wait_ms > 0)
        return c->is_stopped ? IDLE_MS : wait_ms;
    int r = tw_store_delivery_take(c->store, c->sink->name, c->sink->kind->merges ? MERGE_MAX : 1,
        tw_clock_utc_ms(), LEASE_MS, room, &count, &next_ms, &err);
    if (r < 0) {
        tw_log(TW_LOG_ERROR, "notify: sink %s: %s", c->sink->name, err.msg);
        return STORE_TROUBLE_MS;
    }
    if (count > 0)
        tell(c, http, room, count);
    for (size_t i = 0; i < count; i++)
        tw_news_done(&room[i].notice);
    if (count > 0)
        return 0;
    wait_ms = next_ms > 0 ? next_ms - tw_clock_utc_ms() : IDLE_MS;
    return wait_ms < 1 ? 1 : wait_ms < IDLE_MS ? wait_ms : IDLE_MS;
}

// What it works with; without memory it is asked for again later.
static bool is_ready(struct tw_courier *c, struct tw_http **http, struct tw_delivery **room)
{
    struct tw_err err = {0};
    if (!*room)
        *room = calloc(MERGE_MAX, sizeof **room);
    if (*room && !*http && tw_http_new(http, &err) == 0)
        tw_http_set_cancel(*http, is_cancelled, c->bell);
    if (!*room || !*http)
        tw_log(TW_LOG_ERROR, "notify: sink %s: out of memory", c->sink->name);
    return *room && *http;
}

static void *work(void *ctx)
{
    struct tw_courier *c = ctx;
    struct tw_bell *bell = c->bell;
    TW_AUTO(tw_http_freep) struct tw_http *http = NULL;
    TW_AUTO(tw_freep) struct tw_delivery *room = NULL;
    uint64_t rings = tw_bell_wait(bell, UINT64_MAX, 0);
    while (!bell->stopping) {
        if (!is_ready(c, &http, &room)) {
            rings = tw_bell_wait(bell, rings, STORE_TROUBLE_MS);
            continue;
        }
        int64_t wait_ms = take_turn(c, http, room);
        if (wait_ms > 0)
            rings = tw_bell_wait(bell, rings, wait_ms);
    }
    return NULL;
}

int tw_courier_start(struct tw_courier *courier, struct tw_err *err)
{
    int e = pthread_create(&courier->thread, NULL, work, courier);
    courier->started = e == 0;
    return e == 0 ? 0 : tw_err_set(err, TW_E_IO, "a thread could not be started: %s", strerror(e));
}

void tw_courier_join(struct tw_courier *courier)
{
    if (courier->started)
        pthread_join(courier->thread, NULL);
    courier->started = false;
}
