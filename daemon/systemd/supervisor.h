// What the daemon tells its supervisor: sd_notify(3), spoken without libsystemd.
#pragma once

#include "scanner/base/err.h"

// Takes NOTIFY_SOCKET out of the environment, so that no child speaks for us. TW_E_USAGE: it names
// no socket; a supervisor that is there waits for our word, so it is no small thing. Without the
// variable 0, and tw_supervisor_tell() does nothing. Before any thread.
int tw_supervisor_init(struct tw_err *err);

bool tw_supervisor_listens(void);

// One message of lines "NAME=VALUE". Any thread. What cannot be sent is dropped.
void tw_supervisor_tell(const char *fmt, ...) TW_PRINTF(1, 2);

// "RELOADING=1" with the time that systemd wants beside it. READY=1 ends it.
void tw_supervisor_reloading(void);
