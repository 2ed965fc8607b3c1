#include "api/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "api/connection.h"
#include "api/listen.h"

// For the request line and headers of one connection; longer ones are answered 414 or 431.
enum { CONNECTION_MEMORY_BYTES = 32 * 1024 };

void tw_server_log(const struct tw_server *server, const char *level, const char *fmt, ...)
{
    if (!server->options.log)
        return;
    char line[1600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    server->options.log(server->options.log_ctx, level, line);
}

__attribute__((format(printf, 2, 0))) static void log_of_mhd(void *cls, const char *fmt, va_list ap)
{
    char line[512];
    vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    tw_server_log(cls, "debug", "libmicrohttpd: %s", line);
}

static void server_free(struct tw_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->fd >= 0)
        close(server->fd); // after the daemon: a thread of it may still look at the socket
    tw_metrics_free(server->metrics);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
TW_DEFINE_AUTO(struct tw_server, server_free)

static struct tw_server *server_new(const struct tw_server_options *options)
{
    struct tw_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->options = *options;
    server->fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->idle, &attributes);
    pthread_condattr_destroy(&attributes);
    // Request ids of two runs differ; nothing depends on them being hard to guess.
    if (getrandom(&server->id, sizeof server->id, GRND_NONBLOCK) < 0)
        server->id = (uint32_t)time(NULL);
    return server;
}

static struct MHD_Daemon *start_daemon(struct tw_server *server)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_of_mhd, server}, // first: it hears of the rest
        {MHD_OPTION_LISTEN_SOCKET, server->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)server->options.max_connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)server->options.idle_timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)tw_connection_begin, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)tw_connection_end, server},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(flags, 0, NULL, NULL, tw_connection_step, server, MHD_OPTION_ARRAY,
        options, MHD_OPTION_END);
}

int tw_server_start(
    const struct tw_server_options *options, struct tw_server **ret_server, struct tw_err *err)
{
    TW_AUTO(server_freep) struct tw_server *server = server_new(options);
    if (!server || !(server->metrics = tw_metrics_new()))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_listen(options->listen, &server->fd, &server->port, err);
    if (r < 0)
        return r;
    server->daemon = start_daemon(server);
    if (!server->daemon)
        return tw_err_set(err, TW_E_IO,
            "cannot serve HTTP on %s: no thread or descriptor to be had, or max-connections %u is "
            "too many for this machine",
            options->listen, options->max_connections);
    *ret_server = TW_TAKE(server);
    return 0;
}

uint16_t tw_server_port(const struct tw_server *server)
{
    return server->port;
}

static void wait_until_idle(struct tw_server *server, unsigned grace_s)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += grace_s;
    pthread_mutex_lock(&server->lock);
    while (server->requests_under_way > 0 &&
           pthread_cond_timedwait(&server->idle, &server->lock, &end) == 0) {
    }
    pthread_mutex_unlock(&server->lock);
}

void tw_server_stop(struct tw_server *server, unsigned grace_s)
{
    if (!server)
        return;
    atomic_store(&server->stopping, true);
    MHD_quiesce_daemon(server->daemon);
    wait_until_idle(server, grace_s);
    server_free(server);
}
