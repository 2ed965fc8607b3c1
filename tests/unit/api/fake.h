// A service in memory behind the seam of api/service.h, and an HTTP client of raw sockets that
// can send what no library would.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <jansson.h>

#include "api/server.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64

// ---- the service ----

struct fake {
    pthread_mutex_t lock;
    struct tw_push pushes[64];
    char actors[64][64];
    size_t push_count;
    int push_code;          // failure of the next pushes; 0: none
    unsigned retry_after_s; // of that failure
    int ready_code;
    struct tw_scan_query scan_query;
    struct tw_image_query image_query;
    struct tw_binary_query binary_query;
    struct tw_finding_query finding_query;
    struct tw_stats_query stats_query;
    struct tw_report_request report_request;
    struct tw_admission_question question; // the last one
    char kube_namespace[64];
    char words[6][64]; // the strings of the last query, which are gone after the call
    atomic_bool slow;  // push takes a while
    atomic_int in_push;
    char log[64][900];
    unsigned log_count;
};

static inline void fake_word(struct fake *fake, int i, const char *word)
{
    snprintf(fake->words[i], sizeof fake->words[i], "%s", word ? word : "(null)");
}

static inline int fake_allowed(void *ctx, const char *registry, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(registry, "localhost:5055") == 0)
        return 0;
    return tw_err_set(err, TW_E_NOT_ALLOWED,
        "registry %s is not allowed; add it to the setting registries", registry);
}

static inline struct tw_scan fake_scan(const char *id)
{
    struct tw_scan scan = {.state = TW_SCAN_QUEUED, .created_ms = 1700000000123};
    snprintf(scan.id, sizeof scan.id, "%s", id);
    snprintf(scan.reference, sizeof scan.reference, "localhost:5055/team/app:1");
    snprintf(scan.requested_by, sizeof scan.requested_by, "api");
    return scan;
}

static inline int fake_push(void *ctx, const struct tw_push *push, struct tw_scan *ret_scan,
    bool *ret_new, struct tw_err *err)
{
    struct fake *fake = ctx;
    atomic_fetch_add(&fake->in_push, 1);
    if (atomic_load(&fake->slow))
        usleep(300 * 1000);
    if (fake->push_code) {
        tw_err_set(err, fake->push_code, "no room");
        err->retry_after_s = fake->retry_after_s;
        return fake->push_code;
    }
    pthread_mutex_lock(&fake->lock);
    size_t i = fake->push_count++ % 64;
    fake->pushes[i] = *push;
    snprintf(fake->actors[i], 64, "%s", push->actor ? push->actor : "");
    pthread_mutex_unlock(&fake->lock);
    *ret_scan = fake_scan("a1");
    tw_reference_format(&push->reference, ret_scan->reference);
    ret_scan->digest = push->reference.digest;
    snprintf(ret_scan->requested_by, sizeof ret_scan->requested_by, "%s", push->requested_by);
    *ret_new = true;
    return 0;
}

static inline int fake_scan_list(
    void *ctx, const struct tw_scan_query *query, struct tw_scan_list *ret_list, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    fake->scan_query = *query;
    fake_word(fake, 0, query->state);
    fake_word(fake, 1, query->cursor);
    struct tw_scan_list list = {.items = calloc(2, sizeof *list.items), .count = 2};
    list.items[0] = fake_scan("a1");
    list.items[1] = fake_scan("a2");
    list.items[1].state = TW_SCAN_FAILED;
    list.items[1].attempts = 8;
    list.items[1].started_ms = 1700000001000;
    list.items[1].finished_ms = 1700000002000;
    snprintf(list.items[1].error_code, 32, "unavailable");
    snprintf(list.items[1].error_message, 512, "no answer\xff");
    snprintf(list.next, sizeof list.next, "c2");
    *ret_list = list;
    return 0;
}

static inline int fake_scan_get(
    void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(id, "a3") == 0)
        return tw_err_set(err, TW_E_STORE, "the store cannot be read");
    if (strcmp(id, "a1") != 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "there is no scan %s", id);
    *ret_scan = fake_scan(id);
    ret_scan->state = TW_SCAN_DONE;
    ret_scan->attempts = 1;
    tw_digest_parse(DIGEST, &ret_scan->digest, NULL);
    return 0;
}

static inline int fake_scan_retry(
    void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(id, "a2") == 0) {
        *ret_scan = fake_scan(id);
        return 0;
    }
    return strcmp(id, "a1") == 0
               ? tw_err_set(err, TW_E_USAGE, "scan a1 is done; only a failed one can be retried")
               : tw_err_set(err, TW_E_NOT_FOUND, "there is no scan %s", id);
}

static inline struct tw_notification fake_notification(const char *id)
{
    struct tw_notification n = {.attempts = 3, .created_ms = 1700000000123};
    snprintf(n.id, sizeof n.id, "%s", id);
    snprintf(n.sink, sizeof n.sink, "on-call");
    snprintf(n.event, sizeof n.event, "drift");
    snprintf(n.reference, sizeof n.reference, "localhost:5055/team/app:1");
    snprintf(n.state, sizeof n.state, "failed");
    snprintf(n.error, sizeof n.error, "HTTP 404: gone");
    return n;
}

static inline int fake_notification_list(void *ctx, const struct tw_notification_query *query,
    struct tw_notification_list *ret_list, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    fake_word(fake, 0, query->sink);
    fake_word(fake, 1, query->state);
    fake_word(fake, 2, query->cursor);
    struct tw_notification_list list = {.items = calloc(2, sizeof *list.items), .count = 2};
    list.items[0] = fake_notification("b1");
    list.items[1] = (struct tw_notification){.id = "b2",
        .sink = "x",
        .event = "findings",
        .reference = "r/a:1",
        .state = "waiting",
        .created_ms = 1,
        .due_ms = 1700000009000};
    snprintf(list.next, sizeof list.next, "c3");
    *ret_list = list;
    return 0;
}

static inline int fake_notification_retry(
    void *ctx, const char *id, struct tw_notification *ret_notification, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(id, "b1") == 0) {
        *ret_notification = fake_notification(id);
        return 0;
    }
    return strcmp(id, "b2") == 0
               ? tw_err_set(err, TW_E_USAGE, "notification b2 has not failed")
               : tw_err_set(err, TW_E_NOT_FOUND, "there is no notification %s", id);
}

static inline struct tw_image_summary fake_image(void)
{
    struct tw_image_summary image = {
        .kind = "image",
        .registry = "localhost:5055",
        .repository = "team/app",
        .platform = "linux/amd64",
        .completeness = "complete",
        .decision = "deny",
        .counts = {[TW_HIGH] = 2, [TW_INFO] = 1},
        .go_binaries = 3,
        .pushed_ms = 1700000000000,
        .scanned_ms = 1700000000007,
    };
    tw_digest_parse(DIGEST, &image.digest, NULL);
    return image;
}

static inline int fake_image_list(void *ctx, const struct tw_image_query *query,
    struct tw_image_list *ret_list, struct tw_err *err)
{
    struct fake *fake = ctx;
    fake->image_query = *query;
    fake_word(fake, 0, query->registry);
    fake_word(fake, 1, query->repository);
    fake_word(fake, 2, query->tag);
    fake_word(fake, 3, query->decision);
    fake_word(fake, 4, query->cursor);
    if (query->cursor && strcmp(query->cursor, "bad") == 0)
        return tw_err_set(err, TW_E_USAGE, "this cursor was not given by a page");
    struct tw_image_list list = {.items = calloc(1, sizeof *list.items), .count = 1};
    list.items[0] = fake_image();
    *ret_list = list;
    return 0;
}

static inline int fake_image_get(void *ctx, const struct tw_digest *digest,
    struct tw_image_summary *ret_image, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(digest->text, DIGEST) != 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "image %s has not been scanned", digest->text);
    *ret_image = fake_image();
    return 0;
}

static inline int fake_binary_list(void *ctx, const struct tw_binary_query *query,
    struct tw_binary_list *ret_list, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    fake->binary_query = *query;
    fake_word(fake, 0, query->module);
    fake_word(fake, 1, query->module_version);
    fake_word(fake, 2, query->godebug);
    fake_word(fake, 3, query->godebug_value);
    fake_word(fake, 4, query->place.repository);
    struct tw_binary_list list = {.arena = tw_arena_new(1 << 20), .next = "c2"};
    struct tw_binary *item = tw_arena_push(list.arena, &list.items, &list.count);
    *item = (struct tw_binary){DIGEST, "r", "team/app", "1", "linux/amd64", "bin/app", HEX64,
        "linux", "amd64", "go1.25.4 X:a,b", "1.25.4", "a b", "example.org/app", "",
        .pushed_ms = 1700000000000};
    item->settings = tw_arena_alloc(list.arena, sizeof *item->settings);
    *item->settings = (struct tw_binary_setting){"tls10server", "1", true};
    item->setting_count = 1;
    *ret_list = list;
    return 0;
}

static inline int fake_finding_list(void *ctx, const struct tw_finding_query *query,
    struct tw_finding_list *ret_list, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    fake->finding_query = *query;
    fake_word(fake, 0, query->rule);
    struct tw_finding_list list = {.arena = tw_arena_new(1 << 20), .next = ""};
    struct tw_listed *item = tw_arena_push(list.arena, &list.items, &list.count);
    *item = (struct tw_listed){DIGEST, "r", "team/app", "1", "linux/amd64", "TW201", "t", "m", "f",
        NULL, TW_HIGH, true, 1700000000000};
    *ret_list = list;
    return 0;
}

static inline int fake_stats(
    void *ctx, const struct tw_stats_query *query, struct tw_stats *ret_stats, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    fake->stats_query = *query;
    *ret_stats = (struct tw_stats){.images = 3};
    return 0;
}

static inline int fake_compare(
    void *ctx, const struct tw_compare_request *request, struct tw_buf *out, struct tw_err *err)
{
    (void)ctx, (void)err;
    return tw_buf_printf(out, "%s %s%.10s %.10s", request->lang == TW_ZH ? "zh" : "en",
        request->as_text ? "text " : "", request->from.text, request->to.text);
}

static inline int fake_previous(
    void *ctx, const struct tw_digest *digest, struct tw_digest *ret_previous, struct tw_err *err)
{
    (void)ctx;
    if (strcmp(digest->text, DIGEST) != 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "no push before");
    memset(ret_previous, 0, sizeof *ret_previous);
    snprintf(ret_previous->text, sizeof ret_previous->text, "sha256:fff");
    return 0;
}

static inline int fake_report(
    void *ctx, const struct tw_report_request *request, struct tw_buf *out, struct tw_err *err)
{
    struct fake *fake = ctx;
    fake->report_request = *request;
    fake_word(fake, 0, request->format);
    if (strcmp(request->digest.text, DIGEST) != 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "not scanned yet; it is queued");
    return tw_buf_puts(out, strcmp(request->format, "json") == 0 ? "{\"r\":1}\n" : "a report\n");
}

static inline int fake_ready(void *ctx, struct tw_err *err)
{
    struct fake *fake = ctx;
    return fake->ready_code ? tw_err_set(err, fake->ready_code, "the store is read-only") : 0;
}

// Knows no image: the name decides.
static inline void fake_release(void *owner)
{
    struct tw_admission *admission = owner;
    free(admission->items);
    free(admission);
}

static inline int fake_admit(void *ctx, const struct tw_admission_question *question,
    struct tw_admission **ret_admission, struct tw_err *err)
{
    (void)err;
    struct fake *fake = ctx;
    struct tw_admission *a = calloc(1, sizeof *a);
    a->count = question->pod->container_count;
    a->items = calloc(a->count + 1, sizeof *a->items);
    fake->question = *question;
    fake->question.pod = NULL;
    snprintf(
        fake->kube_namespace, sizeof fake->kube_namespace, "%s", question->pod->kube_namespace);
    for (size_t i = 0; i < a->count; i++) {
        const struct tw_pod_container *c = &question->pod->containers[i];
        bool bad = strstr(c->image, "bad") != NULL;
        a->items[i] = (struct tw_admitted){.container = c,
            .state = bad ? TW_IMAGE_UNKNOWN : TW_IMAGE_SCANNING,
            .decision = bad ? TW_ADMIT_DENY : TW_ADMIT_WARN,
            .reason = "the fake knows none"};
        if (a->items[i].decision > a->decision)
            a->decision = a->items[i].decision;
    }
    a->trouble = question->trouble;
    a->is_enforced = true;
    a->policy = "house";
    a->owner = a;
    a->release = fake_release;
    *ret_admission = a;
    return 0;
}

static inline int fake_metrics(void *ctx, struct tw_buf *out, struct tw_err *err)
{
    (void)ctx, (void)err;
    return tw_buf_puts(out, "tidewaiter_fake 1\n");
}

static inline int64_t fake_now(void *ctx)
{
    (void)ctx;
    return 1700000000000;
}

static inline void fake_log(void *ctx, const struct tw_server_event *event)
{
    struct fake *fake = ctx;
    pthread_mutex_lock(&fake->lock);
    snprintf(fake->log[fake->log_count++ % 64], 900, "%s: %s%s%s", event->level, event->message,
        event->request_id ? " request=" : "", event->request_id ? event->request_id : "");
    pthread_mutex_unlock(&fake->lock);
}

// ---- a server over it ----

struct bench {
    struct fake fake;
    struct tw_service service;
    struct tw_limits limits;
    struct tw_server *server;
};

// `change` (may be NULL) has the last word on limits and options.
static inline void bench_start_with(struct bench *bench, const char *listen,
    void (*change)(struct bench *bench, struct tw_server_options *options))
{
    *bench = (struct bench){.limits = tw_limits_default};
    pthread_mutex_init(&bench->fake.lock, NULL);
    bench->limits.webhook_bytes = 64 * 1024;
    bench->limits.request_bytes = 1024;
    bench->service = (struct tw_service){
        .ctx = &bench->fake,
        .registry_allowed = fake_allowed,
        .push = fake_push,
        .scan_list = fake_scan_list,
        .scan_get = fake_scan_get,
        .scan_retry = fake_scan_retry,
        .image_list = fake_image_list,
        .image_get = fake_image_get,
        .binary_list = fake_binary_list,
        .finding_list = fake_finding_list,
        .stats = fake_stats,
        .report = fake_report,
        .compare = fake_compare,
        .previous = fake_previous,
        .admit = fake_admit,
        .ready = fake_ready,
        .metrics = fake_metrics,
        .now_ms = fake_now,
        .notification_list = fake_notification_list,
        .notification_retry = fake_notification_retry,
    };
    struct tw_server_options options = {
        .listen = listen,
        .max_connections = 32,
        .idle_timeout_s = 10,
        .admission_timeout_s = 10,
        .limits = &bench->limits,
        .service = &bench->service,
        .log = fake_log,
        .log_ctx = &bench->fake,
    };
    if (change)
        change(bench, &options);
    struct tw_err err = {0};
    int r = tw_server_start(&options, &bench->server, &err);
    if (r < 0)
        fail_msg("%s", err.msg);
}

static inline void bench_start(struct bench *bench, const char *listen)
{
    bench_start_with(bench, listen, NULL);
}

static inline int bench_setup(void **state)
{
    struct bench *bench = malloc(sizeof *bench);
    bench_start(bench, "127.0.0.1:0");
    *state = bench;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tw_server_stop(bench->server, 5);
    pthread_mutex_destroy(&bench->fake.lock);
    free(bench);
    return 0;
}

static inline bool fake_logged(struct fake *fake, const char *text)
{
    bool found = false;
    pthread_mutex_lock(&fake->lock);
    for (unsigned i = 0; i < fake->log_count && i < 64; i++)
        found |= strstr(fake->log[i], text) != NULL;
    pthread_mutex_unlock(&fake->lock);
    return found;
}

// ---- a client ----

struct client {
    int fd;
    char in[1 << 20];
    size_t size; // bytes in `in` that no reply has taken
};

struct reply {
    int status;
    char head[4096];
    char body[1 << 19];
    size_t size;
};

static inline struct client *client_open(const struct bench *bench)
{
    struct client *client = calloc(1, sizeof *client);
    struct sockaddr_in a = {.sin_family = AF_INET,
        .sin_port = htons(tw_server_port(bench->server)),
        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = 20}; // only a test that fails waits that long
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&a, sizeof a), 0);
    return client;
}

static inline void client_close(struct client *client)
{
    close(client->fd);
    free(client);
}

static inline void client_send(struct client *client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(client->fd, bytes, size, MSG_NOSIGNAL);
        if (n <= 0)
            return; // the server has closed; what it said is read next
        bytes += n;
        size -= (size_t)n;
    }
}

static inline void client_puts(struct client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

static inline bool client_more(struct client *client)
{
    ssize_t n =
        recv(client->fd, client->in + client->size, sizeof client->in - 1 - client->size, 0);
    if (n <= 0)
        return false;
    client->size += (size_t)n;
    client->in[client->size] = '\0';
    return true;
}

// The next answer; false when the connection ended instead. has_body: no, after HEAD.
static inline bool client_reply(struct client *client, bool has_body, struct reply *reply)
{
    *reply = (struct reply){0};
    char *end;
    while (client->in[client->size] = '\0', !(end = strstr(client->in, "\r\n\r\n"))) {
        if (!client_more(client))
            return false;
    }
    size_t head = (size_t)(end - client->in) + 4;
    assert_true(head < sizeof reply->head);
    memcpy(reply->head, client->in, head);
    reply->status = (int)strtol(client->in + 9, NULL, 10);
    const char *length = strcasestr(reply->head, "\r\nContent-Length:");
    size_t size = length && has_body ? strtoul(length + 17, NULL, 10) : 0;
    assert_true(size < sizeof reply->body);
    while (client->size < head + size) {
        if (!client_more(client))
            return false;
    }
    memcpy(reply->body, client->in + head, size);
    reply->size = size;
    client->size -= head + size;
    memmove(client->in, client->in + head + size, client->size);
    return true;
}

static inline struct reply *ask(const struct bench *bench, const char *request)
{
    struct client *client = client_open(bench);
    struct reply *reply = malloc(sizeof *reply);
    client_puts(client, request);
    if (!client_reply(client, strncmp(request, "HEAD", 4) != 0, reply))
        fail_msg("no answer to: %.200s", request);
    client_close(client);
    return reply;
}

static inline struct reply *get(const struct bench *bench, const char *target)
{
    char request[4096];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", target);
    return ask(bench, request);
}

static inline struct reply *post(
    const struct bench *bench, const char *target, const char *type, const char *body)
{
    size_t size = strlen(body) + 1024;
    char *request = malloc(size);
    snprintf(request, size,
        "POST %s HTTP/1.1\r\nHost: t\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", target,
        type, strlen(body), body);
    struct reply *reply = ask(bench, request);
    free(request);
    return reply;
}

// The value of a header, or NULL; in a static buffer.
static inline const char *header_of(const struct reply *reply, const char *name)
{
    static char value[512];
    char key[64];
    snprintf(key, sizeof key, "\r\n%s:", name);
    const char *at = strcasestr(reply->head, key);
    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

static inline void assert_header(const struct reply *reply, const char *name, const char *wanted)
{
    const char *value = header_of(reply, name);
    if (!value)
        fail_msg("no header %s in\n%s", name, reply->head);
    assert_string_equal(value, wanted);
}

static inline json_t *json_of(const struct reply *reply)
{
    json_error_t why;
    json_t *json = json_loadb(reply->body, reply->size, 0, &why);
    if (!json)
        fail_msg("%s: %s", why.text, reply->body);
    return json;
}

// A problem of this status, all its members there, whose detail has `says` in it. Frees.
static inline void assert_problem(struct reply *reply, int status, const char *says)
{
    if (reply->status != status)
        fail_msg("status %d, wanted %d: %s", reply->status, status, reply->body);
    assert_header(reply, "Content-Type", "application/problem+json");
    assert_non_null(header_of(reply, "X-Request-Id"));
    char instance[600];
    snprintf(
        instance, sizeof instance, "urn:tidewaiter:request:%s", header_of(reply, "X-Request-Id"));
    json_t *json = json_of(reply);
    assert_int_equal(json_object_size(json), 5);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_string_equal(json_string_value(json_object_get(json, "instance")), instance);
    assert_non_null(json_string_value(json_object_get(json, "type")));
    assert_non_null(json_string_value(json_object_get(json, "title")));
    const char *detail = json_string_value(json_object_get(json, "detail"));
    if (!detail || !strstr(detail, says))
        fail_msg("detail \"%s\" does not say \"%s\"", detail ? detail : "(none)", says);
    json_decref(json);
    free(reply);
}

// A 200 with exactly this body. Frees.
static inline void assert_body(struct reply *reply, int status, const char *body)
{
    if (reply->status != status)
        fail_msg("status %d, wanted %d: %s", reply->status, status, reply->body);
    assert_string_equal(reply->body, body);
    free(reply);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
