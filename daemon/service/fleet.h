// What the images of the fleet are like, for /metrics: those that a tag points to now.
#pragma once

#include "api/service.h"

// Labels come from closed sets: rules and severities are ours, and a Go release that is not known
// to the facts counts as "other", whatever a program says of itself.
void tw_fleet_metrics(const struct tw_stats *stats, struct tw_buf *out);
