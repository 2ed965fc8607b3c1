// Whether the disk has room for one more push. What is kept free is for the results of the
// pushes that were taken before, so that a flood of notices cannot make them fail.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "scanner/base/err.h"

struct tw_room {
    const char *directory;  // of the store
    atomic_llong looked_ms; // when the disk was asked last; 0: never
    atomic_bool is_short;
};

// TW_E_BUSY with a time to wait when less than the reserve is free. The disk is asked at most
// once a second; when it cannot be asked, there is room. Any thread.
int tw_room_check(struct tw_room *room, uint64_t reserve_bytes, int64_t now_ms, struct tw_err *err);

// Bytes that are free on that disk for who is not root. false: it cannot be asked.
bool tw_room_free(const struct tw_room *room, uint64_t *ret_bytes);
