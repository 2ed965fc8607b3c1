// Notifications: what the outbox holds is sorted, and taken to the sinks of the settings' file.
#pragma once

#include <stdio.h>

#include "daemon/config/current.h"
#include "daemon/store/notice.h"

struct tw_notify;

// Loads the file (none: nobody is told), and starts with what is waiting. From then on the store
// calls us. Both must outlive it. Before other threads use the store.
int tw_notify_start(struct tw_current *settings, struct tw_store *store,
    struct tw_notify **ret_notify, struct tw_err *err);

// What is under way is broken off, and waits in the store. Frees. NULL: nothing happens. When no
// other thread uses the store any more.
void tw_notify_stop(struct tw_notify *notify);
TW_DEFINE_AUTO(struct tw_notify, tw_notify_stop)

// Reads the file again, by the settings in force now. On error what was in force stays so. What
// waits for sinks that are gone is dropped, and logged.
int tw_notify_reload(struct tw_notify *notify, struct tw_err *err);

// A sink that was given up may be tried again. Any thread.
void tw_notify_resume(struct tw_notify *notify, const char *sink);

// Metrics in Prometheus' text format, appended to `out`.
int tw_notify_metrics(struct tw_notify *notify, struct tw_buf *out, struct tw_err *err);

// Sends a test message to one sink of the file, and prints what came of it. TW_E_NOT_FOUND names
// the sinks; TW_E_UNAVAILABLE: it was not delivered.
int tw_notify_test(
    const struct tw_settings *settings, const char *sink, FILE *out, struct tw_err *err);
