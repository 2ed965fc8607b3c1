#include "daemon/worker/cooling.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOSTS = 64, HOST_BYTES = 256, UNASKED_MAX_MS = 60000 };

struct tw_cooling {
    pthread_mutex_t lock;
    struct {
        char host[HOST_BYTES];
        int64_t until_ms;
    } hosts[HOSTS]; // the oldest makes room: it is only a courtesy
};

struct tw_cooling *tw_cooling_new(void)
{
    struct tw_cooling *cooling = calloc(1, sizeof *cooling);
    if (cooling)
        pthread_mutex_init(&cooling->lock, NULL);
    return cooling;
}

void tw_cooling_free(struct tw_cooling *cooling)
{
    if (!cooling)
        return;
    pthread_mutex_destroy(&cooling->lock);
    free(cooling);
}

static bool is_host(const char *host, const char *reference)
{
    size_t n = strcspn(reference, "/");
    return strlen(host) == n && strncmp(host, reference, n) == 0;
}

void tw_cooling_set(
    struct tw_cooling *cooling, const char *reference, int64_t until_ms, const struct tw_err *why)
{
    size_t n = strcspn(reference, "/"), slot = 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t latest_ms = (int64_t)now.tv_sec * 1000 + UNASKED_MAX_MS;
    if (n >= HOST_BYTES)
        return;
    if (why->retry_after_s == 0 && until_ms > latest_ms)
        until_ms = latest_ms;
    pthread_mutex_lock(&cooling->lock);
    for (size_t i = 0; i < HOSTS; i++) {
        if (is_host(cooling->hosts[i].host, reference)) {
            slot = i;
            break;
        }
        if (cooling->hosts[i].until_ms < cooling->hosts[slot].until_ms)
            slot = i;
    }
    memcpy(cooling->hosts[slot].host, reference, n);
    cooling->hosts[slot].host[n] = '\0';
    cooling->hosts[slot].until_ms = until_ms;
    pthread_mutex_unlock(&cooling->lock);
}

bool tw_cooling_get(
    struct tw_cooling *cooling, const char *reference, int64_t now_ms, int64_t *ret_until_ms)
{
    bool found = false;
    pthread_mutex_lock(&cooling->lock);
    for (size_t i = 0; i < HOSTS && !found; i++) {
        found = is_host(cooling->hosts[i].host, reference) && cooling->hosts[i].until_ms > now_ms;
        if (found)
            *ret_until_ms = cooling->hosts[i].until_ms;
    }
    pthread_mutex_unlock(&cooling->lock);
    return found;
}
