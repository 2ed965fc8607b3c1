// tidewaiterd: settings, then store, workers and HTTP side in this order, and back on a signal.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/cors.h"
#include "api/server.h"
#include "daemon/cage/cage.h"
#include "daemon/config/access.h"
#include "daemon/config/tls.h"
#include "daemon/http/http.h"
#include "daemon/judge/rejudge.h"
#include "daemon/log/log.h"
#include "daemon/notify/notify.h"
#include "daemon/service/service.h"
#include "daemon/stats/ticker.h"
#include "daemon/systemd/socket.h"
#include "daemon/systemd/supervisor.h"
#include "daemon/systemd/watchdog.h"
#include "daemon/tidewaiterd/alive.h"
#include "daemon/tidewaiterd/apply.h"
#include "daemon/tidewaiterd/command_line.h"
#include "daemon/tidewaiterd/reload.h"
#include "scanner/base/json.h"

enum { EXIT_TROUBLE = 2, LOOK_EVERY_S = 5 };

static int trouble(const struct tw_err *err)
{
    fprintf(stderr, "tidewaiterd: %s\n", err->msg);
    tw_supervisor_tell("STATUS=%s", err->msg);
    return EXIT_TROUBLE;
}

// A cage that cannot be built is better found now than by the first push.
static int try_cage(const struct tw_settings *settings, struct tw_err *err)
{
    const struct tw_cage_options options = tw_settings_cage(settings);
    if (strcmp(settings->cage, "full") != 0)
        tw_log(TW_LOG_WARNING,
            "cage=%s: layers are read behind fewer walls than this program can have",
            settings->cage);
    return tw_cage_try(&options, &settings->limits, err);
}

// mkdir -p, each with mode 0700.
static int make_directories(const char *path, struct tw_err *err)
{
    char part[4096];
    size_t size = strlen(path);
    if (size >= sizeof part)
        return tw_err_set(err, TW_E_USAGE, "--data-dir: the name is too long");
    for (size_t n = 1; n <= size; n++) {
        if (path[n] != '/' && path[n] != '\0')
            continue;
        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return tw_err_set(
                err, TW_E_IO, "%s: %s; create it, or set --data-dir", part, strerror(errno));
    }
    return 0;
}

static int open_store(
    const struct tw_settings *settings, struct tw_store **ret_store, struct tw_err *err)
{
    char path[4096];
    umask(077); // what images say of themselves is not for everybody on the machine
    int r = make_directories(settings->data_dir, err);
    if (r < 0)
        return r;
    int n = snprintf(path, sizeof path, "%s/tidewaiter.db", settings->data_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return tw_err_set(err, TW_E_USAGE, "--data-dir: the name is too long");
    return tw_store_open(path, ret_store, err);
}

static void log_http(void *ctx, const struct tw_server_event *event)
{
    (void)ctx;
    enum tw_log_level level = TW_LOG_ERROR;
    (void)tw_log_level_parse(event->level, &level, NULL);
    if (event->status)
        tw_log_about(level,
            TW_LOG_ABOUT(TW_LOG_TEXT("request", event->request_id),
                TW_LOG_NUMBER("status", event->status),
                TW_LOG_NUMBER("duration_ms", event->duration_ms)),
            "http: %s", event->message);
    else
        tw_log_about(level, TW_LOG_ABOUT(TW_LOG_TEXT("request", event->request_id)), "http: %s",
            event->message);
}

// Until SIGTERM or SIGINT. Every few seconds, and at SIGHUP, files that are read while we run are
// looked at.
static void wait_for_signal(const sigset_t *signals, struct tw_reload *reload)
{
    static const struct timespec look_every = {.tv_sec = LOOK_EVERY_S};
    int got;
    while ((got = sigtimedwait(signals, NULL, &look_every)) < 0 || got == SIGHUP) {
        if (got == SIGHUP)
            tw_supervisor_reloading();
        tw_reload_run(reload, got == SIGHUP);
        if (got == SIGHUP)
            tw_supervisor_tell("READY=1");
    }
    tw_supervisor_tell("STOPPING=1\nSTATUS=Finishing what is under way");
    tw_log(TW_LOG_INFO,
        "signal %s: no new work, finishing what is under way; once more ends at once",
        got == SIGINT ? "INT" : "TERM");
    // From here on these two do what they do by default; there is nothing to read again.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
}

static void warn_of_open_doors(const struct tw_settings *settings)
{
    if (!tw_listens_locally(settings->listen))
        tw_log(TW_LOG_WARNING, "access is open: whoever reaches %s may do everything",
            settings->listen);
    if (settings->cors_origins && strcmp(settings->cors_origins, "*") == 0)
        tw_log(TW_LOG_WARNING,
            "access is open and cors-origins is *: every page in a browser that reaches %s may do "
            "everything",
            settings->listen);
}

// What is wrong with access or TLS is better found before anything is opened.
static int prepare_server(const struct tw_settings *settings, int socket, struct tw_tls *tls,
    struct tw_server_options *options, struct tw_err *err)
{
    *options = (struct tw_server_options){
        .listen = settings->listen,
        .socket = {.is_given = socket >= 0, .fd = socket},
        .cors_origins = settings->cors_origins,
        .local_names_only = !settings->access,
        .limits = &settings->limits,
        .log = log_http,
    };
    tw_apply_to_server(settings, options);
    int r = settings->cors_origins ? tw_cors_check(settings->cors_origins, err) : 0;
    if (r == 0)
        r = tw_access_load(settings, &options->access, err);
    if (r == 0 && tw_tls_is_wanted(settings)) {
        options->tls = tls;
        r = tw_tls_load(settings, tls, err);
        if (r == 0)
            r = tw_tls_check(tls, err);
    }
    if (r == 0 && options->access && options->access->certificate_count > 0 && !tls->client_ca)
        r = tw_err_set(err, TW_E_USAGE,
            "access: %s has certificates, but without tls-client-ca nothing vouches for one",
            settings->access);
    if (r == 0 && !options->access)
        warn_of_open_doors(settings);
    return r;
}

static unsigned grace_s(const struct tw_daemon *daemon)
{
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(daemon->current);
    return (unsigned)held->settings->grace_s;
}

static int serve(const struct tw_settings *settings, const struct tw_command_line *command_line,
    struct tw_daemon *daemon, struct tw_server_options *options, const sigset_t *signals,
    struct tw_err *err)
{
    struct tw_service service = tw_daemon_service(daemon);
    struct tw_reload reload = {.current = daemon->current,
        .read = tw_command_line_read,
        .ctx = (void *)command_line,
        .jury = daemon->jury,
        .rejudge = daemon->rejudge,
        .notify = daemon->notify,
        .lookup = daemon->lookup,
        .workers = daemon->workers};
    tw_reload_init(&reload);
    options->service = &service;
    int r = tw_server_start(options, &reload.server, err);
    if (r < 0)
        return r;
    options->access = NULL; // the server has it now
    tw_log(TW_LOG_INFO, "tidewaiterd " TW_VERSION " listens on %s (port %u%s), data in %s",
        settings->listen, (unsigned)tw_server_port(reload.server), options->tls ? ", HTTPS" : "",
        settings->data_dir);
    struct tw_alive alive = {.daemon = daemon, .server = reload.server};
    const struct tw_watchdog_options watched = {.alive = tw_alive_check, .ctx = &alive};
    struct tw_watchdog *watchdog = NULL;
    r = tw_watchdog_start(&watched, &watchdog, err);
    if (r == 0) {
        tw_supervisor_tell("READY=1\nSTATUS=Listening on %s", settings->listen);
        wait_for_signal(signals, &reload);
    }
    tw_watchdog_stop(watchdog);
    tw_events_close(daemon->events); // streams end at once
    tw_lookup_hurry(daemon->lookup);
    tw_server_stop(reload.server, grace_s(daemon));
    return r;
}

static void tell_stored(void *ctx, const struct tw_digest *digest)
{
    tw_lookup_stored(ctx, digest);
}

static void tell_failed(void *ctx, const char *scan_id, const struct tw_err *why, bool again)
{
    tw_lookup_failed(ctx, scan_id, why, again);
}

static int start_lookup(
    const struct tw_settings *settings, struct tw_daemon *daemon, struct tw_err *err)
{
    struct tw_lookup_options options = {
        .current = daemon->current,
        .store = daemon->store,
        .limits = daemon->limits,
        .push = tw_daemon_service(daemon).push,
        .push_ctx = daemon,
    };
    tw_apply_to_lookup(settings, &options);
    return tw_lookup_start(&options, &daemon->lookup, err);
}

static void stop_ticker(struct tw_ticker **ticker)
{
    tw_ticker_stop(*ticker);
}

static int start_workers(
    const struct tw_settings *settings, struct tw_daemon *daemon, struct tw_err *err)
{
    struct tw_workers_options options = {
        .store = daemon->store,
        .jury = daemon->jury,
        .rejudge = daemon->rejudge,
        .events = daemon->events,
        .current = daemon->current,
        .limits = &settings->limits,
        .cage = tw_settings_cage(settings),
        .count = (unsigned)settings->workers,
        .stored = tell_stored,
        .failed = tell_failed,
        .ctx = daemon->lookup,
    };
    options.cage.counters = &daemon->cages;
    return tw_workers_start(&options, &daemon->workers, err);
}

static int run(const struct tw_settings *settings, const struct tw_command_line *command_line,
    struct tw_server_options *server, const sigset_t *signals, struct tw_err *err)
{
    TW_AUTO(tw_current_freep) struct tw_current *current = tw_current_new(settings);
    TW_AUTO(tw_store_closep) struct tw_store *store = NULL;
    TW_AUTO(tw_events_freep) struct tw_events *events = NULL;
    TW_AUTO(stop_ticker) struct tw_ticker *ticker = NULL;
    const struct tw_queue_limits queue = {
        .max_queued = settings->queue_max, .max_attempts = (unsigned)settings->max_attempts};
    struct tw_daemon daemon = {
        .current = current,
        .limits = &settings->limits,
        .room = {.directory = settings->data_dir},
    };
    if (!current)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    TW_AUTO(tw_jury_freep) struct tw_jury *jury = NULL;
    int r = tw_jury_new(settings, &jury, err);
    if (r == 0)
        r = tw_events_new(tw_daemon_service(&daemon).now_ms(&daemon), &events, err);
    if (r == 0)
        r = try_cage(settings, err);
    if (r == 0)
        r = open_store(settings, &store, err);
    unsigned recovered = 0;
    if (r == 0)
        r = tw_store_recover(
            store, true, tw_daemon_service(&daemon).now_ms(&daemon), &queue, &recovered, err);
    if (r < 0)
        return r;
    if (recovered > 0)
        tw_log(TW_LOG_INFO, "%u scans were under way when the last process ended; they are queued",
            recovered);
    daemon.store = store;
    daemon.jury = jury;
    TW_AUTO(tw_notify_stopp) struct tw_notify *notify = NULL;
    r = tw_notify_start(current, store, &notify, err);
    if (r == 0)
        r = tw_ticker_start(store, (unsigned)settings->stats_days, &ticker, err);
    if (r < 0)
        return r;
    daemon.notify = notify;
    daemon.events = events;
    r = tw_rejudge_start(store, jury, &settings->limits, events, &daemon.rejudge, err);
    if (r < 0)
        return r;
    r = start_lookup(settings, &daemon, err);
    if (r < 0) {
        tw_rejudge_stop(daemon.rejudge);
        return r;
    }
    r = start_workers(settings, &daemon, err);
    if (r == 0)
        r = serve(settings, command_line, &daemon, server, signals, err);
    tw_lookup_stop(daemon.lookup); // it wakes the workers, and they tell it what they did
    if (daemon.workers)
        tw_workers_stop(daemon.workers, grace_s(&daemon));
    tw_lookup_free(daemon.lookup);
    tw_rejudge_stop(daemon.rejudge); // the workers wake it
    return r;
}

// Before any thread: they inherit the mask, so that only wait_for_signal sees these.
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN); // a cage or a client that went away is an error code
}

static void tell_stranger(void *ctx, const char *message)
{
    (void)ctx;
    tw_log(TW_LOG_WARNING, "%s", message);
}

// What a supervisor has for us. With a socket of its making, its address is the one that counts:
// for the log, and for who must be let in only with a token.
static int meet_supervisor(
    struct tw_settings *settings, struct tw_command_line *line, int *ret_socket, struct tw_err *err)
{
    int r = tw_supervisor_init(err);
    if (r == 0)
        r = tw_socket_take(ret_socket, err);
    if (r == 0 && *ret_socket >= 0)
        r = tw_socket_address(*ret_socket, line->socket, err);
    return r < 0 ? r : tw_command_line_set_socket(line, settings, err);
}

static int start(struct tw_settings *settings, struct tw_command_line *command_line)
{
    struct tw_err err = {0};
    int socket = -1;
    sigset_t signals;
    int r = meet_supervisor(settings, command_line, &socket, &err);
    if (r < 0)
        return trouble(&err);
    block_signals(&signals);
    tw_apply_to_log(settings);
    tw_settings_strangers(tell_stranger, NULL);
    r = tw_http_global_init(&err);
    if (r == 0) {
        struct tw_tls tls = {0};
        struct tw_server_options server;
        r = prepare_server(settings, socket, &tls, &server, &err);
        if (r == 0)
            r = run(settings, command_line, &server, &signals, &err);
        tw_access_free(server.access);
        tw_tls_unload(&tls);
        tw_http_global_done();
    }
    if (r < 0)
        return trouble(&err);
    tw_log(TW_LOG_INFO, "stopped");
    return 0;
}

int main(int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_settings settings;
    struct tw_asked asked = {0};
    struct tw_command_line command_line = {.argc = argc, .argv = argv};
    tw_json_init();
    int r = tw_settings_init(&settings, &err);
    if (r == 0)
        r = tw_command_line_parse(&command_line, &settings, &asked, &err);
    if (r == 0 && !asked.errand)
        r = start(&settings, &command_line);
    else if (r == 0)
        r = asked.errand->run(&settings, asked.value, &err);
    if (r < 0)
        r = trouble(&err);
    tw_settings_done(&settings);
    return r;
}
