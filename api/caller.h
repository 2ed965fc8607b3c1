// Inside api/: who sends a request, and whether they may.
#pragma once

#include <microhttpd.h>

#include "api/connection.h"
#include "api/route.h"

enum tw_permission {
    TW_REFUSED, // err: TW_E_DENIED is 401, TW_E_NOT_ALLOWED 403
    TW_PERMITTED,
    TW_PERMITTED_WHEN_SIGNED, // a webhook: tw_is_signed() is to be asked when its body is there
};

// By a token, or the connection's certificate; `match` has a route. `visit` may be NULL.
enum tw_permission tw_permission(struct tw_server *server, struct MHD_Connection *connection,
    struct tw_visit *visit, const struct tw_match *match, struct tw_err *err);

// Whether the signature in the headers fits the webhook's body; else TW_E_DENIED says why not.
bool tw_is_signed(struct tw_server *server, struct MHD_Connection *connection,
    const struct tw_match *match, struct tw_span body, struct tw_err *err);
