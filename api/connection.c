#include "api/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/accept.h"
#include "api/route.h"
#include "scanner/base/text.h"

enum {
    // A refused body of at most this is read to its end and dropped, so that the client gets to
    // read the answer and can go on with the connection.
    DROP_MAX_BYTES = 32 << 20,
    // A client that sends a byte now and then is not idle; it is cut off after this time.
    REQUEST_MAX_S = 120,
    REQUEST_ID_MAX = 64,
};

// A refusal that is known before the body has been read.
struct refusal {
    unsigned status; // 0: none
    struct tw_err why;
};

struct request {
    struct tw_server *server;
    char *target; // as sent; the path is cut and decoded in place
    char *raw;    // as sent, for the log
    char id[REQUEST_ID_MAX + 1];
    const char *method;
    struct timespec began;
    bool has_headers;
    struct tw_match match;
    struct tw_query query;
    struct refusal refusal;
    struct tw_buf body;
    uint64_t received_bytes;
    struct tw_answer answer;
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void request_free(struct request *request)
{
    if (!request)
        return;
    tw_query_done(&request->query);
    tw_buf_done(&request->body);
    tw_buf_done(&request->answer.body);
    free(request->target);
    free(request->raw);
    free(request);
}

static void count_requests(struct tw_server *server, int change)
{
    pthread_mutex_lock(&server->lock);
    server->requests_under_way += (unsigned)change;
    if (server->requests_under_way == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

void *tw_connection_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)connection;
    struct tw_server *server = cls;
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->server = server;
    request->target = strdup(uri);
    request->raw = strdup(uri);
    if (!request->target || !request->raw) {
        request_free(request);
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &request->began);
    snprintf(request->id, sizeof request->id, "%08x-%08x", server->id,
        atomic_fetch_add(&server->next_request, 1));
    count_requests(server, 1);
    return request;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// The sender's own id is kept when it is harmless in headers, logs and JSON, so that one id
// follows a request through all programs.
static void take_request_id(struct request *request, const char *given)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t size = given ? strspn(given, harmless) : 0;
    if (size > 0 && size <= REQUEST_ID_MAX && given[size] == '\0')
        memcpy(request->id, given, size + 1);
}

static void refuse(struct request *request, unsigned status, const struct tw_err *why)
{
    if (request->refusal.status == 0)
        request->refusal = (struct refusal){status, *why};
}

// "http://host/path" (what proxies are sent; RFC 9112, section 3.2.2) -> "/path"
static char *path_of(char *target)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0    ? 7
                    : strncasecmp(target, "https://", 8) == 0 ? 8
                                                              : 0;
    if (scheme == 0)
        return target;
    char *slash = strchr(target + scheme, '/');
    return slash ? slash : target + strlen(target);
}

static void find_route(struct request *request)
{
    struct tw_err why = {0};
    char *path = path_of(request->target), *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    int r = tw_route_match(request->method, path, &request->match, &why);
    const struct tw_route *route = request->match.route;
    if (r == 0 && route && (r = tw_query_parse(query, &request->query, &why)) == 0)
        r = tw_query_check(&request->query, route->query, &why);
    if (r < 0)
        refuse(request, tw_problem_status(r), &why);
    else if (!route && request->match.allow[0]) {
        tw_err_set(&why, TW_E_USAGE, "this path takes: %s", request->match.allow);
        refuse(request, 405, &why);
    } else if (!route) {
        tw_err_set(
            &why, TW_E_NOT_FOUND, "there is nothing at this path; /openapi.yaml lists all paths");
        refuse(request, 404, &why);
    }
}

static bool is_listed(const char *content_type, const char *const *types)
{
    for (; *types; types++) {
        if (tw_media_type_equals(content_type, *types))
            return true;
    }
    return false;
}

static void refuse_size(struct request *request, uint64_t max_bytes)
{
    struct tw_err why = {0};
    if (request->match.route && !request->match.route->body_max_bytes)
        tw_err_set(&why, TW_E_LIMIT, "this request takes no body");
    else
        tw_err_set(&why, TW_E_LIMIT, "the body is larger than %llu bytes, the most that is read",
            (unsigned long long)max_bytes);
    refuse(request, 413, &why);
}

static uint64_t body_max_bytes(const struct request *request)
{
    const struct tw_route *route = request->match.route;
    return route && route->body_max_bytes ? route->body_max_bytes(request->server->options.limits)
                                          : 0;
}

// What the headers say is a promise only: the bytes are counted as they come.
static void check_headers(
    struct request *request, struct MHD_Connection *connection, uint64_t *ret_announced)
{
    const struct tw_route *route = request->match.route;
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    uint64_t max_bytes = body_max_bytes(request);
    *ret_announced = length ? strtoull(length, NULL, 10) : 0; // MHD has refused what is no number
    if (route && route->content_types && !is_listed(type, route->content_types)) {
        struct tw_err why = {0};
        tw_err_set(&why, TW_E_USAGE, "the body must be sent with Content-Type: %s",
            route->content_types[0]);
        refuse(request, 415, &why);
    }
    if (*ret_announced > max_bytes)
        refuse_size(request, max_bytes);
    request->body = TW_BUF(max_bytes);
}

static void log_answer(const struct request *request)
{
    const struct tw_answer *answer = &request->answer;
    if (answer->status < 400)
        return;
    bool ours = answer->status >= 500, is_post = strcmp(request->method, "POST") == 0;
    struct tw_buf target = TW_BUF(1024);
    tw_text_escape_to(&target, tw_span_of(request->raw, strnlen(request->raw, 250)));
    tw_server_log(request->server,
        ours      ? "error"
        : is_post ? "warning"
                  : "debug",
        "%s %s answered %u, request %s: %s", request->method, target.data ? target.data : "",
        answer->status, request->id, answer->detail);
    tw_buf_done(&target);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && value[0])
        MHD_add_response_header(response, name, value);
}

// The headers of the request that the answer depends on.
static const char *vary_of(const struct tw_answer *answer)
{
    static const char *const words[2][2] = {
        {NULL, "Accept-Language"}, {"Accept", "Accept, Accept-Language"}};
    return words[answer->varies][answer->varies_by_language];
}

static enum MHD_Result send_answer(struct request *request, struct MHD_Connection *connection)
{
    struct tw_answer *answer = &request->answer;
    size_t size = 0;
    char *body = tw_buf_take(&answer->body, &size), seconds[16] = "";
    if (!body)
        return MHD_NO;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(body);
        return MHD_NO;
    }
    if (answer->retry_after_s > 0)
        snprintf(seconds, sizeof seconds, "%u", answer->retry_after_s);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    add_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
    add_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    add_header(response, MHD_HTTP_HEADER_VARY, vary_of(answer));
    add_header(response, MHD_HTTP_HEADER_CONTENT_LANGUAGE, answer->language);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "X-Request-Id", request->id);
    if (atomic_load(&request->server->stopping))
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(struct request *request, struct MHD_Connection *connection)
{
    const struct tw_server *server = request->server;
    struct tw_answer *a = &request->answer;
    const struct refusal *refusal = &request->refusal;
    struct tw_call call = {
        .route = request->match.route,
        .service = server->options.service,
        .limits = server->options.limits,
        .metrics = server->metrics,
        .path = request->match.parameters,
        .query = &request->query,
        .accept = header(connection, MHD_HTTP_HEADER_ACCEPT),
        .accept_language = header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
        .content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .body = tw_buf_span(&request->body),
        .request_id = request->id,
    };
    struct tw_err err = {0};
    a->body = TW_BUF(server->options.limits->image_inventory_bytes);
    if (refusal->status) {
        tw_answer_problem(&call, a, refusal->status, refusal->why.msg, refusal->why.retry_after_s);
        memcpy(a->allow, request->match.allow, sizeof a->allow);
    } else if (call.route->handle(&call, a, &err) < 0) {
        tw_answer_failure(&call, a, &err);
    }
    log_answer(request);
    tw_metrics_count(server->metrics, call.route, a->status, seconds_since(&request->began));
    return send_answer(request, connection);
}

// The headers are complete, the body is still to come.
static enum MHD_Result first_step(
    struct request *request, struct MHD_Connection *connection, const char *method)
{
    uint64_t announced;
    request->has_headers = true;
    request->method = method;
    take_request_id(request, header(connection, "X-Request-Id"));
    find_route(request);
    check_headers(request, connection, &announced);
    // Answered at once, and the connection closed behind it, when the client waits to hear
    // whether to send its body at all, or would send more than is worth dropping.
    bool waits = header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
    if (request->refusal.status && announced > 0 && (waits || announced > DROP_MAX_BYTES))
        return answer(request, connection);
    return MHD_YES;
}

static enum MHD_Result take_body(struct request *request, const char *bytes, size_t size)
{
    uint64_t max_bytes = body_max_bytes(request);
    request->received_bytes += size;
    if (request->received_bytes > max_bytes)
        refuse_size(request, max_bytes);
    bool too_long = request->received_bytes > max_bytes + DROP_MAX_BYTES;
    if (too_long || seconds_since(&request->began) > REQUEST_MAX_S) {
        // libmicrohttpd takes no answer in the middle of a body.
        tw_server_log(request->server, "warning", "request %s: connection closed: %s", request->id,
            too_long ? "its body does not end" : "its body comes too slowly");
        return MHD_NO;
    }
    if (request->refusal.status)
        tw_buf_done(&request->body);
    else if (tw_buf_append(&request->body, bytes, size) < 0)
        return MHD_NO;
    return MHD_YES;
}

enum MHD_Result tw_connection_step(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_size, void **request)
{
    (void)cls, (void)url, (void)version;
    struct request *r = *request;
    if (!r)
        return MHD_NO; // no memory when it began
    if (!r->has_headers)
        return first_step(r, connection, method);
    if (*body_size == 0)
        return answer(r, connection);
    size_t size = *body_size;
    *body_size = 0;
    return take_body(r, body, size);
}

void tw_connection_end(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how)
{
    (void)connection, (void)how;
    if (!*request)
        return;
    request_free(*request);
    *request = NULL;
    count_requests(cls, -1);
}
