#include "daemon/worker/flight.h"

#include <pthread.h>
#include <stdlib.h>

#include "daemon/clock/clock.h"

struct taken {
    struct tw_digest digest;
    struct taken *next;
};

struct tw_flight {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct taken *taken; // as many as there are workers at most
};

struct tw_flight *tw_flight_new(void)
{
    struct tw_flight *flight = calloc(1, sizeof *flight);
    if (flight) {
        pthread_mutex_init(&flight->lock, NULL);
        tw_clock_cond_init(&flight->ended);
    }
    return flight;
}

void tw_flight_free(struct tw_flight *flight)
{
    if (!flight)
        return;
    for (struct taken *t = flight->taken, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    pthread_cond_destroy(&flight->ended);
    pthread_mutex_destroy(&flight->lock);
    free(flight);
}

static struct taken **find(struct tw_flight *flight, const struct tw_digest *digest)
{
    struct taken **at = &flight->taken;
    while (*at && !tw_digest_equal(&(*at)->digest, digest))
        at = &(*at)->next;
    return at;
}

static void wait_a_second(struct tw_flight *flight)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + 1000);
    pthread_cond_timedwait(&flight->ended, &flight->lock, &until);
}

bool tw_flight_begin(struct tw_flight *flight, const struct tw_digest *digest,
    bool (*cancelled)(void *ctx), void *ctx)
{
    struct taken *own = malloc(sizeof *own);
    if (!own)
        return false;
    pthread_mutex_lock(&flight->lock);
    while (*find(flight, digest) && !cancelled(ctx))
        wait_a_second(flight);
    bool taken = !*find(flight, digest);
    if (taken) {
        *own = (struct taken){.digest = *digest, .next = flight->taken};
        flight->taken = own;
    }
    pthread_mutex_unlock(&flight->lock);
    if (!taken)
        free(own);
    return taken;
}

void tw_flight_end(struct tw_flight *flight, const struct tw_digest *digest)
{
    pthread_mutex_lock(&flight->lock);
    struct taken **at = find(flight, digest);
    struct taken *own = *at;
    if (own) {
        *at = own->next;
        free(own);
    }
    pthread_cond_broadcast(&flight->ended);
    pthread_mutex_unlock(&flight->lock);
}
