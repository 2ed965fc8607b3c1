// What the robots of WeCom and DingTalk have in common: markdown without a way to escape it.
#pragma once

#include <jansson.h>

#include "daemon/notify/message.h"

// Characters that would be links, tags or emphasis become their wide twins.
void tw_robot_clean(struct tw_buf *out, struct tw_span text);

// A JSON list of texts; NULL: out of memory.
json_t *tw_robot_list(const struct tw_texts *texts);
