// What a registry's error status means for the caller.
#pragma once

#include "daemon/http/http.h"

// Sets the code and "status 404 (MANIFEST_UNKNOWN): what it means", with err->retry_after_s;
// returns the code, never 0.
int tw_answer_error(const struct tw_http_answer *answer, struct tw_err *err);
