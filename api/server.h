// The HTTP daemon: libmicrohttpd, a table of routes, problem+json for every error.
#pragma once

#include <stdint.h>

#include "api/service.h"

struct tw_server_options {
    const char *listen; // "127.0.0.1:8055", "[::1]:0"; port 0: any free one
    unsigned max_connections;
    unsigned idle_timeout_s;
    const struct tw_limits *limits;
    const struct tw_service *service;
    // One line for each request that failed on our side, and for each that was refused.
    void (*log)(void *ctx, const char *level, const char *message);
    void *log_ctx;
};

struct tw_server;

// Listens and answers in threads of its own. TW_E_IO names the address and what is wrong.
int tw_server_start(
    const struct tw_server_options *options, struct tw_server **ret_server, struct tw_err *err);

// The port in use.
uint16_t tw_server_port(const struct tw_server *server);

// Takes no new connections, lets requests under way finish (at most `grace_s` seconds), frees.
void tw_server_stop(struct tw_server *server, unsigned grace_s);
