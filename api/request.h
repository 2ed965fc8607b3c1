// Inside api/: one request, from its first line to its answer.
#pragma once

#include "api/connection.h"
#include "api/route.h"
#include "api/webhook/webhook.h"

enum {
    TW_REQUEST_ID_MAX = 64,
    // A refused body of at most this is read to its end and dropped, so that the client gets to
    // read the answer and can go on with the connection.
    TW_DROP_MAX_BYTES = 32 << 20,
};

// A refusal that is known before the body has been read.
struct tw_refusal {
    unsigned status; // 0: none
    struct tw_err why;
};

struct tw_request {
    struct tw_server *server;
    char *target; // as sent; the path is cut and decoded in place
    char *raw;    // as sent, for the log
    char id[TW_REQUEST_ID_MAX + 1];
    const char *method;
    struct timespec began;
    bool has_headers;
    struct tw_match match;
    struct tw_query query;
    struct tw_refusal refusal;
    struct tw_visit *visit;  // NULL when memory was short
    const char *origin;      // of the page that asks; NULL
    bool is_preflight;       // a browser's question whether a page may ask
    unsigned access_changes; // how many there were when it was let in
    bool must_be_signed;     // the caller showed no token, but a signature
    bool has_hook;
    struct tw_hook hook; // of a webhook's route, when has_hook
    struct tw_buf body;
    uint64_t received_bytes;
    uint64_t held_bytes; // of the body, counted in server->body_bytes
    struct tw_answer answer;
};

struct tw_request *tw_request_new(struct tw_server *server, const char *uri); // NULL: no memory
void tw_request_free(struct tw_request *request);

// NULL: not sent.
const char *tw_request_header(struct MHD_Connection *connection, const char *name);

// The headers are there: finds the route, and whether the request is refused already. What they
// say of the body is a promise only: the bytes are counted as they come.
void tw_request_check(struct tw_request *request, struct MHD_Connection *connection,
    const char *method, uint64_t *ret_announced_bytes);

// A piece of the body. False: the connection has to be closed.
bool tw_request_take(struct tw_request *request, const char *bytes, size_t size);

// The body is there: whether its signature fits, when it has to.
void tw_request_check_signature(struct tw_request *request, struct MHD_Connection *connection);

// Lets the handler answer, or answers the refusal; logs, counts and sends.
enum MHD_Result tw_request_reply(struct tw_request *request, struct MHD_Connection *connection);
