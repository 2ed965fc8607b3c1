// Inside api/: who sends a request, and whether they may.
#pragma once

#include <microhttpd.h>

#include "api/connection.h"
#include "api/route.h"
#include "api/webhook/webhook.h"

enum tw_permission {
    TW_REFUSED, // err: TW_E_DENIED is 401, TW_E_NOT_ALLOWED 403
    TW_PERMITTED,
    TW_PERMITTED_WHEN_SIGNED, // a webhook: tw_is_signed() is to be asked when its body is there
};

// What is known of a request when its headers are there; `match` has a route.
struct tw_asked {
    struct MHD_Connection *connection;
    struct tw_visit *visit; // may be NULL
    const struct tw_match *match;
    const struct tw_query *query;
};

// By a token or the connection's certificate; of a webhook also by what its sender can show.
enum tw_permission tw_permission(
    struct tw_server *server, const struct tw_asked *asked, struct tw_err *err);

// Whether the signature in the headers fits the webhook's body; else TW_E_DENIED says why not.
bool tw_is_signed(struct tw_server *server, const struct tw_asked *asked, struct tw_span body,
    struct tw_err *err);

// The webhook that a match of its route names. False: there is none.
bool tw_caller_hook(
    struct tw_server *server, const struct tw_match *match, struct tw_hook *ret_hook);
