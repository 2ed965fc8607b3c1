// A progress line on standard error, when that is a terminal and work takes over a second.
#pragma once

#include <stdbool.h>
#include <time.h>

#include "daemon/scan/scan.h"

struct tw_progress_line {
    bool enabled;
    struct timespec started, shown;
    size_t begun, layers;
    uint64_t done_bytes, layer_bytes; // of the layers that were begun
    bool visible;
};

void tw_progress_line_init(struct tw_progress_line *line, bool quiet);

// The callbacks of a scan that move the line.
struct tw_scan_progress tw_progress_line_callbacks(struct tw_progress_line *line);

// Wipes the line.
void tw_progress_line_done(struct tw_progress_line *line);
