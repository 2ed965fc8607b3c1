// Registries that are down or asked us to wait: scans of them wait as well, whoever has them.
#pragma once

#include <stdbool.h>

#include "scanner/base/err.h"

struct tw_cooling;

struct tw_cooling *tw_cooling_new(void); // NULL: no memory
void tw_cooling_free(struct tw_cooling *cooling);

// The registry of this reference ("host/name:tag") is left alone until then. What `why` asked for
// (retry_after_s) counts in full, otherwise a minute is the most.
void tw_cooling_set(
    struct tw_cooling *cooling, const char *reference, int64_t until_ms, const struct tw_err *why);

// Whether its registry is still to be left alone.
bool tw_cooling_get(
    struct tw_cooling *cooling, const char *reference, int64_t now_ms, int64_t *ret_until_ms);
