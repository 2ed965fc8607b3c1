// What Prometheus wants to know of every process, under its usual names.
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
#pragma once

#include "scanner/base/buf.h"

// From /proc/self. What cannot be read there is left out.
void tw_process_metrics(struct tw_buf *out);
