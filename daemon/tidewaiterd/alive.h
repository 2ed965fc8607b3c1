// Whether the daemon does what it is for, for the watchdog: not that all goes well (a full disk or
// a registry that is down are told elsewhere, and no restart mends them), but that every part
// answers.
#pragma once

#include "api/server.h"
#include "daemon/service/service.h"

struct tw_alive {
    const struct tw_daemon *daemon;
    struct tw_server *server;
};

// For tw_watchdog_options. Waits for as long as a part does not answer.
int tw_alive_check(void *alive, struct tw_err *err);
