// What the settings say to those that keep a copy of it.
#pragma once

#include "api/server.h"
#include "daemon/admit/lookup.h"
#include "daemon/config/settings.h"

void tw_apply_to_server(const struct tw_settings *settings, struct tw_server_options *options);
void tw_apply_to_lookup(const struct tw_settings *settings, struct tw_lookup_options *options);
void tw_apply_to_log(const struct tw_settings *settings);
