// The HTTP daemon: libmicrohttpd, a table of routes, problem+json for every error.
#pragma once

#include <stdint.h>

#include "api/access/access.h"
#include "api/service.h"

struct tw_tls { // PEM texts
    char *certificate, *key;
    char *client_ca; // NULL: certificates of clients are not asked for
};

// Whether certificate, key and client CA can be read and belong together; the message says which
// cannot, without a byte of them (TW_E_FORMAT).
int tw_tls_check(const struct tw_tls *tls, struct tw_err *err);

struct tw_server_event { // one line of the log
    const char *level, *message;
    const char *request_id; // NULL: it is about no request
    unsigned status;        // of its answer, when there is one, and how long it took
    int64_t duration_ms;
};

struct tw_server_options {
    const char *listen; // "127.0.0.1:8055", "[::1]:0"; port 0: any free one
    // A socket that listens there already, opened by who started us; `fd` is taken when the server
    // starts. Its queue outlives us: it is closed, never shut down.
    struct {
        bool is_given;
        int fd;
    } socket;
    unsigned max_connections;
    unsigned client_connections; // of one address; 0: as many as there are
    unsigned max_streams;        // of events, of these connections
    const char *cors_origins;    // cors.h; NULL: no page of another origin may ask
    unsigned client_rate;        // requests a second of one address; 0: no limit
    unsigned idle_timeout_s;
    unsigned admission_timeout_s; // the longest wait of an admission
    const struct tw_limits *limits;
    const struct tw_service *service;
    struct tw_access *access; // taken when the server starts; NULL: everybody may do everything
    // Only names of this machine are taken in Host: for a server that is open to its own machine,
    // a web page elsewhere must not reach it by a name that was pointed here (DNS rebinding).
    bool local_names_only;
    const struct tw_tls *tls; // needed until tw_server_start() returns; NULL: plain HTTP
    // Once for each request that failed on our side, and for each that was refused.
    void (*log)(void *ctx, const struct tw_server_event *event);
    void *log_ctx;
};

struct tw_server;

// Listens and answers in threads of its own. TW_E_IO names the address and what is wrong;
// TW_E_FORMAT: the TLS texts are no good.
int tw_server_start(
    const struct tw_server_options *options, struct tw_server **ret_server, struct tw_err *err);

// The port in use.
uint16_t tw_server_port(const struct tw_server *server);

// Whether its threads still do what has to be done every second. TW_E_INTERNAL says since when not.
int tw_server_check(struct tw_server *server, struct tw_err *err);

// From now on these rules hold. Takes `access`.
void tw_server_set_access(struct tw_server *server, struct tw_access *access);

// New connections get this certificate; those that are open keep theirs and are told to close
// behind their next answer. On failure all stays as it was.
int tw_server_set_tls(struct tw_server *server, const struct tw_tls *tls, struct tw_err *err);

// Takes max_connections, client_connections, client_rate, idle_timeout_s and admission_timeout_s
// over; `tls` as at the start. The first, second and fourth hold for new connections, as with a new
// certificate. On failure all stays as it was; TW_E_BUSY: later. From one thread at a time.
int tw_server_tune(struct tw_server *server, const struct tw_server_options *options,
    const struct tw_tls *tls, struct tw_err *err);

// Takes no new connections, lets requests under way finish (at most `grace_s` seconds), frees.
void tw_server_stop(struct tw_server *server, unsigned grace_s);
