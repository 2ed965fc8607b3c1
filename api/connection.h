// Inside api/: the server's own state, and the callbacks that libmicrohttpd calls.
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "api/metrics.h"
#include "api/server.h"
#include "api/visit.h"

enum { TW_DAEMONS_MAX = 4 };

struct tw_server {
    struct tw_server_options options;
    // The first takes new connections; the others have been replaced (a new certificate) and
    // only serve the ones that they have.
    struct MHD_Daemon *daemons[TW_DAEMONS_MAX];
    _Atomic(struct MHD_Daemon *) newest; // daemons[0], for threads that answer
    struct tw_metrics *metrics;
    struct tw_visits visits;
    struct tw_rate *rate;
    pthread_rwlock_t access_lock;
    struct tw_access *access; // NULL: everybody may do everything
    atomic_uint access_changes;
    atomic_uint streams;      // of events, under way
    atomic_ullong body_bytes; // of all requests under way
    int fd;                   // the listening socket
    uint16_t port;
    uint32_t id;              // of this run: the first half of each request's id
    atomic_uint next_request; // the second half
    atomic_uint idle_timeout_s, admission_timeout_s; // they may change
    atomic_bool stopping;                            // no new connections, the last answers
    atomic_bool stopped;                             // the ticker ends
    pthread_t ticker;
    atomic_llong ticked_ms; // when it last had done its work
    bool has_ticker;
    pthread_mutex_t lock; // of what follows, and of daemons
    pthread_cond_t idle;  // requests_under_way has come down to 0, or the server stops
    unsigned requests_under_way;
    struct tw_bucket refusals; // of which a line is logged
    unsigned unlogged;         // refusals since the last of these lines
};

// A connection begins and ends (MHD_NotifyConnectionCallback).
void tw_connection_notify(void *server, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode what);

// One request, from its first line (MHD_OPTION_URI_LOG_CALLBACK) ...
void *tw_connection_begin(void *server, const char *uri, struct MHD_Connection *connection);

// ... through headers, pieces of the body, and its end (MHD_AccessHandlerCallback) ...
enum MHD_Result tw_connection_step(void *server, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_size, void **request);

// ... to when its answer is sent, or the client is gone (MHD_RequestCompletedCallback).
void tw_connection_end(void *server, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how);

// One line for the log, through the server's options.
// The event's message is made of the format.
void tw_server_log(const struct tw_server *server, struct tw_server_event event, const char *fmt,
    ...) TW_PRINTF(3, 4);
