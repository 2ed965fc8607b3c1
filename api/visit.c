#include "api/visit.h"

#include <netinet/in.h>
#include <string.h>
#include <time.h>

void tw_visits_init(struct tw_visits *visits)
{
    visits->first = NULL;
    pthread_mutex_init(&visits->lock, NULL);
}

void tw_visits_done(struct tw_visits *visits)
{
    pthread_mutex_destroy(&visits->lock);
}

static void key_of(const struct sockaddr *address, uint8_t key[TW_RATE_KEY_BYTES])
{
    memset(key, 0, TW_RATE_KEY_BYTES);
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        memset(key + 10, 0xFF, 2);
        memcpy(key + 12, &v4.sin_addr, 4);
    } else if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        memcpy(key, &v6.sin6_addr, is_v4 ? TW_RATE_KEY_BYTES : 8);
    }
}

struct tw_visit *tw_visit_begin(
    struct tw_visits *visits, int fd, const struct sockaddr *address, int64_t deadline_ms)
{
    struct tw_visit *visit = calloc(1, sizeof *visit);
    if (!visit)
        return NULL;
    visit->fd = fd;
    visit->deadline_ms = deadline_ms;
    key_of(address, visit->address);
    pthread_mutex_lock(&visits->lock);
    visit->next = visits->first;
    if (visits->first)
        visits->first->previous = visit;
    visits->first = visit;
    pthread_mutex_unlock(&visits->lock);
    return visit;
}

void tw_visit_end(struct tw_visits *visits, struct tw_visit *visit)
{
    if (!visit)
        return;
    pthread_mutex_lock(&visits->lock);
    *(visit->previous ? &visit->previous->next : &visits->first) = visit->next;
    if (visit->next)
        visit->next->previous = visit->previous;
    pthread_mutex_unlock(&visits->lock);
    free(visit->names);
    free(visit);
}

void tw_visit_expect(struct tw_visits *visits, struct tw_visit *visit, int64_t deadline_ms)
{
    if (!visit)
        return;
    pthread_mutex_lock(&visits->lock);
    visit->deadline_ms = deadline_ms;
    pthread_mutex_unlock(&visits->lock);
}

unsigned tw_visits_cut(struct tw_visits *visits, int64_t now_ms)
{
    unsigned count = 0;
    pthread_mutex_lock(&visits->lock);
    for (struct tw_visit *v = visits->first; v; v = v->next) {
        if (v->deadline_ms == 0 || v->deadline_ms > now_ms)
            continue;
        shutdown(v->fd, SHUT_RDWR); // its thread wakes up and closes it
        v->deadline_ms = 0;
        count++;
    }
    pthread_mutex_unlock(&visits->lock);
    return count;
}

int64_t tw_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
