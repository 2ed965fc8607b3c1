// /v1/events: what happens, as it happens.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
#include "api/events.h"

#include <stdlib.h>
#include <string.h>

#include "api/request.h"

enum {
    WAIT_MS = 15000,        // then a comment shows both sides that the other is there
    READ_WITHIN_MS = 30000, // who takes longer to read what was sent is cut off
    CHUNK_BYTES = 64 * 1024,
};

struct stream {
    struct tw_server *server;
    struct tw_visit *visit;
    struct MHD_Daemon *daemon; // of the connection; another one is there after a new certificate
    unsigned access_changes;   // when it was let in
    uint64_t after;
    struct tw_buf text;
    size_t sent; // of it
};

// ---- which events ----

static int read_id(const char *text, uint64_t *ret_after, struct tw_err *err)
{
    char *end;
    unsigned long long id = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (text[0] < '0' || text[0] > '9' || *end || strlen(text) > 19)
        return tw_err_set(err, TW_E_USAGE,
            "\"%.40s\" is no id of an event; leave after and Last-Event-ID out to begin now", text);
    *ret_after = id;
    return 0;
}

int tw_handle_events(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    const char *after = tw_query_get(call->query, "after");
    const char *last = call->header(call->header_ctx, "Last-Event-ID");
    const char *id = last ? last : after;
    answer->stream_after = TW_EVENTS_FROM_NOW;
    int r = id ? read_id(id, &answer->stream_after, err) : 0;
    if (r < 0)
        return r;
    answer->status = 200;
    answer->content_type = "text/event-stream";
    answer->is_stream = true;
    return 0;
}

// ---- the stream ----

static void stream_free(void *ctx)
{
    struct stream *stream = ctx;
    atomic_fetch_sub(&stream->server->streams, 1);
    tw_buf_done(&stream->text);
    free(stream);
}

// A client that comes again is asked again who it is, and is served as the daemon is now.
static bool is_over(const struct stream *stream)
{
    struct tw_server *server = stream->server;
    return atomic_load(&server->stopping) || atomic_load(&server->newest) != stream->daemon ||
           atomic_load(&server->access_changes) != stream->access_changes;
}

static int fill(struct stream *stream)
{
    struct tw_err err = {0};
    const struct tw_service *service = stream->server->options.service;
    tw_buf_reset(&stream->text);
    stream->sent = 0;
    int r = service->events(service->ctx, &stream->after, WAIT_MS, &stream->text, &err);
    if (r == 0 && stream->text.size == 0)
        r = tw_buf_puts(&stream->text, ": still here\n\n");
    return r;
}

// In the connection's own thread, so it may wait. Only called when the client has taken what was
// sent before.
static ssize_t next_bytes(void *ctx, uint64_t at, char *out, size_t max)
{
    (void)at;
    struct stream *stream = ctx;
    struct tw_server *server = stream->server;
    tw_visit_expect(&server->visits, stream->visit, 0); // our own time
    if (stream->sent == stream->text.size &&
        (is_over(stream) || fill(stream) < 0 || is_over(stream))) {
        tw_visit_expect(&server->visits, stream->visit, tw_monotonic_ms() + READ_WITHIN_MS);
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t size = stream->text.size - stream->sent;
    size = size < max ? size : max;
    memcpy(out, stream->text.data + stream->sent, size);
    stream->sent += size;
    tw_visit_expect(&server->visits, stream->visit, tw_monotonic_ms() + READ_WITHIN_MS);
    return (ssize_t)size;
}

bool tw_stream_take(struct tw_server *server)
{
    if (atomic_fetch_add(&server->streams, 1) < server->options.max_streams)
        return true;
    atomic_fetch_sub(&server->streams, 1);
    return false;
}

struct MHD_Response *tw_stream_response(
    struct tw_request *request, struct MHD_Connection *connection)
{
    struct tw_server *server = request->server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        atomic_fetch_sub(&server->streams, 1);
        return NULL;
    }
    *stream = (struct stream){.server = server,
        .visit = request->visit,
        .daemon = info ? info->daemon : NULL,
        .access_changes = request->access_changes,
        .after = request->answer.stream_after,
        .text = TW_BUF(CHUNK_BYTES)};
    // At once, so that the client knows that it is connected.
    tw_buf_puts(&stream->text, "retry: 3000\n\n");
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, CHUNK_BYTES, next_bytes, stream, stream_free);
    if (!response) {
        stream_free(stream);
        return NULL;
    }
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    return response;
}
