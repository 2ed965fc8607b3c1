#include "api/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "api/connection.h"
#include "api/listen.h"
#include "api/tls.h"

enum { TICK_S = 1, TICK_LATE_MS = 30000, OPTIONS_MAX = 24 };

void tw_server_log(
    const struct tw_server *server, struct tw_server_event event, const char *fmt, ...)
{
    if (!server->options.log)
        return;
    char line[1600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    event.message = line;
    server->options.log(server->options.log_ctx, &event);
}

__attribute__((format(printf, 2, 0))) static void log_of_mhd(void *cls, const char *fmt, va_list ap)
{
    char line[512];
    vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    tw_server_log(cls, (struct tw_server_event){.level = "debug"}, "libmicrohttpd: %s", line);
}

// ---- libmicrohttpd's daemons: one, and those that it replaced ----

static struct MHD_Daemon *start_daemon(struct tw_server *server, const struct tw_tls *tls)
{
    const struct tw_server_options *o = &server->options;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem options[OPTIONS_MAX] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_of_mhd, server}, // first: it hears of the rest
        {MHD_OPTION_LISTEN_SOCKET, server->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)o->max_connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)o->client_connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)o->idle_timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)o->limits->request_header_bytes, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)tw_connection_notify, server},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)tw_connection_begin, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)tw_connection_end, server},
    };
    size_t n = 9;
    if (tls)
        n += tw_tls_options(tls, options + n);
    options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, NULL, NULL, tw_connection_step, server, MHD_OPTION_ARRAY,
        options, MHD_OPTION_END);
}

static unsigned connections_of(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

// Ends replaced daemons that serve nobody any more; `all`: and the others, the newest too.
static void reap(struct tw_server *server, bool all)
{
    for (size_t i = all ? 0 : 1; i < TW_DAEMONS_MAX; i++) {
        struct MHD_Daemon *daemon = NULL;
        pthread_mutex_lock(&server->lock);
        if (server->daemons[i] && (all || connections_of(server->daemons[i]) == 0))
            daemon = TW_TAKE(server->daemons[i]);
        pthread_mutex_unlock(&server->lock);
        if (daemon) {
            MHD_quiesce_daemon(daemon); // the listening socket stays ours
            MHD_stop_daemon(daemon);
        }
    }
}

// New connections are another daemon's, with the options as they are now.
static int replace_daemon(struct tw_server *server, const struct tw_tls *tls, struct tw_err *err)
{
    reap(server, false);
    size_t free_row = 1; // and stays so: others only end what is in a row
    pthread_mutex_lock(&server->lock);
    while (free_row < TW_DAEMONS_MAX && server->daemons[free_row])
        free_row++;
    pthread_mutex_unlock(&server->lock);
    if (free_row == TW_DAEMONS_MAX)
        return tw_err_set(err, TW_E_BUSY,
            "connections from before the last %d changes are still open; later",
            TW_DAEMONS_MAX - 1);
    // Both have the listening socket for a moment; whoever takes a connection serves it.
    struct MHD_Daemon *newer = start_daemon(server, tls);
    if (!newer)
        return tw_err_set(err, TW_E_IO, "no thread or descriptor for the new connections");
    struct MHD_Daemon *older = server->daemons[0];
    MHD_quiesce_daemon(older); // while it is still in its row: in another it may be ended
    pthread_mutex_lock(&server->lock);
    server->daemons[free_row] = older;
    server->daemons[0] = newer;
    atomic_store(&server->newest, newer);
    pthread_mutex_unlock(&server->lock);
    if (tls)
        tw_metrics_set_certificate(server->metrics, tw_tls_not_after_s(tls));
    return 0;
}

int tw_server_set_tls(struct tw_server *server, const struct tw_tls *tls, struct tw_err *err)
{
    int r = tw_tls_check(tls, err);
    return r < 0 ? r : replace_daemon(server, tls, err);
}

int tw_server_tune(struct tw_server *server, const struct tw_server_options *options,
    const struct tw_tls *tls, struct tw_err *err)
{
    struct tw_server_options *now = &server->options; // these three are read by this thread only
    struct tw_server_options before = *now;
    bool differs = now->max_connections != options->max_connections ||
                   now->client_connections != options->client_connections ||
                   now->idle_timeout_s != options->idle_timeout_s;
    int r = differs && tls ? tw_tls_check(tls, err) : 0;
    now->max_connections = options->max_connections;
    now->client_connections = options->client_connections;
    now->idle_timeout_s = options->idle_timeout_s;
    if (r == 0 && differs)
        r = replace_daemon(server, tls, err);
    if (r < 0) {
        now->max_connections = before.max_connections;
        now->client_connections = before.client_connections;
        now->idle_timeout_s = before.idle_timeout_s;
        return r;
    }
    tw_rate_set(server->rate, options->client_rate);
    atomic_store(&server->idle_timeout_s, options->idle_timeout_s);
    atomic_store(&server->admission_timeout_s, options->admission_timeout_s);
    return 0;
}

// ---- what has to be done now and then ----

static void *tick(void *ctx)
{
    struct tw_server *server = ctx;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (!atomic_load(&server->stopped)) {
        next.tv_sec += TICK_S;
        pthread_mutex_lock(&server->lock);
        while (!atomic_load(&server->stopped) &&
               pthread_cond_timedwait(&server->idle, &server->lock, &next) == 0) {
        }
        pthread_mutex_unlock(&server->lock);
        unsigned cut = tw_visits_cut(&server->visits, tw_monotonic_ms());
        if (cut > 0)
            tw_server_log(server, (struct tw_server_event){.level = "info"},
                "%u connections were ended: their clients took too long", cut);
        reap(server, false);
        atomic_store(&server->ticked_ms, tw_monotonic_ms());
    }
    return NULL;
}

// ---- the server ----

static void server_free(struct tw_server *server)
{
    if (!server)
        return;
    if (server->has_ticker) {
        pthread_mutex_lock(&server->lock);
        atomic_store(&server->stopped, true);
        pthread_cond_broadcast(&server->idle);
        pthread_mutex_unlock(&server->lock);
        pthread_join(server->ticker, NULL);
    }
    reap(server, true);
    if (server->fd >= 0)
        close(server->fd); // after the daemons: a thread of them may still look at the socket
    tw_metrics_free(server->metrics);
    tw_rate_free(server->rate);
    tw_access_free(server->access);
    tw_visits_done(&server->visits);
    pthread_rwlock_destroy(&server->access_lock);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
TW_DEFINE_AUTO(struct tw_server, server_free)

// Requests come without end and each reads the rules: whoever brings new ones goes first.
static void init_access_lock(struct tw_server *server)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&server->access_lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

static struct tw_server *server_new(const struct tw_server_options *options)
{
    struct tw_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->options = *options;
    server->options.tls = NULL; // the caller's
    server->options.access = NULL;
    server->fd = -1;
    atomic_init(&server->idle_timeout_s, options->idle_timeout_s);
    atomic_init(&server->admission_timeout_s, options->admission_timeout_s);
    atomic_store(&server->ticked_ms, tw_monotonic_ms());
    tw_visits_init(&server->visits);
    init_access_lock(server);
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

static int start_threads(struct tw_server *server, const struct tw_tls *tls, struct tw_err *err)
{
    server->daemons[0] = start_daemon(server, tls);
    atomic_store(&server->newest, server->daemons[0]);
    server->has_ticker =
        server->daemons[0] && pthread_create(&server->ticker, NULL, tick, server) == 0;
    if (server->has_ticker)
        return 0;
    return tw_err_set(err, TW_E_IO,
        "cannot serve HTTP on %s: no thread or descriptor to be had, or max-connections %u is "
        "too many for this machine",
        server->options.listen, server->options.max_connections);
}

static int open_socket(
    const struct tw_server_options *options, struct tw_server *server, struct tw_err *err)
{
    if (!options->socket.is_given)
        return tw_listen(options->listen, &server->fd, &server->port, err);
    server->fd = options->socket.fd;
    server->port = tw_listen_port(server->fd);
    return 0;
}

int tw_server_start(
    const struct tw_server_options *options, struct tw_server **ret_server, struct tw_err *err)
{
    TW_AUTO(server_freep) struct tw_server *server = server_new(options);
    if (!server || !(server->metrics = tw_metrics_new()) ||
        !(server->rate = tw_rate_new(options->client_rate)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = options->tls ? tw_tls_check(options->tls, err) : 0;
    if (r == 0)
        r = open_socket(options, server, err);
    if (r == 0 && options->tls)
        tw_metrics_set_certificate(server->metrics, tw_tls_not_after_s(options->tls));
    // No request may come before the rules are there: they are kept by the caller on failure.
    server->access = r == 0 ? options->access : NULL;
    if (r == 0 && (r = start_threads(server, options->tls, err)) < 0)
        server->access = NULL;
    if (r == 0)
        *ret_server = TW_TAKE(server);
    return r;
}

void tw_server_set_access(struct tw_server *server, struct tw_access *access)
{
    pthread_rwlock_wrlock(&server->access_lock);
    struct tw_access *old = server->access;
    server->access = access;
    atomic_fetch_add(&server->access_changes, 1);
    pthread_rwlock_unlock(&server->access_lock);
    tw_access_free(old);
}

int tw_server_check(struct tw_server *server, struct tw_err *err)
{
    int64_t late_ms = tw_monotonic_ms() - atomic_load(&server->ticked_ms);
    if (late_ms <= TICK_LATE_MS)
        return 0;
    return tw_err_set(
        err, TW_E_INTERNAL, "the HTTP side has stood still for %lld s", (long long)late_ms / 1000);
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
    MHD_quiesce_daemon(server->daemons[0]);
    wait_until_idle(server, grace_s);
    server_free(server);
}
