// Inside api/: the server's own state, and the callbacks that libmicrohttpd calls.
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "api/metrics.h"
#include "api/server.h"

struct tw_server {
    struct tw_server_options options;
    struct MHD_Daemon *daemon;
    struct tw_metrics *metrics;
    int fd; // the listening socket
    uint16_t port;
    uint32_t id;              // of this run: the first half of each request's id
    atomic_uint next_request; // the second half
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t idle; // requests_under_way has come down to 0
    unsigned requests_under_way;
};

// One request, from its first line (MHD_OPTION_URI_LOG_CALLBACK) ...
void *tw_connection_begin(void *server, const char *uri, struct MHD_Connection *connection);

// ... through headers, pieces of the body, and its end (MHD_AccessHandlerCallback) ...
enum MHD_Result tw_connection_step(void *server, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_size, void **request);

// ... to when its answer is sent, or the client is gone (MHD_RequestCompletedCallback).
void tw_connection_end(void *server, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how);

// One line for the log, through the server's options.
void tw_server_log(const struct tw_server *server, const char *level, const char *fmt, ...)
    TW_PRINTF(3, 4);
