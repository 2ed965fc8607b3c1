#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/cors.h"
#include "api/events.h"
#include "scanner/base/text.h"

enum {
    // A client takes an answer at least as fast as this, after a start.
    ANSWER_START_S = 30,
    ANSWER_BYTES_PER_S = 16 * 1024,
    // Refusals that are logged: a flood must not fill the log.
    REFUSALS_PER_S = 10,
    REFUSALS_BURST = 100,
    TARGET_MAX = 250, // bytes of a path that are logged
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

// ---- the log ----

// At most some refusals a second; then how many were left out.
static bool is_worth_a_line(struct tw_server *server, unsigned *ret_unlogged)
{
    pthread_mutex_lock(&server->lock);
    bool fits =
        tw_bucket_take(&server->refusals, REFUSALS_PER_S, REFUSALS_BURST, tw_monotonic_ms(), NULL);
    *ret_unlogged = fits ? server->unlogged : 0;
    server->unlogged = fits ? 0 : server->unlogged + 1;
    pthread_mutex_unlock(&server->lock);
    return fits;
}

static void log_answer(const struct tw_request *request)
{
    const struct tw_answer *answer = &request->answer;
    unsigned unlogged;
    bool is_told = answer->status >= 400 || answer->detail[0];
    if (!is_told || !is_worth_a_line(request->server, &unlogged))
        return;
    if (unlogged > 0)
        tw_server_log(request->server, (struct tw_server_event){.level = "warning"},
            "%u refused requests were not logged", unlogged);
    bool ours = answer->status >= 500, is_post = strcmp(request->method, "POST") == 0;
    struct tw_buf target = TW_BUF(1024);
    // A query may be a webhook's token, also where its path was mistyped: it is not told.
    size_t size = strcspn(request->raw, "?");
    tw_text_escape_to(&target, tw_span_of(request->raw, size < TARGET_MAX ? size : TARGET_MAX));
    tw_buf_puts(&target, request->raw[size] ? "?***" : "");
    tw_server_log(request->server,
        (struct tw_server_event){.level = ours      ? "error"
                                          : is_post ? "warning"
                                                    : "debug",
            .request_id = request->id,
            .status = answer->status,
            .duration_ms = (int64_t)(seconds_since(&request->began) * 1000)},
        "%s %s answered %u: %s", request->method, target.data ? target.data : "", answer->status,
        answer->detail);
    tw_buf_done(&target);
}

// ---- the headers ----

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && value[0])
        MHD_add_response_header(response, name, value);
}

// The headers of the request that the answer depends on.
static void vary(const struct tw_answer *answer, bool by_origin, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s%s", answer->varies ? "Accept, " : "",
        answer->varies_by_language ? "Accept-Language, " : "", by_origin ? "Origin, " : "",
        answer->is_stream ? "" : "Accept-Encoding");
    size_t end = strlen(out);
    if (end > 1 && out[end - 2] == ',')
        out[end - 2] = '\0';
}

// What a client that asks across origins must be told.
// https://fetch.spec.whatwg.org/#http-responses
static void add_cors(struct MHD_Response *response, const struct tw_request *request)
{
    const char *allowed = tw_cors_allowed(request->server->options.cors_origins, request->origin);
    add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if (allowed && !request->is_preflight)
        add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Location, Retry-After, X-Request-Id");
    if (!allowed || !request->is_preflight)
        return;
    add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS, request->match.allow);
    add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
        "Accept, Accept-Language, Authorization, Content-Type, If-None-Match, Last-Event-ID, "
        "X-Request-Id");
    add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, "600");
}

// ---- the body ----

// What the client has already is not sent, and what it can unpack is packed. Nothing in an answer
// is secret and beside what somebody else wrote, so that its length may tell.
static void shorten(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_answer *answer = &request->answer;
    if (answer->status != 200 || answer->is_stream || strcmp(request->method, "POST") == 0)
        return;
    if (!answer->etag[0] && !tw_etag_of(tw_buf_span(&answer->body), false, answer->etag))
        return;
    bool packed = tw_wants_gzip(tw_request_header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING)) &&
                  answer->body.size >= TW_GZIP_MIN_BYTES;
    if (tw_etag_matches(
            tw_request_header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), answer->etag)) {
        answer->status = 304;
        answer->content_type = NULL;
        tw_buf_reset(&answer->body);
    } else {
        packed = packed && tw_gzip(&answer->body);
        answer->is_packed = packed;
    }
    if (packed)
        tw_etag_of_gzip(answer->etag);
}

static const char *const challenges[] = {
    "Bearer realm=\"tidewaiter\"", "Basic realm=\"tidewaiter\", charset=\"UTF-8\""};

// A script in a browser asks for the token itself; at "Basic" the browser would do it instead.
static size_t challenge_count(struct MHD_Connection *connection)
{
    return tw_request_header(connection, "X-Requested-With") ? 1 : TW_COUNT(challenges);
}

// The client had better come back over a new connection.
static bool is_leaving(struct tw_server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
    return atomic_load(&server->stopping) || (info && info->daemon != atomic_load(&server->newest));
}

static bool is_head(const struct tw_request *request)
{
    return strcmp(request->method, "HEAD") == 0;
}

// NULL: out of memory.
static struct MHD_Response *response_of(struct tw_request *request)
{
    size_t size = 0;
    char *body = tw_buf_take(&request->answer.body, &size);
    tw_visit_expect(&request->server->visits, request->visit,
        tw_monotonic_ms() + 1000 * (int64_t)(ANSWER_START_S + size / ANSWER_BYTES_PER_S));
    struct MHD_Response *response =
        body ? MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(body);
    return response;
}

static enum MHD_Result send_answer(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_answer *answer = &request->answer;
    char seconds[16] = "", varies[80];
    vary(answer, request->server->options.cors_origins != NULL, varies, sizeof varies);
    struct MHD_Response *response = answer->is_stream && !is_head(request)
                                        ? tw_stream_response(request, connection)
                                        : response_of(request);
    if (!response)
        return MHD_NO;
    if (answer->retry_after_s > 0)
        snprintf(seconds, sizeof seconds, "%u", answer->retry_after_s);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    add_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
    add_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    add_header(response, MHD_HTTP_HEADER_VARY, varies);
    add_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, answer->is_packed ? "gzip" : NULL);
    add_cors(response, request);
    add_header(response, MHD_HTTP_HEADER_CONTENT_LANGUAGE, answer->language);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
        answer->cache_control ? answer->cache_control : "no-cache");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Content-Security-Policy", answer->content_security_policy);
    add_header(response, "Referrer-Policy", answer->content_security_policy ? "no-referrer" : NULL);
    add_header(response, "X-Request-Id", request->id);
    for (size_t i = 0; answer->status == 401 && i < challenge_count(connection); i++)
        add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenges[i]);
    if (is_leaving(request->server, connection))
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static const char *header_of(void *connection, const char *name)
{
    return tw_request_header(connection, name);
}

enum MHD_Result tw_request_reply(struct tw_request *request, struct MHD_Connection *connection)
{
    const struct tw_server *server = request->server;
    struct tw_answer *a = &request->answer;
    const struct tw_refusal *refusal = &request->refusal;
    struct tw_call call = {
        .route = request->match.route,
        .service = server->options.service,
        .limits = server->options.limits,
        .metrics = server->metrics,
        .path = request->match.parameters,
        .query = &request->query,
        .accept = tw_request_header(connection, MHD_HTTP_HEADER_ACCEPT),
        .accept_language = tw_request_header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
        .content_type = tw_request_header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .header = header_of,
        .header_ctx = connection,
        .hook = request->has_hook ? &request->hook : NULL,
        .body = tw_buf_span(&request->body),
        .request_id = request->id,
        .began_ms = (int64_t)request->began.tv_sec * 1000 + request->began.tv_nsec / 1000000,
        .admission_timeout_s = atomic_load(&server->admission_timeout_s),
    };
    struct tw_err err = {0};
    tw_visit_expect(&request->server->visits, request->visit, 0); // our own time now
    tw_request_check_signature(request, connection);
    a->body = TW_BUF(server->options.limits->image_inventory_bytes);
    if (request->is_preflight) {
        a->status = 204;
    } else if (refusal->status) {
        tw_answer_problem(&call, a, refusal->status, refusal->why.msg, refusal->why.retry_after_s);
        memcpy(a->allow, request->match.allow, sizeof a->allow);
    } else if (call.route->handle(&call, a, &err) < 0) {
        tw_answer_failure(&call, a, &err);
    }
    if (a->is_stream && !is_head(request) && !tw_stream_take(request->server)) {
        a->is_stream = false;
        tw_answer_problem(
            &call, a, 503, "as many streams as there may be are open (setting events-max)", 0);
    }
    shorten(request, connection);
    log_answer(request);
    tw_metrics_count(server->metrics, call.route, a->status, seconds_since(&request->began));
    return send_answer(request, connection);
}
