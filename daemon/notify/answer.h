// What receivers answer: HTTP statuses, and the codes that robots send with 200.
#pragma once

#include "daemon/notify/sink.h"

enum { TW_RECEIVED_BYTES_MAX = 65536 }; // of an answer; the rest is not read

// By the status alone. 2xx: delivered.
struct tw_outcome tw_answer_status(long status, uint32_t retry_after_s);

struct tw_answer_code {
    long code;
    struct tw_outcome outcome;
};

// {"errcode": 0, ...} with 200: what stands in the table, else never. Without such a code: later.
struct tw_outcome tw_answer_errcode(const struct tw_http_answer *answer, struct tw_span body,
    const struct tw_answer_code *codes, size_t count);
