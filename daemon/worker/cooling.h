// Registries that are down or asked us to wait: scans of them wait as well, whoever has them.
//
// The pause belongs to the registry, not to a scan: it grows with failures in a row (2 s, doubled
// up to a minute) and ends with the first answer, so that one image that can never be pulled does
// not hold up the others of its registry.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"

struct tw_cooling;

struct tw_cooling *tw_cooling_new(void); // NULL: no memory
void tw_cooling_free(struct tw_cooling *cooling);
TW_DEFINE_AUTO(struct tw_cooling, tw_cooling_free)

// `reference` is "host/name:tag" throughout, times are those of a clock that never goes back.
//
// It did not answer as it should. What `why` asks for (retry_after_s) counts in full.
void tw_cooling_failed(
    struct tw_cooling *cooling, const char *reference, const struct tw_err *why, int64_t now_ms);
void tw_cooling_answered(struct tw_cooling *cooling, const char *reference);

// Whether it is still to be left alone.
bool tw_cooling_get(
    struct tw_cooling *cooling, const char *reference, int64_t now_ms, int64_t *ret_until_ms);
