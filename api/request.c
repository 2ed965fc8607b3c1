#include "api/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/accept.h"
#include "api/caller.h"
#include "api/cors.h"

static void give_back(struct tw_request *request)
{
    atomic_fetch_sub(&request->server->body_bytes, request->held_bytes);
    request->held_bytes = 0;
}

void tw_request_free(struct tw_request *request)
{
    if (!request)
        return;
    tw_query_done(&request->query);
    tw_buf_done(&request->body);
    give_back(request);
    tw_buf_done(&request->answer.body);
    free(request->target);
    free(request->raw);
    free(request);
}

struct tw_request *tw_request_new(struct tw_server *server, const char *uri)
{
    struct tw_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->server = server;
    request->target = strdup(uri);
    request->raw = strdup(uri);
    if (!request->target || !request->raw) {
        tw_request_free(request);
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &request->began);
    snprintf(request->id, sizeof request->id, "%08x-%08x", server->id,
        atomic_fetch_add(&server->next_request, 1));
    return request;
}

const char *tw_request_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// ---- what the headers say ----

// The sender's own id is kept when it is harmless in headers, logs and JSON, so that one id
// follows a request through all programs.
static void take_request_id(struct tw_request *request, const char *given)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t size = given ? strspn(given, harmless) : 0;
    if (size > 0 && size <= TW_REQUEST_ID_MAX && given[size] == '\0')
        memcpy(request->id, given, size + 1);
}

static void refuse(struct tw_request *request, unsigned status, const struct tw_err *why)
{
    if (request->refusal.status == 0)
        request->refusal = (struct tw_refusal){status, *why};
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

static void find_route(struct tw_request *request)
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

static void refuse_size(struct tw_request *request, uint64_t max_bytes)
{
    struct tw_err why = {0};
    if (request->match.route && !request->match.route->body_max_bytes)
        tw_err_set(&why, TW_E_LIMIT, "this request takes no body");
    else
        tw_err_set(&why, TW_E_LIMIT, "the body is larger than %llu bytes, the most that is read",
            (unsigned long long)max_bytes);
    refuse(request, 413, &why);
}

static uint64_t body_max_bytes(const struct tw_request *request)
{
    const struct tw_route *route = request->match.route;
    return route && route->body_max_bytes ? route->body_max_bytes(request->server->options.limits)
                                          : 0;
}

static void check_body(
    struct tw_request *request, struct MHD_Connection *connection, uint64_t *ret_announced)
{
    const struct tw_route *route = request->match.route;
    const char *length = tw_request_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = tw_request_header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
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

// ---- who asks ----

static void check_rate(struct tw_request *request)
{
    struct tw_err why = {0};
    unsigned wait_s = 1;
    if (!request->visit ||
        tw_rate_take(request->server->rate, request->visit->address, tw_monotonic_ms(), &wait_s))
        return;
    tw_err_set(&why, TW_E_BUSY,
        "more than %u requests a second from one address (setting client-rate)",
        tw_rate_per_second(request->server->rate));
    why.retry_after_s = wait_s;
    refuse(request, 429, &why);
}

// "127.0.0.1:8055", "localhost", "[::1]:8055" or nothing (HTTP/1.0).
static bool is_local_name(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t size = host ? strlen(host) : 0;
    const char *colon = size ? strrchr(host, ':') : NULL;
    if (colon && strspn(colon + 1, "0123456789") == strlen(colon + 1))
        size = (size_t)(colon - host);
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (strlen(names[i]) == size && strncasecmp(host, names[i], size) == 0)
            return true;
    }
    return size == 0;
}

static void check_host(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_err why = {0};
    if (!request->server->options.local_names_only ||
        is_local_name(tw_request_header(connection, MHD_HTTP_HEADER_HOST)))
        return;
    tw_err_set(&why, TW_E_NOT_ALLOWED,
        "without the setting access only this machine may ask, by the names localhost, 127.0.0.1 "
        "and [::1]; Host has another one");
    refuse(request, 403, &why);
}

static void check_caller(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_err why = {0};
    const struct tw_asked asked = {connection, request->visit, &request->match, &request->query};
    enum tw_permission permission = tw_permission(request->server, &asked, &why);
    if (permission == TW_REFUSED)
        refuse(request, tw_problem_status(why.code), &why);
    request->must_be_signed = permission == TW_PERMITTED_WHEN_SIGNED;
    request->has_hook = request->match.route->handle == tw_handle_webhook &&
                        tw_caller_hook(request->server, &request->match, &request->hook);
}

// A page can send what changes something without a browser's asking first, when it is a GET, has no
// body, or one without a type; and where nobody needs a token, or the browser knows one, it would
// be done. Sec-Fetch-Site is the browser's own word: for where a proxy has changed Host, and for a
// GET, which may have no Origin ("none": a person asked).
static void check_origin(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_err why = {0};
    const char *site = tw_request_header(connection, "Sec-Fetch-Site");
    const struct tw_route *route = request->match.route;
    // Who asks whether an image may run has it scanned.
    bool acts = strcmp(request->method, tw_method_name(TW_POST)) == 0 ||
                (route && route->roles == TW_ROLE_ADMISSION);
    bool is_of_a_page = request->origin || (site && strcmp(site, "none") != 0);
    if (!acts || !is_of_a_page || (site && strcmp(site, "same-origin") == 0) ||
        tw_cors_is_own(request->origin, tw_request_header(connection, MHD_HTTP_HEADER_HOST)) ||
        tw_cors_allowed(request->server->options.cors_origins, request->origin))
        return;
    tw_err_set(&why, TW_E_NOT_ALLOWED,
        "a page of another origin may not ask for this; the setting cors-origins names those that "
        "may");
    refuse(request, 403, &why);
}

// A browser asks first, without a token: only whether the path is there is told.
static void check_preflight(struct tw_request *request, struct MHD_Connection *connection)
{
    if (request->refusal.status != 405 || strcmp(request->method, "OPTIONS") != 0 ||
        !tw_cors_allowed(request->server->options.cors_origins, request->origin) ||
        !tw_request_header(connection, MHD_HTTP_HEADER_ACCESS_CONTROL_REQUEST_METHOD))
        return;
    request->refusal.status = 0;
    request->is_preflight = true;
}

void tw_request_check(struct tw_request *request, struct MHD_Connection *connection,
    const char *method, uint64_t *ret_announced_bytes)
{
    request->has_headers = true;
    request->method = method;
    request->origin = tw_request_header(connection, MHD_HTTP_HEADER_ORIGIN);
    request->access_changes = atomic_load(&request->server->access_changes); // before it is asked
    take_request_id(request, tw_request_header(connection, "X-Request-Id"));
    check_rate(request);
    check_host(request, connection);
    find_route(request);
    check_origin(request, connection);
    check_preflight(request, connection);
    if (request->match.route)
        check_caller(request, connection);
    check_body(request, connection, ret_announced_bytes);
}

// ---- the body ----

void tw_request_check_signature(struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_err why = {0};
    const struct tw_asked asked = {connection, request->visit, &request->match, &request->query};
    if (request->must_be_signed &&
        !tw_is_signed(request->server, &asked, tw_buf_span(&request->body), &why))
        refuse(request, tw_problem_status(why.code), &why);
}

// Counts bytes of a body before they are kept. One request alone is always served.
static void hold(struct tw_request *request, size_t size)
{
    struct tw_server *server = request->server;
    struct tw_err why = {0};
    uint64_t limit = server->options.limits->request_bodies_bytes;
    uint64_t before = atomic_fetch_add(&server->body_bytes, size);
    request->held_bytes += size;
    if (before + size <= limit || before + size == request->held_bytes)
        return;
    tw_err_set(&why, TW_E_BUSY,
        "the bodies of all requests under way are more than %llu bytes (limit "
        "request_bodies_bytes)",
        (unsigned long long)limit);
    why.retry_after_s = 1;
    refuse(request, 429, &why);
}

bool tw_request_take(struct tw_request *request, const char *bytes, size_t size)
{
    uint64_t max_bytes = body_max_bytes(request);
    request->received_bytes += size;
    if (request->received_bytes > max_bytes)
        refuse_size(request, max_bytes);
    if (request->received_bytes > max_bytes + TW_DROP_MAX_BYTES) {
        // libmicrohttpd takes no answer in the middle of a body.
        tw_server_log(request->server,
            (struct tw_server_event){.level = "warning", .request_id = request->id},
            "connection closed: its body does not end");
        return false;
    }
    if (!request->refusal.status)
        hold(request, size);
    if (request->refusal.status) {
        tw_buf_done(&request->body);
        give_back(request);
        return true;
    }
    return tw_buf_append(&request->body, bytes, size) == 0;
}
