// Inside api/webhook/: one event of a body, and the texts in it.
#pragma once

#include <jansson.h>

#include "api/webhook/webhook.h"

struct tw_told {
    const json_t *body; // the object as it was sent
    const char *type; // of a CloudEvent (any of its three forms) or an Event Grid event; else NULL
    const json_t *data; // what that is about; without a type: the same as body
};

// The string at a path of keys ("request.host"); NULL when it, or what should hold it, is absent or
// null. TW_E_FORMAT: it is something else.
int tw_told_text(const json_t *object, const char *path, const char **ret_text, struct tw_err *err);

// The same of a text that must be there, and not empty.
int tw_told_needs(
    const json_t *object, const char *path, const char **ret_text, struct tw_err *err);

// Whether the text at that path is this one; false when it is none.
bool tw_told_says(const json_t *object, const char *path, const char *text);

// Whether there is something at that path other than null.
bool tw_told_has(const json_t *object, const char *path);

// Whether `agent` (may be NULL) is us.
bool tw_told_is_own(const char *agent);
