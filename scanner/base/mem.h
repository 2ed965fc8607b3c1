// Cleanup attributes, ownership words and array lengths.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

// TW_AUTO(tw_arena_freep) struct tw_arena *a = NULL;  -- runs at the end of the scope.
#define TW_AUTO(fn) __attribute__((cleanup(fn)))

// Hands a pointer over: the variable is NULL afterwards.
#define TW_TAKE(p)                                                                                 \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

// Hands a file descriptor over: the variable is -1 afterwards.
#define TW_TAKE_FD(fd)                                                                             \
    __extension__({                                                                                \
        int taken_ = (fd);                                                                         \
        (fd) = -1;                                                                                 \
        taken_;                                                                                    \
    })

#define TW_COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Defines `fn`p, the form of `fn` that TW_AUTO takes.
#define TW_DEFINE_AUTO(type, fn)                                                                   \
    static inline void fn##p(type **p)                                                             \
    {                                                                                              \
        fn(*p);                                                                                    \
    }

// How often an arena or a buffer got no memory, in this thread and ever. Who makes a whole of many
// parts (a record, a verdict, a report) compares it at the end with what it was at the start: a
// part that was left out for want of memory must not pass for one that is not there.
extern _Thread_local uint64_t tw_mem_failures;

// malloc(3) that counts there too, for helpers that answer yes or no.
static inline void *tw_mem_alloc(size_t size)
{
    void *p = malloc(size);
    tw_mem_failures += !p;
    return p;
}

static inline void tw_freep(void *p)
{
    free(*(void **)p);
}

static inline void tw_closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd); // never retried after EINTR: on Linux the descriptor is gone
}
