// Layers that are being read: two workers never read the same one at once.
#pragma once

#include <stdbool.h>

#include "scanner/base/digest.h"

struct tw_flight;

struct tw_flight *tw_flight_new(void); // NULL: no memory
void tw_flight_free(struct tw_flight *flight);
TW_DEFINE_AUTO(struct tw_flight, tw_flight_free)

// Takes the digest, at once or after whoever has it; look then whether it is known meanwhile.
// `cancelled` is asked every second; false when it said so (the digest is not taken then), or out
// of memory.
bool tw_flight_begin(struct tw_flight *flight, const struct tw_digest *digest,
    bool (*cancelled)(void *ctx), void *ctx);
void tw_flight_end(struct tw_flight *flight, const struct tw_digest *digest);
