// Inside api/: TLS of the HTTP side, by GnuTLS as libmicrohttpd has it.
#pragma once

#include <microhttpd.h>

#include "api/server.h"

enum { TW_TLS_OPTIONS = 4 };

// libmicrohttpd's options for it; returns their number. `tls` must outlive the daemon's start.
size_t tw_tls_options(const struct tw_tls *tls, struct MHD_OptionItem options[TW_TLS_OPTIONS]);

// When the first certificate of the chain ends, in seconds since 1970; 0 when it cannot be read.
int64_t tw_tls_not_after_s(const struct tw_tls *tls);

// The names in the certificate that the client showed, one a line: DNS names, URIs, then the
// common name. NULL: it showed none, or none that the client CA vouches for as a client's.
char *tw_tls_client_names(struct MHD_Connection *connection);
