// The JSON that programs get: docs/notifications.md, schema in api/schema/notification-body.json.
#pragma once

#include <jansson.h>

#include "daemon/notify/sink.h"

// A new reference to the object of the first event of a dispatch; NULL: out of memory.
json_t *tw_notify_body_json(const struct tw_sink *sink, const struct tw_dispatch *dispatch);

// Onto a buffer, compact. Takes `json`; NULL is out of memory.
int tw_body_write(json_t *json, struct tw_buf *out, struct tw_err *err);
