// How alike two names are, for "did you mean".
#pragma once

#include <stddef.h>

#include "scanner/base/span.h"

// The number of letters to change, add, drop or swap with their neighbour to get from one to the
// other; anything above `max` is given as max + 1. Names over 40 bytes are unlike everything.
unsigned tw_similar_distance(struct tw_span a, struct tw_span b, unsigned max);

// The distance up to which a name of that length may be meant: 1 up to 5 letters, 2 above.
unsigned tw_similar_tolerance(struct tw_span name);

// The name most like it, of those that `at` gives for 0, 1, ... (NULL past the end, "" for one that
// is not meant); NULL when none is like it. What is returned is what a last call of `at` gave.
const char *tw_similar_nearest(
    struct tw_span name, const char *(*at)(void *ctx, size_t index), void *ctx);
