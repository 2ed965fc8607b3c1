#include "api/access/rate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "scanner/base/siphash.h"

enum { SETS = 2048, WAYS = 4, BURST_S = 2 };

struct slot {
    uint8_t key[TW_RATE_KEY_BYTES];
    bool used;
    struct tw_bucket bucket;
};

struct tw_rate {
    atomic_uint per_second;
    struct tw_sipkey key; // nobody can choose addresses that share a set
    pthread_mutex_t lock;
    struct slot slots[SETS][WAYS];
};

bool tw_bucket_take(
    struct tw_bucket *bucket, double per_second, double burst, int64_t now_ms, unsigned *ret_wait_s)
{
    double refilled = (double)(now_ms - bucket->last_ms) / 1000 * per_second;
    double spent = bucket->spent > refilled ? bucket->spent - refilled : 0;
    bool fits = spent + 1 <= burst;
    bucket->spent = fits ? spent + 1 : spent;
    bucket->last_ms = now_ms;
    if (!fits && ret_wait_s)
        *ret_wait_s = 1 + (unsigned)((spent + 1 - burst) / per_second);
    return fits;
}

struct tw_rate *tw_rate_new(unsigned per_second)
{
    struct tw_rate *rate = calloc(1, sizeof *rate);
    if (!rate || tw_sipkey_new(&rate->key) < 0) {
        free(rate);
        return NULL;
    }
    atomic_init(&rate->per_second, per_second);
    pthread_mutex_init(&rate->lock, NULL);
    return rate;
}

void tw_rate_set(struct tw_rate *rate, unsigned per_second)
{
    atomic_store(&rate->per_second, per_second);
}

unsigned tw_rate_per_second(const struct tw_rate *rate)
{
    return atomic_load(&rate->per_second);
}

void tw_rate_free(struct tw_rate *rate)
{
    if (!rate)
        return;
    pthread_mutex_destroy(&rate->lock);
    free(rate);
}

// The client's slot, else a free one, else the one unheard of for the longest.
static struct slot *find(struct slot set[WAYS], const uint8_t *key)
{
    struct slot *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i].used)
            return &set[i];
        if (memcmp(set[i].key, key, TW_RATE_KEY_BYTES) == 0)
            return &set[i];
        if (set[i].bucket.last_ms < oldest->bucket.last_ms)
            oldest = &set[i];
    }
    return oldest;
}

bool tw_rate_take(struct tw_rate *rate, const uint8_t key[TW_RATE_KEY_BYTES], int64_t now_ms,
    unsigned *ret_wait_s)
{
    unsigned per_second = atomic_load(&rate->per_second);
    if (per_second == 0)
        return true;
    uint64_t hash = tw_siphash(&rate->key, 0, (const char *)key, TW_RATE_KEY_BYTES);
    pthread_mutex_lock(&rate->lock);
    struct slot *slot = find(rate->slots[hash % SETS], key);
    if (!slot->used || memcmp(slot->key, key, TW_RATE_KEY_BYTES) != 0) {
        *slot = (struct slot){.used = true, .bucket = {.last_ms = now_ms}};
        memcpy(slot->key, key, TW_RATE_KEY_BYTES);
    }
    bool fits =
        tw_bucket_take(&slot->bucket, per_second, (double)per_second * BURST_S, now_ms, ret_wait_s);
    pthread_mutex_unlock(&rate->lock);
    return fits;
}
