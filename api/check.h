// `tidewaiterd --check`: asks a running daemon for /healthz, for a container's health check.
#pragma once

#include "scanner/base/err.h"

// `listen` as in the settings; a wildcard address is asked on loopback. 0 when it answers 200.
// TW_E_UNAVAILABLE says what happened instead. `tls`: by HTTPS, whatever the certificate.
int tw_check(const char *listen, bool tls, struct tw_err *err);
