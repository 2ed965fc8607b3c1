#include "fake.h"

static void server__get__status_headers_and_request_id(void **state)
{
    struct reply *reply = get(*state, "/healthz");
    assert_header(reply, "Content-Type", "application/json");
    assert_header(reply, "X-Content-Type-Options", "nosniff");
    assert_int_equal(strlen(header_of(reply, "X-Request-Id")), 17);
    assert_body(reply, 200, "{\"status\":\"ok\"}\n");
}

static void server__request_id_of_the_client__kept_when_harmless(void **state)
{
    struct reply *reply =
        ask(*state, "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: abc-1.Z_\r\n\r\n");
    assert_header(reply, "X-Request-Id", "abc-1.Z_");
    free(reply);
    static const char *const bad[] = {"a b", "a\"b", "\xc3\xa9", "",
        "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char request[256];
        snprintf(request, sizeof request,
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: %s\r\n\r\n", bad[i]);
        reply = ask(*state, request);
        assert_int_equal(strlen(header_of(reply, "X-Request-Id")), 17);
        free(reply);
    }
}

static void server__head__headers_of_get_without_the_body(void **state)
{
    struct client *client = client_open(*state);
    struct reply *reply = malloc(sizeof *reply);
    // A second request behind it shows that no byte of a body was sent.
    client_puts(client, "HEAD /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
                        "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_true(client_reply(client, false, reply));
    assert_int_equal(reply->status, 200);
    assert_header(reply, "Content-Length", "16");
    assert_true(client_reply(client, true, reply));
    assert_body(reply, 200, "{\"status\":\"ok\"}\n");
    client_close(client);
}

static void server__pipelined_requests__answered_in_order(void **state)
{
    struct client *client = client_open(*state);
    struct reply *reply = malloc(sizeof *reply);
    client_puts(client, "GET /v1/scans/a1 HTTP/1.1\r\nHost: t\r\n\r\n"
                        "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Content-Length: 41\r\n\r\n{\"reference\":\"localhost:5055/team/app:1\"}\n"
                        "GET /nothing HTTP/1.1\r\nHost: t\r\n\r\n"
                        "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    static const int wanted[] = {200, 202, 404, 200};
    for (size_t i = 0; i < 4; i++) {
        assert_true(client_reply(client, true, reply));
        assert_int_equal(reply->status, wanted[i]);
    }
    free(reply);
    client_close(client);
}

static void server__no_such_path__404(void **state)
{
    static const char *const paths[] = {"/page", "//", "/v1", "/v1/", "/v1/scans/", "/v1/scans/a1/",
        "/v1/scans/a1/retry/x", "/V1/scans", "/v1/images//report", "/healthz/", "*",
        "/a/b/c/d/e/f/g/h/i/j", "/v1/scans%2Fa1", "http://t"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_problem(get(*state, paths[i]), 404, "/openapi.yaml lists all paths");
}

static void server__wrong_method__405_with_allow(void **state)
{
    static const struct {
        const char *method, *path, *allow;
    } rows[] = {
        {"DELETE", "/v1/scans", "POST, GET, HEAD"},
        {"POST", "/healthz", "GET, HEAD"},
        {"GET", "/v1/webhooks/distribution", "POST"},
        {"HEAD", "/v1/scans/a1/retry", "POST"},
        {"OPTIONS", "/v1/images", "GET, HEAD"},
        {"get", "/healthz", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[256];
        snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: t\r\n\r\n", rows[i].method,
            rows[i].path);
        struct reply *reply = ask(*state, request);
        assert_int_equal(reply->status, 405);
        assert_header(reply, "Allow", rows[i].allow);
        if (strcmp(rows[i].method, "HEAD") == 0)
            free(reply);
        else
            assert_problem(reply, 405, rows[i].allow);
    }
}

static void server__percent_encoding__decoded_or_400(void **state)
{
    assert_body(get(*state, "/%68ealthz"), 200, "{\"status\":\"ok\"}\n");
    assert_body(get(*state, "http://any.example/healthz"), 200, "{\"status\":\"ok\"}\n");
    assert_problem(get(*state, "/v1/scans/%zz"), 400, "two hex digits");
    assert_problem(get(*state, "/v1/scans/%4"), 400, "two hex digits");
    assert_problem(get(*state, "/v1/scans/%00"), 400, "NUL");
    assert_problem(get(*state, "/v1/scans/%0a"), 400, "control character");
    assert_problem(get(*state, "/v1/scans/%ff"), 400, "UTF-8");
    assert_problem(get(*state, "/v1/scans?state=%"), 400, "query parameter \"state\"");
}

static void server__body_in_small_chunks__taken(void **state)
{
    struct client *client = client_open(*state);
    struct reply *reply = malloc(sizeof *reply);
    static const char body[] = "{\"reference\":\"localhost:5055/team/app:1\"}";
    client_puts(client, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < sizeof body - 1; i++) {
        char chunk[8];
        snprintf(chunk, sizeof chunk, "1\r\n%c\r\n", body[i]);
        client_puts(client, chunk);
        if (i % 10 == 0)
            usleep(2000); // pieces of their own on the wire
    }
    client_puts(client, "0\r\n\r\n");
    assert_true(client_reply(client, true, reply));
    assert_int_equal(reply->status, 202);
    assert_header(reply, "Location", "/v1/scans/a1");
    free(reply);
    client_close(client);
}

static void server__body_over_its_cap__413_and_the_connection_lives(void **state)
{
    struct client *client = client_open(*state);
    struct reply *reply = malloc(sizeof *reply);
    char head[256], *body = malloc(2000);
    memset(body, 'x', 2000);
    // announced
    client_puts(client, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Content-Length: 2000\r\n\r\n");
    client_send(client, body, 2000);
    assert_true(client_reply(client, true, reply));
    assert_problem(reply, 413, "1024 bytes");
    // not announced
    reply = malloc(sizeof *reply);
    client_puts(client, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        snprintf(head, sizeof head, "%x\r\n", 400);
        client_puts(client, head);
        client_send(client, body, 400);
        client_puts(client, "\r\n");
    }
    client_puts(client, "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_true(client_reply(client, true, reply));
    assert_problem(reply, 413, "1024 bytes");
    reply = malloc(sizeof *reply);
    assert_true(client_reply(client, true, reply));
    assert_body(reply, 200, "{\"status\":\"ok\"}\n");
    free(body);
    client_close(client);
}

static void server__body_of_just_the_cap__taken(void **state)
{
    char body[1025];
    memset(body, ' ', 1024);
    body[1024] = '\0';
    static const char json[] = "{\"reference\":\"localhost:5055/team/app:1\"}";
    memcpy(body, json, sizeof json - 1);
    struct reply *reply = post(*state, "/v1/scans", "application/json", body);
    assert_int_equal(reply->status, 202);
    free(reply);
}

static void server__huge_length_announced__413_before_a_byte_of_it(void **state)
{
    assert_problem(
        ask(*state, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                    "Content-Length: 9223372036854775807\r\n\r\n"),
        413, "1024 bytes");
    assert_problem(
        ask(*state, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                    "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n"),
        413, "1024 bytes");
}

static void server__endless_chunks__connection_closed(void **state)
{
    struct bench *bench = *state;
    struct client *client = client_open(bench);
    struct reply *reply = malloc(sizeof *reply);
    char *chunk = malloc(65536 + 16);
    int n = snprintf(chunk, 16, "10000\r\n");
    memset(chunk + n, 'x', 65536);
    memcpy(chunk + n + 65536, "\r\n", 2);
    client_puts(client, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 600; i++)
        client_send(client, chunk, (size_t)n + 65536 + 2);
    assert_false(client_reply(client, true, reply));
    assert_true(fake_logged(&bench->fake, "its body does not end"));
    assert_int_equal(bench->fake.push_count, 0);
    free(reply);
    free(chunk);
    client_close(client);
}

static void server__content_length_too_long_and_client_gone__nothing_is_pushed(void **state)
{
    struct bench *bench = *state;
    struct client *client = client_open(bench);
    client_puts(client, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        "Content-Length: 100\r\n\r\n{\"reference\":\"localhost:5055/team/app:1\"}");
    client_close(client);
    free(get(bench, "/healthz"));
    assert_int_equal(bench->fake.push_count, 0);
}

static void server__body_where_none_belongs__413(void **state)
{
    assert_problem(ask(*state, "GET /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}"),
        413, "takes no body");
    assert_problem(
        post(*state, "/v1/scans/a2/retry", "application/json", "{}"), 413, "takes no body");
}

static void server__content_type__415_unless_json(void **state)
{
    static const char *const bad[] = {"text/plain", "application/jsonx", "application/x-json", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_problem(post(*state, "/v1/scans", bad[i], "{}"), 415, "application/json");
    assert_problem(ask(*state, "POST /v1/scans HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n"),
        415, "application/json");
    struct reply *reply = post(*state, "/v1/scans", "Application/JSON ; charset=utf-8",
        "{\"reference\":\"localhost:5055/team/app:1\"}");
    assert_int_equal(reply->status, 202);
    free(reply);
}

static void server__long_target__refused_and_the_server_lives(void **state)
{
    char *request = malloc(70000);
    memset(request, 'a', 69999);
    memcpy(request, "GET /", 5);
    snprintf(request + 69970, 30, " HTTP/1.1\r\nHost: t\r\n\r\n");
    struct client *client = client_open(*state);
    struct reply *reply = malloc(sizeof *reply);
    client_puts(client, request);
    if (client_reply(client, true, reply))
        assert_true(reply->status == 414 || reply->status == 431);
    free(reply);
    client_close(client);
    free(request);
    assert_body(get(*state, "/healthz"), 200, "{\"status\":\"ok\"}\n");
}

static void server__refusals__logged_with_the_target_escaped(void **state)
{
    struct bench *bench = *state;
    free(post(bench, "/v1/scans", "application/json", "{\"reference\":\"other.example/a:1\"}"));
    assert_true(fake_logged(&bench->fake, "warning: POST /v1/scans answered 403, request "));
    assert_true(fake_logged(&bench->fake, "registry other.example is not allowed"));
    free(get(bench, "/v1/scans/a3"));
    assert_true(fake_logged(&bench->fake, "error: GET /v1/scans/a3 answered 503, request "));
    free(get(bench, "/\x1b[31m"));
    assert_true(fake_logged(&bench->fake, "debug: GET /\\x1b[31m answered 400"));
}

static void *slow_post(void *ctx)
{
    struct reply *reply =
        post(ctx, "/v1/scans", "application/json", "{\"reference\":\"localhost:5055/team/app:1\"}");
    return reply;
}

static void server__stop__request_under_way_is_answered(void **state)
{
    (void)state;
    struct bench *bench = malloc(sizeof *bench);
    bench_start(bench, "127.0.0.1:0");
    atomic_store(&bench->fake.slow, true);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, slow_post, bench), 0);
    while (atomic_load(&bench->fake.in_push) == 0)
        usleep(1000);
    tw_server_stop(bench->server, 10);
    struct reply *reply;
    pthread_join(thread, (void **)&reply);
    assert_int_equal(reply->status, 202);
    assert_header(reply, "Connection", "close");
    free(reply);
    pthread_mutex_destroy(&bench->fake.lock);
    free(bench);
}

static void server__stop_with_idle_connection__does_not_wait(void **state)
{
    (void)state;
    struct bench *bench = malloc(sizeof *bench);
    bench_start(bench, "127.0.0.1:0");
    struct client *client = client_open(bench);
    struct reply *reply = malloc(sizeof *reply);
    client_puts(client, "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_true(client_reply(client, true, reply));
    tw_server_stop(bench->server, 3600); // ctest's own time limit would show a wait
    assert_false(client_reply(client, true, reply));
    free(reply);
    client_close(client);
    pthread_mutex_destroy(&bench->fake.lock);
    free(bench);
}

static void server__ipv6__listens(void **state)
{
    (void)state;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        close(fd);
    if (!has_ipv6) {
        print_message("no IPv6 on this machine\n");
        skip();
    }
    struct bench *bench = malloc(sizeof *bench);
    bench_start(bench, "[::1]:0");
    struct client client = {.fd = socket(AF_INET6, SOCK_STREAM, 0)};
    a.sin6_port = htons(tw_server_port(bench->server));
    assert_int_equal(connect(client.fd, (struct sockaddr *)&a, sizeof a), 0);
    close(client.fd);
    tw_server_stop(bench->server, 1);
    pthread_mutex_destroy(&bench->fake.lock);
    free(bench);
}

static void server__bad_listen_address__says_why(void **state)
{
    struct bench *bench = *state;
    char taken[64];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", tw_server_port(bench->server));
    const struct {
        const char *listen;
        int code;
        const char *says;
    } rows[] = {
        {"8055", TW_E_USAGE, "must be ADDRESS:PORT"},
        {"127.0.0.1:", TW_E_USAGE, "must be ADDRESS:PORT"},
        {"127.0.0.1:http", TW_E_USAGE, "must be ADDRESS:PORT"},
        {"::1:8055", TW_E_USAGE, "must be ADDRESS:PORT"},
        {":8055", TW_E_USAGE, "must be ADDRESS:PORT"},
        {"[]:8055", TW_E_USAGE, "must be ADDRESS:PORT"},
        {"203.0.113.1:0", TW_E_IO, "cannot listen on 203.0.113.1:0: "},
        {taken, TW_E_IO, "Address already in use"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_server_options options = {.listen = rows[i].listen,
            .max_connections = 1,
            .idle_timeout_s = 1,
            .limits = &bench->limits,
            .service = &bench->service};
        struct tw_server *server = NULL;
        struct tw_err err = {0};
        assert_int_equal(tw_server_start(&options, &server, &err), rows[i].code);
        assert_null(server);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.msg, rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(server__get__status_headers_and_request_id),
        SERVED(server__request_id_of_the_client__kept_when_harmless),
        SERVED(server__head__headers_of_get_without_the_body),
        SERVED(server__pipelined_requests__answered_in_order),
        SERVED(server__no_such_path__404),
        SERVED(server__wrong_method__405_with_allow),
        SERVED(server__percent_encoding__decoded_or_400),
        SERVED(server__body_in_small_chunks__taken),
        SERVED(server__body_over_its_cap__413_and_the_connection_lives),
        SERVED(server__body_of_just_the_cap__taken),
        SERVED(server__huge_length_announced__413_before_a_byte_of_it),
        SERVED(server__endless_chunks__connection_closed),
        SERVED(server__content_length_too_long_and_client_gone__nothing_is_pushed),
        SERVED(server__body_where_none_belongs__413),
        SERVED(server__content_type__415_unless_json),
        SERVED(server__long_target__refused_and_the_server_lives),
        SERVED(server__refusals__logged_with_the_target_escaped),
        cmocka_unit_test(server__stop__request_under_way_is_answered),
        cmocka_unit_test(server__stop_with_idle_connection__does_not_wait),
        cmocka_unit_test(server__ipv6__listens),
        SERVED(server__bad_listen_address__says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
