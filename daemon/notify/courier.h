// Couriers: a thread for each sink, so that one that hangs holds up no other.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/config/current.h"
#include "daemon/notify/send.h"

// What is known of a sink by its name, for as long as the process lives: it outlasts a reload.
enum { TW_COURIER_WINDOW = 60 };
struct tw_account {
    char name[TW_SINK_NAME_MAX + 1];
    atomic_uint_least64_t delivered, retried, failed, dropped; // notifications by what came of it
    int64_t sent_ms[TW_COURIER_WINDOW]; // the last messages, for the rate; only its courier's
    unsigned sent_next;
};

// What all threads of daemon/notify wait on.
struct tw_bell {
    pthread_mutex_t lock;
    pthread_cond_t rung; // of CLOCK_MONOTONIC
    uint64_t rings;
    atomic_bool stopping;
};
// Until it is rung (`rings` is no longer the count), all stop, or the time is over. Returns the
// count now.
uint64_t tw_bell_wait(struct tw_bell *bell, uint64_t rings, int64_t ms);
void tw_bell_ring(struct tw_bell *bell);

struct tw_courier {
    struct tw_store *store;
    struct tw_current *settings;
    const struct tw_sink *sink;
    const char *link;
    struct tw_account *account;
    struct tw_bell *bell;
    pthread_t thread;
    bool started;
    atomic_bool is_stopped; // by the receiver: until a reload, or tw_courier_resume
    int64_t pause_until_ms; // of the monotonic clock
    unsigned streak;        // failures in a row
    long told_code;         // of the refusal that was logged last
};

int tw_courier_start(struct tw_courier *courier, struct tw_err *err);
void tw_courier_join(struct tw_courier *courier); // after the bell's `stopping`

// How long to wait after so many failures in a row: 2 s, doubled up to 15 minutes, a quarter up or
// down by `random`; at least what was asked for, up to a day.
int64_t tw_courier_delay_ms(unsigned streak, uint32_t asked_s, uint32_t random);

// How long until another message may go, with `per_minute` (0: any) of them: 0 for now.
int64_t tw_account_wait_ms(const struct tw_account *account, unsigned per_minute, int64_t now_ms);
void tw_account_sent(struct tw_account *account, int64_t now_ms);
