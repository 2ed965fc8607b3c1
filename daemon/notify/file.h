// The file that says who is told what: docs/notifications.md.
#pragma once

#include "daemon/config/settings.h"
#include "daemon/notify/sink.h"

enum { TW_SINKS_MAX = 32 };

struct tw_sinks {
    struct tw_arena *arena; // owns all but the URLs and certificates
    struct tw_sink *items;
    size_t count;
    const char *link; // where people reach the daemon, without a slash at the end; NULL
};

// From the text of such a file; url-file and secret-file are read too. TW_E_FORMAT: "line 3, column
// 5: ...". Messages hold no address and no secret.
int tw_sinks_read(struct tw_span text, struct tw_sinks **ret_sinks, struct tw_err *err);

// The file that the setting `notify` names; none: no sinks. Errors name it, and the line and column
// in it. TW_E_USAGE: others may read it.
int tw_sinks_load(
    const struct tw_settings *settings, struct tw_sinks **ret_sinks, struct tw_err *err);

// Wipes what was secret. NULL is allowed.
void tw_sinks_free(struct tw_sinks *sinks);
TW_DEFINE_AUTO(struct tw_sinks, tw_sinks_free)

// NULL: there is none.
struct tw_sink *tw_sinks_find(struct tw_sinks *sinks, const char *name);
