// Inside api/: how long whoever asks whether something may run waits for the answer.
#pragma once

#include "api/call.h"

struct tw_patience {
    int64_t until_ms; // CLOCK_MONOTONIC: the answer has to be on its way by then
    bool is_asked;    // ?timeout= was there
};

// ?timeout=10s, as the API server sends it (or 10, 1.5s, 500ms), at most the setting
// admission-timeout, less half a second for the way, or less a fifth when it is short. Without it
// the setting counts. TW_E_USAGE: it is no time.
int tw_patience_of(
    const struct tw_call *call, struct tw_patience *ret_patience, struct tw_err *err);
