// The settings in force while the daemon runs. A reload replaces them; whoever works by those
// before keeps them until the work is done, and nobody waits for anybody.
#pragma once

#include "daemon/config/settings.h"

struct tw_current;

struct tw_held {
    const struct tw_settings *settings; // they do not change
};

// `first` must outlive it. NULL: no memory.
struct tw_current *tw_current_new(const struct tw_settings *first);
void tw_current_free(struct tw_current *current); // nobody may hold any more
TW_DEFINE_AUTO(struct tw_current, tw_current_free)

// Any thread. Drop what was held.
struct tw_held *tw_current_hold(struct tw_current *current);
void tw_held_drop(struct tw_held *held); // NULL: nothing happens
TW_DEFINE_AUTO(struct tw_held, tw_held_drop)

// Takes `fresh`, which is empty afterwards; on TW_E_NOMEM it stays as it is.
int tw_current_replace(struct tw_current *current, struct tw_settings *fresh, struct tw_err *err);
