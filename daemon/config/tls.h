// The certificate that the settings name.
#pragma once

#include "api/server.h"
#include "daemon/config/settings.h"

// Whether the settings ask for TLS at all.
bool tw_tls_is_wanted(const struct tw_settings *settings);

// Reads the files. TW_E_USAGE: a setting that needs another one, or a key that everybody on the
// machine may read; else the message names setting and file.
int tw_tls_load(const struct tw_settings *settings, struct tw_tls *ret_tls, struct tw_err *err);
void tw_tls_unload(struct tw_tls *tls); // the key is wiped
