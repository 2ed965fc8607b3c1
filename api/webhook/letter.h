// Inside api/webhook/: the JSON in a body, whichever way it was packed.
#pragma once

#include <jansson.h>

#include "api/webhook/webhook.h"

// Of a form it is the field "payload" (GitHub, Gitea). *ret_json is a new reference. TW_E_FORMAT,
// TW_E_LIMIT, TW_E_NOMEM.
int tw_letter_json(const struct tw_letter *delivery, const struct tw_limits *limits,
    json_t **ret_json, struct tw_err *err);
