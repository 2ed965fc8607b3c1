// Inside api/: the open connections, and how long their clients may take.
//
// libmicrohttpd closes a connection that is silent. One that trickles is not silent: it is ended
// here, when its headers, its body or its reading of the answer take longer than a whole request
// may. The time that we need ourselves is not counted.
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>

#include "api/access/rate.h"

struct tw_visit {
    struct tw_visit *previous, *next;
    int fd;
    int64_t deadline_ms;                // of the monotonic clock; 0: none at the moment
    uint8_t address[TW_RATE_KEY_BYTES]; // IPv4 as it is in IPv6; of IPv6 the first 64 bits
    bool knows_names;
    char *names; // in the client's verified certificate, one a line; NULL: none
};

struct tw_visits {
    pthread_mutex_t lock;
    struct tw_visit *first;
};

void tw_visits_init(struct tw_visits *visits);
void tw_visits_done(struct tw_visits *visits);

// NULL: out of memory. `address` may be NULL.
struct tw_visit *tw_visit_begin(
    struct tw_visits *visits, int fd, const struct sockaddr *address, int64_t deadline_ms);
// Before its descriptor is closed, so that no other connection is ended in its stead.
void tw_visit_end(struct tw_visits *visits, struct tw_visit *visit);

void tw_visit_expect(struct tw_visits *visits, struct tw_visit *visit, int64_t deadline_ms);

// Shuts down the connections that are past their deadline; returns how many.
unsigned tw_visits_cut(struct tw_visits *visits, int64_t now_ms);

int64_t tw_monotonic_ms(void);
