#include "api/metric/histogram.h"

#include <stdio.h>

enum { NAME_BYTES = 128 };

static const double billion = 1e9;

void tw_histogram_add(struct tw_histogram *histogram, const struct tw_bounds *bounds, double value)
{
    size_t b = 0;
    if (!(value > 0))
        value = 0;
    while (b < bounds->count && value > bounds->at[b])
        b++;
    atomic_fetch_add_explicit(&histogram->counts[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(
        &histogram->sum_billionths, (uint_fast64_t)(value * billion), memory_order_relaxed);
}

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

uint64_t tw_histogram_count(const struct tw_histogram *histogram, const struct tw_bounds *bounds)
{
    uint64_t n = 0;
    for (size_t b = 0; b <= bounds->count; b++)
        n += load(&histogram->counts[b]);
    return n;
}

void tw_histogram_write(struct tw_buf *out, const char *name, const struct tw_metric_label *labels,
    const struct tw_histogram *histogram, const struct tw_bounds *bounds)
{
    struct tw_metric_label all[TW_HISTOGRAM_LABELS_MAX + 2] = {0};
    char part[NAME_BYTES], le[32];
    size_t n = 0;
    for (; labels && labels[n].name && n < TW_HISTOGRAM_LABELS_MAX; n++)
        all[n] = labels[n];
    all[n] = (struct tw_metric_label){"le", le};
    uint64_t so_far = 0;
    snprintf(part, sizeof part, "%s_bucket", name);
    for (size_t b = 0; b <= bounds->count; b++) {
        so_far += load(&histogram->counts[b]);
        if (b < bounds->count)
            snprintf(le, sizeof le, "%g", bounds->at[b]);
        else
            snprintf(le, sizeof le, "+Inf");
        tw_sample_count(out, part, all, so_far);
    }
    all[n] = (struct tw_metric_label){0};
    snprintf(part, sizeof part, "%s_sum", name);
    tw_sample(out, part, all, (double)load(&histogram->sum_billionths) / billion);
    snprintf(part, sizeof part, "%s_count", name);
    tw_sample_count(out, part, all, so_far);
}
