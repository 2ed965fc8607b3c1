// One attempt to tell one sink.
#pragma once

#include "daemon/config/settings.h"
#include "daemon/notify/sink.h"

enum { TW_SAID_BYTES = 256 };

// 0: *ret_outcome says what came of it, `ret_said` in words, without address, secret, or anything
// that the receiver wrote. TW_E_INTERRUPTED: cancelled; TW_E_NOMEM; TW_E_LIMIT: it cannot be
// written so that the sink takes it.
int tw_send(struct tw_http *http, const struct tw_settings *settings, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, struct tw_outcome *ret_outcome,
    char ret_said[TW_SAID_BYTES], struct tw_err *err);
