#include "api/connection.h"

#include "api/request.h"

static void count_requests(struct tw_server *server, int change)
{
    pthread_mutex_lock(&server->lock);
    server->requests_under_way += (unsigned)change;
    if (server->requests_under_way == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

static void expect_within(struct tw_server *server, struct tw_visit *visit, uint64_t seconds)
{
    tw_visit_expect(&server->visits, visit, tw_monotonic_ms() + (int64_t)seconds * 1000);
}

static struct tw_visit *visit_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void tw_connection_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode what)
{
    struct tw_server *server = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        tw_visit_end(&server->visits, *socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *socket_context = tw_visit_begin(
        &server->visits, fd ? fd->connect_fd : -1, address ? address->client_addr : NULL, 0);
    expect_within(server, *socket_context, server->options.limits->request_header_seconds);
}

void *tw_connection_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct tw_server *server = cls;
    struct tw_request *request = tw_request_new(server, uri);
    if (!request)
        return NULL;
    request->visit = visit_of(connection);
    expect_within(server, request->visit, server->options.limits->request_header_seconds);
    count_requests(server, 1);
    return request;
}

// The headers are complete, the body is still to come.
static enum MHD_Result first_step(
    struct tw_request *request, struct MHD_Connection *connection, const char *method)
{
    uint64_t announced;
    expect_within(
        request->server, request->visit, request->server->options.limits->request_seconds);
    tw_request_check(request, connection, method, &announced);
    // Answered at once, and the connection closed behind it, when the client waits to hear
    // whether to send its body at all, or would send more than is worth dropping.
    bool waits = tw_request_header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
    if (request->refusal.status && announced > 0 && (waits || announced > TW_DROP_MAX_BYTES))
        return tw_request_reply(request, connection);
    return MHD_YES;
}

enum MHD_Result tw_connection_step(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_size, void **request)
{
    (void)cls, (void)url, (void)version;
    struct tw_request *r = *request;
    if (!r)
        return MHD_NO; // no memory when it began
    if (!r->has_headers)
        return first_step(r, connection, method);
    if (*body_size == 0)
        return tw_request_reply(r, connection);
    size_t size = *body_size;
    *body_size = 0;
    return tw_request_take(r, body, size) ? MHD_YES : MHD_NO;
}

void tw_connection_end(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how)
{
    (void)how;
    struct tw_server *server = cls;
    if (!*request)
        return;
    expect_within(server, visit_of(connection),
        atomic_load(&server->idle_timeout_s) + server->options.limits->request_header_seconds);
    tw_request_free(*request);
    *request = NULL;
    count_requests(cls, -1);
}
