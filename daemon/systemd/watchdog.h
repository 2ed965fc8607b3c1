// The thread that tells a supervisor that we are alive: WatchdogSec= of systemd.service(5).
#pragma once

#include "scanner/base/err.h"

struct tw_watchdog_options { // must outlive the watchdog
    // Returns when all that works has answered; a thread that hangs makes it wait, or fail. An
    // error is a sign of life that is missing: nothing is said then.
    int (*alive)(void *ctx, struct tw_err *err);
    void *ctx;
};

struct tw_watchdog;

// NULL in *ret_watchdog, and 0: WATCHDOG_USEC is not there, or for another process. The variables
// are taken out of the environment. Before other threads.
int tw_watchdog_start(const struct tw_watchdog_options *options, struct tw_watchdog **ret_watchdog,
    struct tw_err *err);

// NULL: nothing happens. Waits for an `alive` that is under way.
void tw_watchdog_stop(struct tw_watchdog *watchdog);
