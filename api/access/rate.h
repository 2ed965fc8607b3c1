// How often somebody may do something: token buckets, in bounded memory.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/mem.h"

// One bucket; zeroed, it is full.
struct tw_bucket {
    double spent; // of the burst
    int64_t last_ms;
};

// Takes one out. False: it is empty; *ret_wait_s (may be NULL) tells for how long, at least 1.
// `now_ms` of a clock that never goes back.
bool tw_bucket_take(struct tw_bucket *bucket, double per_second, double burst, int64_t now_ms,
    unsigned *ret_wait_s);

// A bucket for each client, by its address. When more come than fit, those unheard of for the
// longest begin anew.
struct tw_rate;

enum { TW_RATE_KEY_BYTES = 16 };

// per_second 0: no limit. The burst is two seconds' worth. NULL: out of memory.
struct tw_rate *tw_rate_new(unsigned per_second);
void tw_rate_free(struct tw_rate *rate);
// Both from any thread.
void tw_rate_set(struct tw_rate *rate, unsigned per_second);
unsigned tw_rate_per_second(const struct tw_rate *rate);
TW_DEFINE_AUTO(struct tw_rate, tw_rate_free)

// As tw_bucket_take, for one client. Any thread.
bool tw_rate_take(struct tw_rate *rate, const uint8_t key[TW_RATE_KEY_BYTES], int64_t now_ms,
    unsigned *ret_wait_s);
