// The policy that the settings name: a file, or a profile.
#pragma once

#include "daemon/config/settings.h"
#include "scanner/rules/policy.h"

struct tw_policy_in_force {
    const struct tw_policy *policy;
    struct tw_policy *owned; // NULL: a profile
};

// Errors name the file, and the line and column in it. TW_E_USAGE: the settings ask for another
// profile than the file has.
int tw_policy_load(
    const struct tw_settings *settings, struct tw_policy_in_force *ret_policy, struct tw_err *err);
void tw_policy_unload(struct tw_policy_in_force *policy);

// Today's date in UTC, "2026-11-23": waivers hold up to a day.
struct tw_day {
    char text[16];
};
struct tw_day tw_today(void);
