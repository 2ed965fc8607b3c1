// Prometheus' text format 0.0.4: families, each with its help and type, then their samples.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include "scanner/base/buf.h"

enum tw_metric_type { TW_COUNTER, TW_GAUGE, TW_HISTOGRAM };

struct tw_metric_label {
    const char *name, *value; // value: UTF-8 of any length; escaped here
};

// Labels of one sample, for one call: TW_LABELS({"state", "queued"}).
#define TW_LABELS(...) ((const struct tw_metric_label[]){__VA_ARGS__, {NULL, NULL}})

// Begins a family; all its samples follow before the next one begins. A counter's name ends in
// "_total", any other's does not (promtool would complain).
void tw_family(struct tw_buf *out, enum tw_metric_type type, const char *name, const char *help);

// One sample. labels: NULL for none. A failure stays in out->status.
void tw_sample(
    struct tw_buf *out, const char *name, const struct tw_metric_label *labels, double value);
void tw_sample_count(
    struct tw_buf *out, const char *name, const struct tw_metric_label *labels, uint64_t value);

// A family of one sample.
void tw_single(
    struct tw_buf *out, enum tw_metric_type type, const char *name, const char *help, double value);
void tw_single_count(struct tw_buf *out, enum tw_metric_type type, const char *name,
    const char *help, uint64_t value);
