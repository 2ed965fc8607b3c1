// An image that has been scanned, out of the store and in memory: shared by all who judge it.
#pragma once

#include "daemon/judge/loaded.h"

struct tw_known;

// Loads it; the caller holds it. TW_E_NOT_FOUND: not scanned yet.
int tw_known_load(struct tw_store *store, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_known **ret_known, struct tw_err *err);

const struct tw_loaded *tw_known_images(const struct tw_known *known);
uint64_t tw_known_bytes(const struct tw_known *known); // of memory

// Any thread.
struct tw_known *tw_known_hold(struct tw_known *known);
void tw_known_drop(struct tw_known *known); // the last one frees it. NULL: nothing happens
TW_DEFINE_AUTO(struct tw_known, tw_known_drop)
