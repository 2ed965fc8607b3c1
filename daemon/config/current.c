#include "daemon/config/current.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct shared {
    struct tw_held held; // first: it is what others see
    struct tw_settings own;
    atomic_uint holders;
};

struct tw_current {
    pthread_mutex_t lock;
    struct shared *now;
};

struct tw_current *tw_current_new(const struct tw_settings *first)
{
    struct tw_current *current = calloc(1, sizeof *current);
    struct shared *now = calloc(1, sizeof *now);
    if (!current || !now) {
        free(current);
        free(now);
        return NULL;
    }
    now->held.settings = first;
    atomic_init(&now->holders, 1);
    pthread_mutex_init(&current->lock, NULL);
    current->now = now;
    return current;
}

void tw_current_free(struct tw_current *current)
{
    if (!current)
        return;
    tw_held_drop(&current->now->held);
    pthread_mutex_destroy(&current->lock);
    free(current);
}

struct tw_held *tw_current_hold(struct tw_current *current)
{
    pthread_mutex_lock(&current->lock);
    struct shared *now = current->now;
    atomic_fetch_add(&now->holders, 1);
    pthread_mutex_unlock(&current->lock);
    return &now->held;
}

void tw_held_drop(struct tw_held *held)
{
    struct shared *shared = (struct shared *)held;
    if (!shared || atomic_fetch_sub(&shared->holders, 1) > 1)
        return;
    if (shared->held.settings == &shared->own)
        tw_settings_done(&shared->own);
    free(shared);
}

int tw_current_replace(struct tw_current *current, struct tw_settings *fresh, struct tw_err *err)
{
    struct shared *next = calloc(1, sizeof *next);
    if (!next)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    next->own = *fresh;
    next->held.settings = &next->own;
    atomic_init(&next->holders, 1);
    memset(fresh, 0, sizeof *fresh);
    pthread_mutex_lock(&current->lock);
    struct shared *before = current->now;
    current->now = next;
    pthread_mutex_unlock(&current->lock);
    tw_held_drop(&before->held);
    return 0;
}
