// The daemon's side of /metrics, in Prometheus' text format.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include "daemon/service/service.h"

int tw_daemon_metrics(
    struct tw_daemon *daemon, int64_t now_ms, struct tw_buf *out, struct tw_err *err);
