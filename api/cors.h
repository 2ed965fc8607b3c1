// Inside api/: which pages of other origins may ask.
// https://fetch.spec.whatwg.org/#http-cors-protocol
//
// Never with credentials: a page sends a token by Authorization, which it has to have itself.
#pragma once

#include <stdbool.h>

#include "scanner/base/err.h"

// Whether `origins` is "*" or a list like "https://board.example http://localhost:3000".
// TW_E_USAGE names the one that is wrong.
int tw_cors_check(const char *origins, struct tw_err *err);

// What Access-Control-Allow-Origin says to `origin`: it, "*", or NULL for nothing. Both may be
// NULL.
const char *tw_cors_allowed(const char *origins, const char *origin);

// Whether `origin` is where the request went: http://HOST or https://HOST, `host` being its Host
// header. Both may be NULL, and then it is not.
bool tw_cors_is_own(const char *origin, const char *host);
