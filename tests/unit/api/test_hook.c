#include "fake.h"

#define TYPE_V1 "application/vnd.docker.distribution.events.v1+json"
#define TYPE_V2 "application/vnd.docker.distribution.events.v2+json"
#define HOOK "/v1/webhooks/distribution"

#define EVENT(host, tag, digest)                                                                   \
    "{\"action\":\"push\",\"target\":{\"mediaType\":"                                              \
    "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" digest                          \
    "\",\"repository\":\"team/app\",\"tag\":\"" tag "\"},\"request\":{\"host\":\"" host            \
    "\",\"useragent\":\"skopeo/1.9.3\"},\"actor\":{\"name\":\"alice\"}}"
#define PULL                                                                                       \
    "{\"action\":\"pull\",\"target\":{\"repository\":\"team/app\"},\"request\":{\"host\":"         \
    "\"localhost:5055\"}}"
#define GOOD(tag) EVENT("localhost:5055", tag, DIGEST)

static void hook__pushes__stored_and_counted(void **state)
{
    struct bench *bench = *state;
    assert_body(post(bench, HOOK, TYPE_V1,
                    "{\"events\":[" GOOD("1") "," PULL "," GOOD("1") "," GOOD("2") "]}"),
        200, "{\"accepted\":2,\"ignored\":2}\n");
    assert_int_equal(bench->fake.push_count, 2);
    assert_string_equal(bench->fake.pushes[0].reference.tag, "1");
    assert_string_equal(bench->fake.pushes[0].requested_by, "webhook:distribution");
    assert_string_equal(bench->fake.actors[0], "alice");
    assert_false(bench->fake.pushes[0].rescan);
    assert_string_equal(bench->fake.pushes[1].reference.tag, "2");
}

static void hook__content_types__those_of_the_sender(void **state)
{
    static const char body[] = "{\"events\":[]}";
    assert_body(post(*state, HOOK, TYPE_V1, body), 200, "{\"accepted\":0,\"ignored\":0}\n");
    assert_body(post(*state, HOOK, TYPE_V2, body), 200, "{\"accepted\":0,\"ignored\":0}\n");
    assert_body(
        post(*state, HOOK, "application/json", body), 200, "{\"accepted\":0,\"ignored\":0}\n");
    assert_problem(post(*state, HOOK, "text/plain", body), 415, TYPE_V1);
}

static void hook__registry_not_allowed__403_after_the_good_ones_are_stored(void **state)
{
    struct bench *bench = *state;
    struct reply *reply = post(bench, HOOK, TYPE_V1,
        "{\"events\":[" EVENT("other.example", "1", DIGEST) "," GOOD("1") "]}");
    assert_problem(reply, 403,
        "registry other.example is not allowed; add it to the setting registries (1 other pushes "
        "of this body were accepted)");
    assert_int_equal(bench->fake.push_count, 1);
    assert_true(fake_logged(&bench->fake, "answered 403"));
}

// docker-registry would send it for ever, and nothing else behind it (facts/webhooks.md, 1).
static void hook__malformed_event_of_a_registry_that_blocks__told_in_200_and_in_the_log(
    void **state)
{
    struct bench *bench = *state;
    assert_body(
        post(bench, HOOK, TYPE_V1, "{\"events\":[" GOOD("1") ",{\"action\":7}," GOOD("2") "]}"),
        200,
        "{\"accepted\":2,\"ignored\":0,\"unusable\":1,\"reason\":"
        "\"events[1]: action must be a string\"}\n");
    assert_int_equal(bench->fake.push_count, 2);
    assert_true(fake_logged(&bench->fake, "warning: POST /v1/webhooks/distribution answered 200"));
    assert_true(
        fake_logged(&bench->fake, "webhook:distribution: 1 events cannot be used: events[1]: "
                                  "action must be a string"));
    struct reply *reply =
        post(bench, HOOK, TYPE_V1, "{\"events\":[" EVENT("localhost:5055", "1", "sha256:00") "]}");
    assert_int_equal(reply->status, 200);
    assert_non_null(strstr(reply->body, "events[0]: target.digest"));
    free(reply);
    assert_int_equal(bench->fake.push_count, 2);
}

#define HUB(repository, tag)                                                                       \
    "{\"push_data\":{\"tag\":" tag "},\"repository\":{\"repo_name\":\"" repository "\"}}"
#define HUB_HERE "/v1/webhooks/docker-hub?registry=localhost:5055"

static void hook__sender_that_shows_refusals__400_and_403(void **state)
{
    struct bench *bench = *state;
    assert_problem(
        post(bench, HUB_HERE, "application/json", HUB("team/app", "7")), 400, "push_data.tag");
    assert_problem(
        post(bench, "/v1/webhooks/docker-hub", "application/json", HUB("team/app", "\"1\"")), 403,
        "registry docker.io is not allowed");
    assert_body(post(bench, HUB_HERE, "application/json", HUB("team/app", "\"1\"")), 200,
        "{\"accepted\":1,\"ignored\":0}\n");
    assert_string_equal(bench->fake.pushes[0].requested_by, "webhook:docker-hub");
}

#define QUAY(host, tags) "{\"docker_url\":\"" host "/team/app\",\"updated_tags\":" tags "}"

static void hook__sender_that_is_harmed__always_200_with_the_reason(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *body, *wanted;
    } rows[] = {
        {QUAY("localhost:5055", "[\"1\",\"a b\"]"),
            "{\"accepted\":1,\"ignored\":0,\"unusable\":1,\"reason\":\"updated_tags[1]: "},
        {QUAY("other.example", "[\"1\",\"2\"]"),
            "{\"accepted\":0,\"ignored\":0,\"unusable\":2,\"reason\":\"registry other.example is "
            "not allowed"},
        {"{\"x\":1}",
            "{\"accepted\":0,\"ignored\":0,\"unusable\":1,\"reason\":\"the body must be "},
        {"<html>", "{\"accepted\":0,\"ignored\":0,\"unusable\":1,\"reason\":\"not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply *reply = post(bench, "/v1/webhooks/quay", "application/json", rows[i].body);
        if (reply->status != 200 || strncmp(reply->body, rows[i].wanted, strlen(rows[i].wanted)))
            fail_msg("%d %s", reply->status, reply->body);
        free(reply);
    }
    bench->fake.push_code = TW_E_STORE; // a 200 is a promise, to this one too
    assert_problem(
        post(bench, "/v1/webhooks/quay", "application/json", QUAY("localhost:5055", "[\"1\"]")),
        503, "no room");
}

static void hook__handshake_of_event_grid__its_code_and_nothing_else(void **state)
{
    assert_body(post(*state, "/v1/webhooks/auto", "application/json",
                    "[{\"eventType\":\"Microsoft.EventGrid.SubscriptionValidationEvent\",\"data\":{"
                    "\"validationCode\":\"a-b-c\",\"validationUrl\":\"http://localhost:1/\"}}]"),
        200, "{\"validationResponse\":\"a-b-c\"}\n");
}

static void hook__registry_of_the_query__checked_and_decoded(void **state)
{
    struct bench *bench = *state;
    static const char body[] = "{\"events\":[" EVENT("internal", "1", DIGEST) "]}";
    assert_problem(post(bench, HOOK "?registry=a%20b", TYPE_V1, body), 400,
        "query parameter \"registry\": registry \"a b\"");
    assert_problem(post(bench, HOOK "?registry=%7Bx%7D", TYPE_V1, body), 400, "only {host}");
    assert_body(post(bench, HOOK "?registry=localhost%3A5055/%7Bhost%7D", TYPE_V1, body), 200,
        "{\"accepted\":1,\"ignored\":0}\n");
    assert_string_equal(bench->fake.pushes[0].reference.repository, "internal/team/app");
}

// A web page can send a form to a daemon that is open to its own machine, but no header.
static void hook__auto_form_without_a_header__nobodys(void **state)
{
    struct bench *bench = *state;
    assert_problem(post(bench, "/v1/webhooks/auto", "application/x-www-form-urlencoded",
                       "payload=" QUAY("localhost:5055", "[\"1\"]")),
        400, "not known");
    assert_problem(post(bench, "/v1/webhooks/github", "application/x-www-form-urlencoded",
                       "payload={\"action\":\"published\"}"),
        400, "X-GitHub-Event");
    assert_problem(post(bench, "/v1/webhooks/quay", "application/x-www-form-urlencoded",
                       "payload=" QUAY("localhost:5055", "[\"1\"]")),
        415, "application/json");
    assert_int_equal(bench->fake.push_count, 0);
}

static void hook__no_content_type__taken_from_google_only(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *name;
        int status;
    } rows[] = {{"google", 200}, {"quay", 415}, {"distribution", 415}, {"auto", 415}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[256];
        static const char body[] = "{\"action\":\"DELETE\"}";
        snprintf(request, sizeof request,
            "POST /v1/webhooks/%s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n%s",
            rows[i].name, strlen(body), body);
        struct reply *reply = ask(bench, request);
        assert_int_equal(reply->status, rows[i].status);
        free(reply);
    }
}

static void hook__metrics__events_of_each_sender(void **state)
{
    struct bench *bench = *state;
    free(post(bench, HOOK, TYPE_V1, "{\"events\":[" GOOD("1") "," PULL ",7]}"));
    free(post(bench, "/v1/webhooks/auto", "application/json", QUAY("localhost:5055", "[\"1\"]")));
    struct reply *reply = get(bench, "/metrics");
    static const char *const lines[] = {
        "{sender=\"distribution\",outcome=\"queued\"} 1\n",
        "{sender=\"distribution\",outcome=\"ignored\"} 1\n",
        "{sender=\"distribution\",outcome=\"malformed\"} 1\n",
        "{sender=\"quay\",outcome=\"queued\"} 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(reply->body, lines[i]));
    free(reply);
}

static void hook__both_wrong__403_first(void **state)
{
    assert_problem(
        post(*state, HOOK, TYPE_V1, "{\"events\":[7," EVENT("other.example", "1", DIGEST) "]}"),
        403, "registry other.example");
}

static void hook__store_fails__503_so_that_the_registry_comes_again(void **state)
{
    struct bench *bench = *state;
    static const int codes[] = {TW_E_STORE, TW_E_UNAVAILABLE, TW_E_NOMEM};
    for (size_t i = 0; i < 3; i++) {
        bench->fake.push_code = codes[i];
        bench->fake.retry_after_s = codes[i] == TW_E_UNAVAILABLE ? 30 : 0;
        struct reply *reply = post(bench, HOOK, TYPE_V1,
            "{\"events\":[{\"action\":7}," GOOD("1") "," EVENT("other.example", "1", DIGEST) "]}");
        assert_header(reply, "Retry-After", codes[i] == TW_E_UNAVAILABLE ? "30" : "5");
        assert_problem(reply, 503, "no room");
    }
}

static void hook__bad_bodies__nothing_stored(void **state)
{
    struct bench *bench = *state;
    assert_problem(post(bench, HOOK, TYPE_V1, ""), 400, "not JSON");
    assert_problem(post(bench, HOOK, TYPE_V1, "{}"), 400, "array \"events\"");
    assert_problem(post(bench, HOOK, TYPE_V1, "[]"), 400, "array \"events\"");
    assert_problem(post(bench, HOOK, TYPE_V1, "{\"events\":[],\"events\":[]}"), 400, "duplicate");
    char *large = malloc(70000);
    memset(large, ' ', 69999);
    large[69999] = '\0';
    assert_problem(post(bench, HOOK, TYPE_V1, large), 413, "65536 bytes");
    free(large);
    bench->limits.webhook_events = 1;
    assert_problem(post(bench, HOOK, TYPE_V1, "{\"events\":[" PULL "," PULL "]}"), 413,
        "limit webhook_events");
    assert_int_equal(bench->fake.push_count, 0);
}

static void hook__unknown_sender__404(void **state)
{
    assert_problem(
        post(*state, "/v1/webhooks/nobody", TYPE_V1, "{}"), 404, "no webhook for \"nobody\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(hook__pushes__stored_and_counted),
        SERVED(hook__content_types__those_of_the_sender),
        SERVED(hook__registry_not_allowed__403_after_the_good_ones_are_stored),
        SERVED(hook__malformed_event_of_a_registry_that_blocks__told_in_200_and_in_the_log),
        SERVED(hook__sender_that_shows_refusals__400_and_403),
        SERVED(hook__sender_that_is_harmed__always_200_with_the_reason),
        SERVED(hook__handshake_of_event_grid__its_code_and_nothing_else),
        SERVED(hook__registry_of_the_query__checked_and_decoded),
        SERVED(hook__auto_form_without_a_header__nobodys),
        SERVED(hook__no_content_type__taken_from_google_only),
        SERVED(hook__metrics__events_of_each_sender),
        SERVED(hook__both_wrong__403_first),
        SERVED(hook__store_fails__503_so_that_the_registry_comes_again),
        SERVED(hook__bad_bodies__nothing_stored),
        SERVED(hook__unknown_sender__404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
