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

static void hook__malformed_event__400_names_it_after_the_good_ones_are_stored(void **state)
{
    struct bench *bench = *state;
    assert_problem(
        post(bench, HOOK, TYPE_V1, "{\"events\":[" GOOD("1") ",{\"action\":7}," GOOD("2") "]}"),
        400, "events[1]: action must be a string");
    assert_int_equal(bench->fake.push_count, 2);
    assert_problem(
        post(bench, HOOK, TYPE_V1, "{\"events\":[" EVENT("localhost:5055", "1", "sha256:00") "]}"),
        400, "events[0]: target.digest");
    assert_int_equal(bench->fake.push_count, 2);
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
        SERVED(hook__malformed_event__400_names_it_after_the_good_ones_are_stored),
        SERVED(hook__both_wrong__403_first),
        SERVED(hook__store_fails__503_so_that_the_registry_comes_again),
        SERVED(hook__bad_bodies__nothing_stored),
        SERVED(hook__unknown_sender__404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
