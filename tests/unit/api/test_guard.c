// Who may ask what, how often, how much at a time and how slowly.
#include "fake.h"

#include "api/route.h"
#include "scanner/base/hmac.h"
#include "tests/unit/access/keys.h"

#define HOOK "/v1/webhooks/distribution"

static const char secret[] = "0123456789abcdef";

static struct tw_access *make_access(void)
{
    static const struct {
        const char *name, *token;
        unsigned roles;
    } rows[] = {
        {"hook", "tw_hook", TW_ROLE_WEBHOOK},
        {"board", "tw_board", TW_ROLE_READ},
        {"boss", "tw_boss", TW_ROLE_ADMIN},
    };
    struct tw_access *a = tw_access_new(65536);
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_access_token *t = tw_arena_push(a->arena, &a->tokens, &a->token_count);
        t->name = rows[i].name;
        t->roles = rows[i].roles;
        assert_int_equal(tw_sha256(rows[i].token, strlen(rows[i].token), t->sha256), 0);
    }
    struct tw_access_secret *s = tw_arena_push(a->arena, &a->secrets, &a->secret_count);
    s->hook = "distribution";
    s->secret = tw_span_str(tw_arena_strdup(a->arena, secret));
    return a;
}

static void with_access(struct bench *bench, struct tw_server_options *options)
{
    (void)bench;
    options->access = make_access();
}

static struct bench *start(void (*change)(struct bench *, struct tw_server_options *))
{
    struct bench *bench = malloc(sizeof *bench);
    bench_start_with(bench, "127.0.0.1:0", change);
    return bench;
}

static void stop(struct bench *bench)
{
    void *state = bench;
    bench_teardown(&state);
}

static int status_of(const struct bench *bench, const char *request)
{
    struct reply *reply = ask(bench, request);
    int status = reply->status;
    free(reply);
    return status;
}

static int as(const struct bench *bench, const char *method, const char *path, const char *token)
{
    char request[512];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: t\r\n%s%s%s\r\n", method, path,
        token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "");
    return status_of(bench, request);
}

static void access__every_route__needs_its_role(void **state)
{
    (void)state;
    // none, hook, board, boss; the answers of those who may are what the fake makes of it
    static const struct {
        const char *method, *path;
        int statuses[4];
    } rows[] = {
        {"GET", "/healthz", {200, 200, 200, 200}},
        {"GET", "/readyz", {200, 200, 200, 200}},
        {"GET", "/v1/rules", {200, 200, 200, 200}},
        {"GET", "/v1/rules/TW101", {200, 200, 200, 200}},
        {"GET", "/openapi.yaml", {200, 200, 200, 200}},
        {"GET", "/schema/report.json", {200, 200, 200, 200}},
        {"GET", "/", {200, 200, 200, 200}},
        {"GET", "/page/0123456789abcdef/app.js", {404, 404, 404, 404}},
        {"GET", "/nothing", {404, 404, 404, 404}},
        {"DELETE", "/v1/scans", {405, 405, 405, 405}},
        {"POST", HOOK, {401, 415, 403, 415}},
        {"POST", "/v1/scans", {401, 415, 403, 415}},
        {"POST", "/v1/scans/a2/retry", {401, 403, 403, 202}},
        {"GET", "/v1/scans", {401, 403, 200, 200}},
        {"HEAD", "/v1/scans", {401, 403, 200, 200}},
        {"GET", "/v1/scans/a1", {401, 403, 200, 200}},
        {"GET", "/v1/images", {401, 403, 200, 200}},
        {"GET", "/v1/images/" DIGEST, {401, 403, 200, 200}},
        {"GET", "/v1/images/" DIGEST "/report", {401, 403, 200, 200}},
        {"GET", "/v1/images/" DIGEST "/drift", {401, 403, 200, 200}},
        {"GET", "/v1/compare?from=" DIGEST "&to=" DIGEST, {401, 403, 200, 200}},
        {"GET", "/v1/notifications", {401, 403, 200, 200}},
        {"POST", "/v1/notifications/b1/retry", {401, 403, 403, 202}},
        {"GET", "/v1/binaries", {401, 403, 200, 200}},
        {"GET", "/v1/findings", {401, 403, 200, 200}},
        {"HEAD", "/v1/events", {401, 403, 200, 200}},
        {"GET", "/v1/stats", {401, 403, 200, 200}},
        {"GET", "/metrics", {401, 403, 200, 200}},
        {"POST", "/v1/admission", {401, 403, 403, 415}},
        {"POST", "/v1/gatekeeper", {401, 403, 403, 415}},
        {"GET", "/v1/verdict?image=a", {401, 403, 403, 200}},
    };
    static const char *const tokens[4] = {NULL, "tw_hook", "tw_board", "tw_boss"};
    struct bench *bench = start(with_access);
    bool seen[TW_ROUTES_MAX] = {false};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char path[512];
        struct tw_match match;
        snprintf(path, sizeof path, "%s", rows[i].path);
        path[strcspn(path, "?")] = '\0';
        assert_int_equal(tw_route_match(rows[i].method, path, &match, NULL), 0);
        if (match.route)
            seen[tw_route_index(match.route)] = true;
        for (size_t who = 0; who < 4; who++) {
            int status = as(bench, rows[i].method, rows[i].path, tokens[who]);
            if (status != rows[i].statuses[who])
                fail_msg("%s %s as %s: %d, not %d", rows[i].method, rows[i].path,
                    tokens[who] ? tokens[who] : "nobody", status, rows[i].statuses[who]);
        }
    }
    for (size_t i = 0; tw_route_at(i); i++) {
        if (!seen[i])
            fail_msg("%s has no row here", tw_route_at(i)->pattern);
    }
    stop(bench);
}

static void access__none_or_unknown__401_with_both_challenges_and_no_token_told(void **state)
{
    (void)state;
    struct bench *bench = start(with_access);
    struct reply *reply = ask(bench, "GET /v1/images HTTP/1.1\r\nHost: t\r\n"
                                     "Authorization: Bearer CANARY\r\n\r\n");
    assert_header(reply, "WWW-Authenticate", "Bearer realm=\"tidewaiter\"");
    assert_non_null(strstr(reply->head, "Basic realm=\"tidewaiter\""));
    assert_null(strstr(reply->body, "CANARY"));
    assert_problem(reply, 401, "not known here");
    assert_problem(get(bench, "/v1/images"), 401, "the role read");
    assert_false(fake_logged(&bench->fake, "CANARY"));
    stop(bench);
}

static void access__script_in_a_browser__401_without_basic(void **state)
{
    (void)state;
    struct bench *bench = start(with_access);
    struct reply *reply = ask(bench, "GET /v1/images HTTP/1.1\r\nHost: t\r\n"
                                     "X-Requested-With: tidewaiter-page\r\n\r\n");
    assert_header(reply, "WWW-Authenticate", "Bearer realm=\"tidewaiter\"");
    assert_null(strstr(reply->head, "Basic"));
    assert_problem(reply, 401, "the role read");
    stop(bench);
}

static void access__changed__holds_at_once(void **state)
{
    (void)state;
    struct bench *bench = start(with_access);
    assert_int_equal(as(bench, "GET", "/v1/images", "tw_board"), 200);
    struct tw_access *other = tw_access_new(4096);
    tw_server_set_access(bench->server, other);
    assert_int_equal(as(bench, "GET", "/v1/images", "tw_board"), 401);
    tw_server_set_access(bench->server, NULL);
    assert_int_equal(as(bench, "GET", "/v1/images", NULL), 200);
    stop(bench);
}

// ---- webhooks of the access file ----

#define QUAY_BODY "{\"docker_url\":\"localhost:5055/team/app\",\"updated_tags\":[\"1\"]}"
#define HUB_SECRET "CANARY-hub-secret-1"
#define OLD_SECRET "CANARY-hub-secret-0"

static void with_hooks(struct bench *bench, struct tw_server_options *options)
{
    (void)bench;
    static const struct tw_access_hook hooks[] = {
        {.name = "hub", .sender = "docker-hub", .registry = "localhost:5055"},
        {.name = "harbor", .sender = "harbor"},
        {.name = "artifactory", .sender = "artifactory"},
        {.name = "keyed", .sender = "quay", .header = "X-Api-Key"},
        {.name = "images",
            .sender = "google",
            .audience = "https://tidewaiter.example/v1/webhooks/images",
            .email = "push@project.iam.gserviceaccount.com"},
        {.name = "any", .sender = "auto"},
    };
    struct tw_access *a = options->access = make_access();
    for (size_t i = 0; i < TW_COUNT(hooks); i++) {
        *(struct tw_access_hook *)tw_arena_push(a->arena, &a->hooks, &a->hook_count) = hooks[i];
        for (int old = 0; old < 2 && !hooks[i].audience; old++) {
            struct tw_access_secret *s = tw_arena_push(a->arena, &a->secrets, &a->secret_count);
            s->hook = hooks[i].name;
            s->secret = tw_span_str(tw_arena_strdup(a->arena, old ? OLD_SECRET : HUB_SECRET));
        }
    }
    assert_int_equal(tw_jwks_parse(tw_span_str(google_keys), &a->google_keys, NULL), 0);
}

static int64_t token_time(void *ctx)
{
    (void)ctx;
    return 1772600010000;
}

static int hook_status(
    const struct bench *bench, const char *target, const char *header, const char *body)
{
    char request[4096];
    snprintf(request, sizeof request,
        "POST /v1/webhooks/%s HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n%s%s\r\n%s",
        target, strlen(body), header, header[0] ? "\r\n" : "", body);
    struct reply *reply = ask(bench, request);
    int status = reply->status;
    assert_null(strstr(reply->body, "CANARY"));
    assert_null(strstr(reply->head, "CANARY"));
    free(reply);
    return status;
}

static void hooks__secret_shown__in_their_header_or_url_and_nowhere_else(void **state)
{
    (void)state;
    struct bench *bench = start(with_hooks);
    static const struct {
        const char *target, *header;
        int status;
    } rows[] = {
        {"hub?token=" HUB_SECRET, "", 400}, // let in; the body is Quay's
        {"hub?token=" OLD_SECRET, "", 400},
        {"hub?%74oken=CANARY%2dhub-secret-0", "", 400},
        {"hub?token=" HUB_SECRET "1", "", 401},
        {"hub?token=CANARY", "", 401},
        {"hub?token=", "", 401},
        {"hub", "", 401},
        {"hub", "Authorization: " HUB_SECRET, 400},
        {"hub", "Authorization: Bearer " HUB_SECRET, 401},
        {"hub?token=tw_hook", "", 401}, // tokens stay in their header
        {"docker-hub?token=" HUB_SECRET, "", 401},
        {"harbor", "Authorization: " HUB_SECRET, 400},
        {"artifactory", "X-JFrog-Event-Auth: " HUB_SECRET, 200},
        {"artifactory", "X-JFrog-Event-Auth: CANARY", 401},
        {"artifactory", "Authorization: " HUB_SECRET, 401},
        {"keyed", "X-Api-Key: " HUB_SECRET, 200},
        {"keyed", "x-api-key: " OLD_SECRET, 200},
        {"keyed", "Authorization: " HUB_SECRET, 401},
        {"keyed?token=" HUB_SECRET, "", 200},
        {"keyed?token=" HUB_SECRET "&token=CANARY", "", 400},
        {"keyed?tokem=CANARY", "", 400},
        {"any?token=" HUB_SECRET, "", 200},
        {"nobody?token=" HUB_SECRET, "", 401},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        int status = hook_status(bench, rows[i].target, rows[i].header, QUAY_BODY);
        if (status != rows[i].status)
            fail_msg("%s %s: %d, not %d", rows[i].target, rows[i].header, status, rows[i].status);
    }
    free(ask(bench, "POST /v1/webhook/hub?token=CANARY HTTP/1.1\r\nHost: t\r\n\r\n"));
    free(ask(bench, "GET /v1/webhooks/hub?token=CANARY HTTP/1.1\r\nHost: t\r\n\r\n"));
    free(ask(bench, "GET /v1/images?token=CANARY HTTP/1.1\r\nHost: t\r\n\r\n"));
    assert_true(fake_logged(&bench->fake, "/v1/webhooks/hub?*** answered 401"));
    assert_false(fake_logged(&bench->fake, "CANARY"));
    struct reply *reply =
        ask(bench, "GET /metrics HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer tw_boss\r\n\r\n");
    assert_int_equal(reply->status, 200);
    assert_null(strstr(reply->body, "CANARY"));
    free(reply);
    stop(bench);
}

static void hooks__signed__in_the_form_of_their_sender_or_of_any_for_auto(void **state)
{
    (void)state;
    struct bench *bench = start(with_hooks);
    char sha256[2 * TW_SHA256_BYTES + 1] = "", sha1[2 * TW_SHA1_BYTES + 1] = "";
    uint8_t sum[TW_SHA256_BYTES];
    struct tw_span body = tw_span_str(QUAY_BODY), key = tw_span_str(OLD_SECRET);
    assert_int_equal(tw_hmac_sha256(key, body, sum), 0);
    for (size_t i = 0; i < TW_SHA256_BYTES; i++)
        snprintf(sha256 + 2 * i, 3, "%02x", sum[i]);
    assert_int_equal(tw_hmac_sha1(key, body, sum), 0);
    for (size_t i = 0; i < TW_SHA1_BYTES; i++)
        snprintf(sha1 + 2 * i, 3, "%02x", sum[i]);
    const struct {
        const char *target, *name, *value;
        int status;
    } rows[] = {
        {"any", "X-Gitea-Signature: ", sha256, 200}, {"any", "X-Forgejo-Signature: ", sha256, 200},
        {"any", "X-Hub-Signature-256: sha256=", sha256, 200},
        {"any", "X-JFrog-Event-Auth: ", sha256, 200},
        {"any", "X-Nexus-Webhook-Signature: ", sha1, 200},
        {"any", "X-Nexus-Webhook-Signature: ", sha256, 401},
        {"any", "X-Gitea-Signature: ", sha1, 401},
        {"any", "X-Gitea-Signature: ", "", 401}, // as it comes without a secret
        {"any", "X-Hub-Signature-256: ", sha256, 401},
        {"artifactory", "X-JFrog-Event-Auth: ", sha256, 200},
        {"artifactory", "X-Gitea-Signature: ", sha256, 401},
        {"hub", "X-Hub-Signature-256: sha256=", sha256, 401}, // it cannot sign
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char header[200];
        snprintf(header, sizeof header, "%s%s", rows[i].name, rows[i].value);
        int status = hook_status(bench, rows[i].target, header, QUAY_BODY);
        if (status != rows[i].status)
            fail_msg("%s %s: %d, not %d", rows[i].target, header, status, rows[i].status);
    }
    stop(bench);
}

static void hooks__token_of_google__for_the_webhook_that_asks_for_it(void **state)
{
    (void)state;
    struct bench *bench = start(with_hooks);
    bench->service.now_ms = token_time;
    char token[2048] = "", header[2200];
    FILE *file = fopen(TEST_UNIT "/access/data/good.jwt", "rb");
    assert_non_null(file);
    assert_true(fread(token, 1, sizeof token - 1, file) > 0);
    fclose(file);
    static const char body[] = "{\"action\":\"INSERT\",\"tag\":\"localhost:5055/p/app:1\"}";
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    assert_int_equal(hook_status(bench, "images", header, body), 200);
    assert_string_equal(bench->fake.pushes[0].requested_by, "webhook:google");
    assert_int_equal(hook_status(bench, "google", header, body), 401);
    assert_int_equal(hook_status(bench, "any", header, body), 401);
    assert_int_equal(hook_status(bench, "images", "", body), 401);
    header[strlen(header) - 1] ^= 1;
    assert_int_equal(hook_status(bench, "images", header, body), 401);
    assert_true(fake_logged(&bench->fake, "signature does not fit"));
    bench->service.now_ms = fake_now; // long before it was issued
    header[strlen(header) - 1] ^= 1;
    assert_int_equal(hook_status(bench, "images", header, body), 401);
    stop(bench);
}

static struct reply *signed_post(const struct bench *bench, const char *body, const char *key)
{
    char request[2048];
    uint8_t sum[TW_SHA256_BYTES];
    int n = snprintf(request, sizeof request,
        "POST " HOOK " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\nX-Hub-Signature-256: sha256=",
        strlen(body));
    assert_int_equal(tw_hmac_sha256(tw_span_str(key), tw_span_str(body), sum), 0);
    for (size_t i = 0; i < sizeof sum; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "%02x", sum[i]);
    snprintf(request + n, sizeof request - (size_t)n, "\r\n\r\n%s", body);
    return ask(bench, request);
}

static void signature__of_the_body__lets_a_webhook_in(void **state)
{
    (void)state;
    struct bench *bench = start(with_access);
    assert_body(
        signed_post(bench, "{\"events\":[]}", secret), 200, "{\"accepted\":0,\"ignored\":0}\n");
    assert_problem(signed_post(bench, "{\"events\":[]}", "another secret"), 401,
        "X-Hub-Signature-256 does not fit");
    assert_int_equal(bench->fake.push_count, 0);
    // It is of no use anywhere else.
    assert_int_equal(status_of(bench, "GET /v1/images HTTP/1.1\r\nHost: t\r\n"
                                      "X-Hub-Signature-256: sha256=00\r\n\r\n"),
        401);
    stop(bench);
}

static void with_local_names(struct bench *bench, struct tw_server_options *options)
{
    (void)bench;
    options->local_names_only = true;
}

static void host__of_another_machine__refused_when_only_this_one_may_ask(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        {"Host: localhost", 200},
        {"Host: LOCALHOST:8055", 200},
        {"Host: 127.0.0.1:1", 200},
        {"Host: [::1]", 200},
        {"Host: [::1]:8055", 200},
        {"Host: evil.example", 403},
        {"Host: localhost.evil.example", 403},
        {"Host: evil.example:127", 403},
        {"Host: 127.0.0.1.evil.example:8055", 403},
        {"Host: [::2]:8055", 403},
        {"Host: 127.0.0.1:x", 403},
    };
    struct bench *bench = start(with_local_names);
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char request[256];
        snprintf(request, sizeof request, "GET /v1/images HTTP/1.1\r\n%s\r\n\r\n", rows[i].host);
        int status = status_of(bench, request);
        if (status != rows[i].status)
            fail_msg("%s: %d", rows[i].host, status);
    }
    assert_int_equal(status_of(bench, "GET /v1/images HTTP/1.0\r\n\r\n"), 200);
    stop(bench);
}

static void with_rate(struct bench *bench, struct tw_server_options *options)
{
    (void)bench;
    options->client_rate = 5;
}

static void rate__more_than_a_client_may__429_with_a_time(void **state)
{
    (void)state;
    struct bench *bench = start(with_rate);
    unsigned good = 0;
    struct reply *reply;
    while ((reply = get(bench, "/healthz"))->status == 200 && good < 1000) {
        free(reply);
        good++;
    }
    assert_in_range(good, 10, 20);
    assert_true(atoi(header_of(reply, "Retry-After")) >= 1);
    assert_problem(reply, 429, "client-rate");
    stop(bench);
}

static void with_little_memory(struct bench *bench, struct tw_server_options *options)
{
    (void)options;
    bench->limits.request_bodies_bytes = 1000;
    bench->limits.request_bytes = 4000;
}

// The head of a POST of `size` bytes, and as many of them as are to be sent.
static struct client *half_post(const struct bench *bench, size_t size, size_t sent)
{
    struct client *client = client_open(bench);
    char head[256], *body = malloc(sent + 1);
    memset(body, ' ', sent);
    snprintf(head, sizeof head,
        "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n",
        size);
    client_puts(client, head);
    client_send(client, body, sent);
    free(body);
    return client;
}

static void bodies__of_all_requests__429_past_the_limit_and_one_is_always_served(void **state)
{
    (void)state;
    struct bench *bench = start(with_little_memory);
    struct reply *reply = malloc(sizeof *reply);
    struct client *alone = half_post(bench, 3000, 3000);
    assert_true(client_reply(alone, true, reply)); // over the limit, but alone
    assert_int_equal(reply->status, 400);
    client_close(alone);
    struct client *first = half_post(bench, 901, 900);
    usleep(100 * 1000);
    struct client *fits = half_post(bench, 100, 100);
    assert_true(client_reply(fits, true, reply)); // to the limit
    assert_int_equal(reply->status, 400);
    struct client *past = half_post(bench, 101, 101);
    assert_true(client_reply(past, true, reply));
    assert_int_equal(reply->status, 429);
    assert_header(reply, "Retry-After", "1");
    usleep(300 * 1000); // what was refused is given back after its answer
    client_puts(first, " ");
    assert_true(client_reply(first, true, reply));
    assert_int_equal(reply->status, 400);
    client_close(first);
    client_close(fits);
    client_close(past);
    free(reply);
    stop(bench);
}

static void with_haste(struct bench *bench, struct tw_server_options *options)
{
    (void)options;
    bench->limits.request_header_seconds = 1;
    bench->limits.request_seconds = 3;
}

// Sends a byte every 0.2 s; how long until the server has had enough, in tenths of a second.
static unsigned trickle(struct client *client)
{
    unsigned tenths = 0;
    char byte;
    while (tenths < 100 && send(client->fd, "x", 1, MSG_NOSIGNAL) == 1) {
        usleep(200 * 1000);
        tenths += 2;
        if (recv(client->fd, &byte, 1, MSG_DONTWAIT) == 0)
            break;
    }
    client_close(client);
    return tenths;
}

static void slow__headers__connection_ended(void **state)
{
    (void)state;
    struct bench *bench = start(with_haste);
    struct client *client = client_open(bench);
    client_puts(client, "GET /heal");
    assert_in_range(trickle(client), 8, 30);
    client = client_open(bench);
    client_puts(client, "GET /healthz HTTP/1.1\r\nX: ");
    assert_in_range(trickle(client), 8, 30);
    assert_int_equal(as(bench, "GET", "/healthz", NULL), 200);
    stop(bench);
}

static void slow__body__connection_ended(void **state)
{
    (void)state;
    struct bench *bench = start(with_haste);
    assert_in_range(trickle(half_post(bench, 1000, 1)), 25, 55);
    assert_int_equal(as(bench, "GET", "/healthz", NULL), 200);
    stop(bench);
}

static void slow__our_own_work__is_not_counted(void **state)
{
    (void)state;
    struct bench *bench = start(with_haste);
    atomic_store(&bench->fake.slow, true);
    bench->limits.request_header_seconds = 1;
    assert_int_equal(status_of(bench, "POST /v1/scans HTTP/1.1\r\nHost: t\r\n"
                                      "Content-Type: application/json\r\nContent-Length: 41\r\n\r\n"
                                      "{\"reference\":\"localhost:5055/team/app:1\"}\n"),
        202);
    stop(bench);
}

static void with_few_connections(struct bench *bench, struct tw_server_options *options)
{
    (void)bench;
    options->client_connections = 3;
}

static void connections__of_one_address__more_are_closed(void **state)
{
    (void)state;
    struct bench *bench = start(with_few_connections);
    struct client *clients[3];
    for (size_t i = 0; i < 3; i++) {
        struct reply *reply = malloc(sizeof *reply);
        clients[i] = client_open(bench);
        client_puts(clients[i], "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_true(client_reply(clients[i], true, reply));
        assert_int_equal(reply->status, 200);
        free(reply);
    }
    struct client *fourth = client_open(bench);
    char byte;
    assert_true(recv(fourth->fd, &byte, 1, 0) <= 0);
    client_close(fourth);
    client_close(clients[0]);
    usleep(300 * 1000);
    assert_int_equal(as(bench, "GET", "/healthz", NULL), 200);
    client_close(clients[1]);
    client_close(clients[2]);
    stop(bench);
}

static void log__flood_of_refusals__some_lines_and_a_count(void **state)
{
    (void)state;
    struct bench *bench = start(with_access);
    struct client *client = client_open(bench);
    struct reply *reply = malloc(sizeof *reply);
    for (int i = 0; i < 400; i++) {
        client_puts(client, "POST " HOOK " HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
        assert_true(client_reply(client, true, reply));
        assert_int_equal(reply->status, 401);
    }
    assert_in_range(bench->fake.log_count, 100, 200);
    sleep(1);
    client_puts(client, "POST " HOOK " HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    assert_true(client_reply(client, true, reply));
    assert_true(fake_logged(&bench->fake, "refused requests were not logged"));
    client_close(client);
    free(reply);
    stop(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access__every_route__needs_its_role),
        cmocka_unit_test(access__none_or_unknown__401_with_both_challenges_and_no_token_told),
        cmocka_unit_test(access__script_in_a_browser__401_without_basic),
        cmocka_unit_test(access__changed__holds_at_once),
        cmocka_unit_test(hooks__secret_shown__in_their_header_or_url_and_nowhere_else),
        cmocka_unit_test(hooks__signed__in_the_form_of_their_sender_or_of_any_for_auto),
        cmocka_unit_test(hooks__token_of_google__for_the_webhook_that_asks_for_it),
        cmocka_unit_test(signature__of_the_body__lets_a_webhook_in),
        cmocka_unit_test(host__of_another_machine__refused_when_only_this_one_may_ask),
        cmocka_unit_test(rate__more_than_a_client_may__429_with_a_time),
        cmocka_unit_test(bodies__of_all_requests__429_past_the_limit_and_one_is_always_served),
        cmocka_unit_test(slow__headers__connection_ended),
        cmocka_unit_test(slow__body__connection_ended),
        cmocka_unit_test(slow__our_own_work__is_not_counted),
        cmocka_unit_test(connections__of_one_address__more_are_closed),
        cmocka_unit_test(log__flood_of_refusals__some_lines_and_a_count),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
