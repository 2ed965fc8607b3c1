// The clock that neither jumps nor goes back (CLOCK_MONOTONIC): for deadlines and durations. And
// the one that people read, which does both.
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static inline int64_t tw_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t tw_clock_s(void)
{
    return tw_clock_ms() / 1000;
}

// Milliseconds since 1970, UTC: for what is stored and shown.
static inline int64_t tw_clock_utc_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A condition whose timed waits go by the clock that does not jump.
static inline void tw_clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

// When tw_clock_ms is `ms`: for pthread_cond_timedwait on such a condition.
static inline struct timespec tw_clock_at(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}
