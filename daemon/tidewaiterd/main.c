// tidewaiterd: settings, then store, workers and HTTP side in this order, and back on a signal.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/check.h"
#include "api/cors.h"
#include "api/server.h"
#include "daemon/cage/cage.h"
#include "daemon/config/access.h"
#include "daemon/config/tls.h"
#include "daemon/http/http.h"
#include "daemon/judge/rejudge.h"
#include "daemon/log/log.h"
#include "daemon/service/service.h"
#include "daemon/stats/ticker.h"
#include "daemon/tidewaiterd/reload.h"
#include "daemon/tidewaiterd/token.h"
#include "scanner/base/json.h"

enum { EXIT_TROUBLE = 2, LOOK_EVERY_S = 5 };

static int trouble(const struct tw_err *err)
{
    fprintf(stderr, "tidewaiterd: %s\n", err->msg);
    return EXIT_TROUBLE;
}

// ---- what only prints ----

static int print_help(struct tw_settings *settings)
{
    (void)settings;
    printf("usage: tidewaiterd [--NAME=VALUE...]\n"
           "       tidewaiterd --help | --version | --print-config | --print-limits | --check | "
           "--new-token\n\n"
           "Takes push notices of registries, scans what was pushed, answers over HTTP.\n"
           "--check asks a running daemon with the same settings whether it is alive.\n"
           "--new-token makes a token for a client, and the line for it in the access file.\n\n");
    tw_settings_print_help(TW_FOR_DAEMON, stdout);
    return 0;
}

static int print_version(struct tw_settings *settings)
{
    (void)settings;
    printf("tidewaiterd " TW_VERSION "\n");
    return 0;
}

static int print_config(struct tw_settings *settings)
{
    tw_settings_print(settings, stdout);
    return 0;
}

static int print_limits(struct tw_settings *settings)
{
    tw_settings_print_limits(settings, stdout);
    return 0;
}

static int check(struct tw_settings *settings)
{
    struct tw_err err = {0};
    return tw_check(settings->listen, tw_tls_is_wanted(settings), &err) < 0 ? trouble(&err) : 0;
}

static int new_token(struct tw_settings *settings)
{
    (void)settings;
    struct tw_err err = {0};
    return tw_token_print(stdout, &err) < 0 ? trouble(&err) : 0;
}

static const struct errand {
    const char *flag;
    int (*run)(struct tw_settings *settings);
} errands[] = {
    {"--help", print_help},
    {"--version", print_version},
    {"--print-config", print_config},
    {"--print-limits", print_limits},
    {"--check", check},
    {"--new-token", new_token},
};

static const struct errand *find_errand(const char *flag)
{
    for (size_t i = 0; i < TW_COUNT(errands); i++) {
        if (strcmp(errands[i].flag, flag) == 0)
            return &errands[i];
    }
    return NULL;
}

static int parse(int argc, char **argv, struct tw_settings *settings,
    const struct errand **ret_errand, struct tw_err *err)
{
    for (int i = 1; i < argc;) {
        const struct errand *errand = find_errand(argv[i]);
        if (errand) {
            *ret_errand = errand;
            i++;
            continue;
        }
        int n = tw_settings_flag(settings, TW_FOR_DAEMON, argc - i, argv + i, err);
        if (n == 0)
            n = tw_err_set(
                err, TW_E_USAGE, "\"%.80s\" is no setting; tidewaiterd --help lists them", argv[i]);
        if (n < 0)
            return n;
        i += n;
    }
    return tw_settings_finish(settings, TW_FOR_DAEMON, err);
}

// ---- the daemon ----

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

static void log_http(void *ctx, const char *level, const char *message)
{
    (void)ctx;
    enum tw_log_level parsed = TW_LOG_ERROR;
    (void)tw_log_level_parse(level, &parsed, NULL);
    tw_log(parsed, "http: %s", message);
}

// Until SIGTERM or SIGINT. Every few seconds, and at SIGHUP, files that are read while we run are
// looked at.
static void wait_for_signal(const sigset_t *signals, struct tw_reload *reload)
{
    static const struct timespec look_every = {.tv_sec = LOOK_EVERY_S};
    int got;
    while ((got = sigtimedwait(signals, NULL, &look_every)) < 0 || got == SIGHUP)
        tw_reload_run(reload, got == SIGHUP);
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

// What is wrong with access or TLS is better found before anything is opened.
static int prepare_server(const struct tw_settings *settings, struct tw_tls *tls,
    struct tw_server_options *options, struct tw_err *err)
{
    *options = (struct tw_server_options){
        .listen = settings->listen,
        .max_connections = (unsigned)settings->max_connections,
        .client_connections = (unsigned)settings->client_connections,
        .cors_origins = settings->cors_origins,
        .max_streams = (unsigned)(settings->events_max < (settings->max_connections + 1) / 2
                                      ? settings->events_max
                                      : (settings->max_connections + 1) / 2),
        .client_rate = (unsigned)settings->client_rate,
        .idle_timeout_s = (unsigned)settings->idle_timeout_s,
        .admission_timeout_s = (unsigned)settings->admission_timeout_s,
        .local_names_only = !settings->access,
        .limits = &settings->limits,
        .log = log_http,
    };
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
    if (r == 0 && !options->access && !tw_listens_locally(settings->listen))
        tw_log(TW_LOG_WARNING, "access is open: whoever reaches %s may do everything",
            settings->listen);
    return r;
}

static int serve(const struct tw_settings *settings, struct tw_daemon *daemon,
    struct tw_server_options *options, const sigset_t *signals, struct tw_err *err)
{
    struct tw_service service = tw_daemon_service(daemon);
    struct tw_reload reload = {
        .settings = settings, .jury = daemon->jury, .rejudge = daemon->rejudge};
    tw_reload_init(&reload);
    options->service = &service;
    int r = tw_server_start(options, &reload.server, err);
    if (r < 0)
        return r;
    options->access = NULL; // the server has it now
    tw_log(TW_LOG_INFO, "tidewaiterd " TW_VERSION " listens on %s (port %u%s), data in %s",
        settings->listen, (unsigned)tw_server_port(reload.server), options->tls ? ", HTTPS" : "",
        settings->data_dir);
    wait_for_signal(signals, &reload);
    tw_events_close(daemon->events); // streams end at once
    tw_lookup_hurry(daemon->lookup);
    tw_server_stop(reload.server, (unsigned)settings->grace_s);
    return 0;
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
    uint64_t connections = settings->max_connections;
    if (settings->client_connections && settings->client_connections < connections)
        connections = settings->client_connections;
    const struct tw_lookup_options options = {
        .store = daemon->store,
        .registries = daemon->registries,
        .limits = daemon->limits,
        .push = tw_daemon_service(daemon).push,
        .push_ctx = daemon,
        .tag_seconds = (unsigned)settings->admission_tag_s,
        .patience_s = (unsigned)(settings->admission_timeout_s + 1) / 2,
        // Every waiting request holds a connection, and they come from one address.
        .waiters_max = (unsigned)(connections + 1) / 2,
        .memory_bytes = settings->admission_memory_mib << 20,
    };
    return tw_lookup_start(&options, &daemon->lookup, err);
}

static void stop_ticker(struct tw_ticker **ticker)
{
    tw_ticker_stop(*ticker);
}

static int run(const struct tw_settings *settings, struct tw_server_options *server,
    const sigset_t *signals, struct tw_err *err)
{
    TW_AUTO(tw_store_closep) struct tw_store *store = NULL;
    TW_AUTO(tw_events_freep) struct tw_events *events = NULL;
    TW_AUTO(stop_ticker) struct tw_ticker *ticker = NULL;
    struct tw_daemon daemon = {
        .registries = &settings->registries,
        .limits = &settings->limits,
        .queue = {.max_queued = settings->queue_max,
            .max_attempts = (unsigned)settings->max_attempts},
        .room = {.directory = settings->data_dir,
            .reserve_bytes = settings->disk_reserve_mib << 20},
    };
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
        r = tw_store_recover(store, true, tw_daemon_service(&daemon).now_ms(&daemon), &daemon.queue,
            &recovered, err);
    if (r < 0)
        return r;
    if (recovered > 0)
        tw_log(TW_LOG_INFO, "%u scans were under way when the last process ended; they are queued",
            recovered);
    daemon.store = store;
    daemon.jury = jury;
    r = tw_ticker_start(store, (unsigned)settings->stats_days, &ticker, err);
    if (r < 0)
        return r;
    daemon.events = events;
    r = tw_rejudge_start(store, jury, &settings->limits, events, &daemon.rejudge, err);
    if (r < 0)
        return r;
    r = start_lookup(settings, &daemon, err);
    if (r < 0) {
        tw_rejudge_stop(daemon.rejudge);
        return r;
    }
    struct tw_workers_options options = {
        .store = store,
        .jury = jury,
        .rejudge = daemon.rejudge,
        .events = events,
        .registries = &settings->registries,
        .limits = &settings->limits,
        .cage = tw_settings_cage(settings),
        .whole_layers = tw_settings_whole_layers(settings),
        .layers_at_once = (unsigned)settings->layers_at_once,
        .layers_memory_bytes = settings->layers_memory_mib << 20,
        .queue = daemon.queue,
        .layers = {.max_bytes = settings->layer_store_mib << 20,
            .max_age_ms = (int64_t)settings->layer_days * 24 * 60 * 60 * 1000},
        .count = (unsigned)settings->workers,
        .stored = tell_stored,
        .failed = tell_failed,
        .ctx = daemon.lookup,
    };
    r = tw_workers_start(&options, &daemon.workers, err);
    if (r == 0)
        r = serve(settings, &daemon, server, signals, err);
    tw_lookup_stop(daemon.lookup); // it wakes the workers, and they tell it what they did
    if (daemon.workers)
        tw_workers_stop(daemon.workers, (unsigned)settings->grace_s);
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

static int start(const struct tw_settings *settings)
{
    struct tw_err err = {0};
    sigset_t signals;
    enum tw_log_level level = TW_LOG_INFO;
    int r = tw_log_level_parse(settings->log_level, &level, &err);
    if (r < 0)
        return trouble(&err);
    block_signals(&signals);
    tw_log_init(level);
    r = tw_http_global_init(&err);
    if (r == 0) {
        struct tw_tls tls = {0};
        struct tw_server_options server;
        r = prepare_server(settings, &tls, &server, &err);
        if (r == 0)
            r = run(settings, &server, &signals, &err);
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
    const struct errand *errand = NULL;
    tw_json_init();
    int r = tw_settings_init(&settings, &err);
    if (r == 0)
        r = parse(argc, argv, &settings, &errand, &err);
    if (r < 0)
        r = trouble(&err);
    else
        r = errand ? errand->run(&settings) : start(&settings);
    tw_settings_done(&settings);
    return r;
}
