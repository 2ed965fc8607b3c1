// How many of what was measured were at most so much, counted from any thread without a lock.
#pragma once

#include <stdatomic.h>

#include "api/metric/exposition.h"

enum { TW_BOUNDS_MAX = 16 };

// Upper bounds, ascending, in the unit of the metric. Constant for the life of the process.
struct tw_bounds {
    size_t count;
    double at[TW_BOUNDS_MAX];
};

// All zero is an empty one.
struct tw_histogram {
    atomic_uint_fast64_t counts[TW_BOUNDS_MAX + 1]; // not cumulative; the last: above all bounds
    atomic_uint_fast64_t sum_billionths;
};

// value: 0 or more; a negative one or a NaN counts as 0.
void tw_histogram_add(struct tw_histogram *histogram, const struct tw_bounds *bounds, double value);

uint64_t tw_histogram_count(const struct tw_histogram *histogram, const struct tw_bounds *bounds);

// Its samples: _bucket for each bound and "+Inf", _sum, _count, which agree with each other
// whatever is added meanwhile (but for the sum, which may be an observation behind or ahead). The
// family has begun. labels: NULL for none, at most TW_HISTOGRAM_LABELS_MAX.
enum { TW_HISTOGRAM_LABELS_MAX = 3 };
void tw_histogram_write(struct tw_buf *out, const char *name, const struct tw_metric_label *labels,
    const struct tw_histogram *histogram, const struct tw_bounds *bounds);
