// Inside api/: one request as a handler sees it, and the answer that it fills.
#pragma once

#include <jansson.h>

#include "api/encoding.h"
#include "api/query.h"
#include "api/server.h"
#include "scanner/base/buf.h"

struct tw_hook;
struct tw_route;
struct tw_metrics;

enum { TW_PATH_PARAMETERS_MAX = 2 };

struct tw_call {
    const struct tw_route *route; // NULL: there is none for this path
    const struct tw_service *service;
    const struct tw_limits *limits;
    struct tw_metrics *metrics;
    char *const *path; // what the {}s of the route's pattern stand for, decoded
    const struct tw_query *query;
    const char *accept, *accept_language, *content_type; // headers; NULL: not sent
    const char *(*header)(void *ctx, const char *name);  // any other; NULL: not sent
    void *header_ctx;
    const struct tw_hook *hook; // of a webhook's route; NULL: there is none of that name
    struct tw_span body;
    const char *request_id;
    int64_t began_ms; // CLOCK_MONOTONIC, with its headers
    unsigned admission_timeout_s;
};

struct tw_answer {
    unsigned status;
    const char *content_type;
    struct tw_buf body;
    char location[64];      // "" for none
    char allow[32];         // methods, for 405; "" for none
    unsigned retry_after_s; // 0 for none
    bool varies;            // by Accept
    bool varies_by_language;
    char etag[TW_ETAG_BYTES]; // of a handler that knows better than the body; "": by the body
    bool is_packed;           // gzip
    bool is_stream;           // of events behind stream_after: it has no body
    uint64_t stream_after;
    const char *language; // "en"; NULL: of no matter
    char detail[512];     // of a problem, for the log; "" when there is nothing to tell

    // Of files; NULL: nothing of it.
    const char *cache_control;
    const char *content_security_policy; // of what a browser shows as a page
};

// Each writes the body and sets the status; 0, or negative when memory is short.
int tw_answer_json(struct tw_answer *answer, unsigned status, json_t *json, struct tw_err *err);

// What a person or a program needs to know about a failure (RFC 9457). status: a row of the
// table in problem.c. `retry_after_s`: 0 for none.
int tw_answer_problem(const struct tw_call *call, struct tw_answer *answer, unsigned status,
    const char *detail, unsigned retry_after_s);

// The status that a failure of the service stands for.
unsigned tw_problem_status(int code);

// The same, worked out from a failure.
int tw_answer_failure(
    const struct tw_call *call, struct tw_answer *answer, const struct tw_err *why);
