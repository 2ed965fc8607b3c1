#include "daemon/worker/cooling.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 64, HOST_BYTES = 256, FIRST_PAUSE_MS = 2000, PAUSE_MAX_MS = 60000 };

struct host {
    char name[HOST_BYTES];
    int64_t until_ms;
    int64_t next_pause_ms;
};

struct tw_cooling {
    pthread_mutex_t lock;
    struct host hosts[HOSTS]; // the oldest makes room: it is only a courtesy
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

static struct host *find(struct tw_cooling *cooling, const char *reference)
{
    size_t n = strcspn(reference, "/");
    for (size_t i = 0; i < HOSTS; i++) {
        struct host *host = &cooling->hosts[i];
        if (host->name[0] && strlen(host->name) == n && memcmp(host->name, reference, n) == 0)
            return host;
    }
    return NULL;
}

static struct host *make(struct tw_cooling *cooling, const char *reference)
{
    size_t n = strcspn(reference, "/");
    struct host *oldest = &cooling->hosts[0];
    if (n >= HOST_BYTES)
        return NULL;
    for (size_t i = 1; i < HOSTS; i++) {
        if (cooling->hosts[i].until_ms < oldest->until_ms)
            oldest = &cooling->hosts[i];
    }
    *oldest = (struct host){.next_pause_ms = FIRST_PAUSE_MS};
    memcpy(oldest->name, reference, n);
    return oldest;
}

void tw_cooling_failed(
    struct tw_cooling *cooling, const char *reference, const struct tw_err *why, int64_t now_ms)
{
    int64_t asked_ms = now_ms + (int64_t)why->retry_after_s * 1000;
    pthread_mutex_lock(&cooling->lock);
    struct host *host = find(cooling, reference);
    if (!host)
        host = make(cooling, reference);
    // Scans that were under way together fail together: that is one failure, not many in a row.
    if (host && host->until_ms <= now_ms) {
        host->until_ms = now_ms + host->next_pause_ms;
        host->next_pause_ms *= 2;
        if (host->next_pause_ms > PAUSE_MAX_MS)
            host->next_pause_ms = PAUSE_MAX_MS;
    }
    if (host && host->until_ms < asked_ms)
        host->until_ms = asked_ms;
    pthread_mutex_unlock(&cooling->lock);
}

void tw_cooling_answered(struct tw_cooling *cooling, const char *reference)
{
    pthread_mutex_lock(&cooling->lock);
    struct host *host = find(cooling, reference);
    if (host)
        *host = (struct host){0};
    pthread_mutex_unlock(&cooling->lock);
}

bool tw_cooling_get(
    struct tw_cooling *cooling, const char *reference, int64_t now_ms, int64_t *ret_until_ms)
{
    pthread_mutex_lock(&cooling->lock);
    const struct host *host = find(cooling, reference);
    bool cools = host && host->until_ms > now_ms;
    if (cools)
        *ret_until_ms = host->until_ms;
    pthread_mutex_unlock(&cooling->lock);
    return cools;
}
