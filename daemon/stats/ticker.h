// The thread that notes once a minute what there is, for series over time.
#pragma once

#include "daemon/store/store.h"

struct tw_ticker;

// Notes at once, then each minute. The store must outlive it. `days`: how long days are kept.
int tw_ticker_start(
    struct tw_store *store, unsigned days, struct tw_ticker **ret_ticker, struct tw_err *err);

// Frees. NULL: nothing happens.
void tw_ticker_stop(struct tw_ticker *ticker);
