// Requests over many connections for some seconds, and how long each took.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/bench/https.h"

struct tw_load_request {
    char *text;
    size_t size;
};

struct tw_load {
    struct tw_https_target target;
    const struct tw_load_request *requests; // sent in turn; borrowed
    size_t request_count;
    unsigned connections;
    double seconds;
    // Requests a second, due at even times. A request's time counts from when it was due, also when
    // no connection was free then: a server that stalls cannot hide what it kept waiting. 0: each
    // connection asks as soon as it has its answer, and the time counts from the sending.
    double rate;
    pid_t server; // 0: its CPU time is not known
};

struct tw_load_result {
    double per_second, p50_ms, p99_ms, p999_ms, max_ms;
    uint64_t answered, denied, failed; // failed: no answer, or its status was not 200
    double server_us, client_us;       // CPU time a request; server_us is 0 when it is not known
};

// Returns 0, or -1: no thread or no memory.
int tw_load_run(const struct tw_load *load, struct tw_load_result *ret_result);
