// Following redirects by hand: each hop is checked, and credentials stay with the first origin.
#pragma once

#include "daemon/http/http.h"

// Where an answer sends us. TW_E_FORMAT: no http(s) URL; TW_E_NOT_ALLOWED: from https to http.
int tw_redirect_resolve(
    const struct tw_url *from, const char *location, struct tw_url *ret_url, struct tw_err *err);

struct tw_redirect_rules {
    const struct tw_url *registry;        // the only origin whose address is not guarded
    enum tw_address_kind allowed_address; // for other origins, besides ordinary ones
    uint64_t hops_max;                    // limits->redirects
};

// As tw_http_perform, through redirects (the request's own guard is not used). The
// Authorization goes to the origin of request->url only, and is never sent again after a hop to
// another one. A POST is not redirected: its body is a secret. TW_E_LIMIT: too many hops.
int tw_redirect_follow(struct tw_http *http, const struct tw_http_request *request,
    const struct tw_redirect_rules *rules, struct tw_http_answer *answer, struct tw_err *err);
