// The child process of a cage: what goes in and comes out, its end.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/cage/count.h"
#include "daemon/cage/options.h"
#include "scanner/base/buf.h"
#include "scanner/base/limits.h"

struct tw_child {
    pid_t pid;      // 0: none
    int input_fd;   // non-blocking; -1: closed, or the child has its own input
    int output_fd;  // non-blocking
    int trouble_fd; // non-blocking
};

// Starts tidewaiter-layer with an empty environment. own_input: a descriptor that becomes the
// child's input; -1: a socket.
int tw_child_start(const struct tw_cage_options *options, const char *kind, int own_input,
    const struct tw_limits *limits, struct tw_child *ret_child, struct tw_err *err);

void tw_child_kill(struct tw_child *child);

// Whether it ends (or has ended) within that time.
bool tw_child_ends_within(const struct tw_child *child, int max_ms);

// Waits for its end and closes all. Returns 0 when it exited with 0, else TW_E_CAGE or the
// child's own code and sentence, which `trouble` holds ("truncated: gzip stream ends early").
// *ret_death: how it died, also on failure.
int tw_child_reap(struct tw_child *child, const struct tw_buf *trouble,
    enum tw_cage_death *ret_death, struct tw_err *err);
