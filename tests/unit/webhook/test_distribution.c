#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/webhook/webhook.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"

static const char *no_header(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

static int parse_with(const struct tw_limits *limits, struct tw_span body,
    struct tw_notice **ret_notice, struct tw_err *err)
{
    const struct tw_letter delivery = {.body = body, .header = no_header};
    return tw_webhook_parse(tw_webhook_find("distribution"), &delivery, limits, ret_notice, err);
}

static struct tw_notice *parse(const char *body)
{
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    if (parse_with(&tw_limits_default, tw_span_str(body), &notice, &err) < 0)
        fail_msg("%s", err.msg);
    return notice;
}

// What a docker-registry 2.8.2 sent, all of it.
static const char captured[] =
    "{\n   \"events\": [\n      {\"id\":\"11111111-2222-4333-8444-555555555555\","
    "\"timestamp\":\"2026-01-02T03:04:05.123456789Z\",\"action\":\"push\",\n"
    "\"target\":{\"mediaType\":\"" MANIFEST "\",\"size\":345,\"digest\":\"" DIGEST
    "\",\"length\":345,\"repository\":\"team/app\",\"url\":"
    "\"http://reg.example:5000/v2/team/app/manifests/" DIGEST "\",\"tag\":\"1.0\","
    "\"references\":[{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"size\":429,"
    "\"digest\":\"" DIGEST "\"}]},\"request\":{\"id\":\"x\",\"addr\":\"10.0.0.9:35574\","
    "\"host\":\"reg.example:5000\",\"method\":\"PUT\",\"useragent\":\"skopeo/1.9.3\"},"
    "\"actor\":{\"name\":\"alice\"},\"source\":{\"addr\":\"hostname:5000\","
    "\"instanceID\":\"y\"}}]}";

static void distribution__captured_push__every_field(void **state)
{
    (void)state;
    struct tw_notice *notice = parse(captured);
    assert_int_equal(notice->push_count, 1);
    assert_int_equal(notice->ignored, 0);
    assert_int_equal(notice->malformed, 0);
    const struct tw_push *push = &notice->pushes[0];
    assert_string_equal(push->reference.registry, "reg.example:5000");
    assert_string_equal(push->reference.repository, "team/app");
    assert_string_equal(push->reference.tag, "1.0");
    assert_string_equal(push->reference.digest.text, DIGEST);
    assert_string_equal(push->requested_by, "webhook:distribution");
    assert_string_equal(push->actor, "alice");
    assert_false(push->rescan);
    tw_notice_free(notice);
}

// {action, target, request, actor}; "" for an absent one.
static const char *event(
    const char *action, const char *target, const char *request, const char *actor)
{
    static char body[4096];
    snprintf(body, sizeof body, "{\"events\":[{%s%s%s%s%s%s%s}]}", action, target[0] ? "," : "",
        target, request[0] ? "," : "", request, actor[0] ? "," : "", actor);
    return body;
}

#define PUSH "\"action\":\"push\""
#define TARGET(type, rest) "\"target\":{\"mediaType\":\"" type "\"," rest "}"
#define NAMED "\"repository\":\"team/app\",\"digest\":\"" DIGEST "\""
#define REQUEST "\"request\":{\"host\":\"reg.example\"}"

static void distribution__kinds_of_event__push_or_ignored(void **state)
{
    (void)state;
    static const struct {
        const char *action, *target, *request;
        bool is_push;
    } rows[] = {
        {PUSH, TARGET(MANIFEST, NAMED), REQUEST, true},
        {PUSH, TARGET("application/vnd.oci.image.index.v1+json", NAMED), REQUEST, true},
        {PUSH, TARGET("application/vnd.docker.distribution.manifest.v2+json", NAMED), REQUEST,
            true},
        {PUSH, TARGET("application/vnd.docker.distribution.manifest.list.v2+json", NAMED), REQUEST,
            true},
        {PUSH, TARGET("application/octet-stream", NAMED), REQUEST, false},
        {PUSH, TARGET("application/vnd.docker.image.rootfs.diff.tar.gzip", NAMED), REQUEST, false},
        {PUSH, TARGET("application/vnd.oci.image.config.v1+json", NAMED), REQUEST, false},
        {PUSH, TARGET("application/vnd.docker.distribution.manifest.v1+prettyjws", NAMED), REQUEST,
            false},
        {"\"action\":\"pull\"", TARGET(MANIFEST, NAMED), REQUEST, false},
        {"\"action\":\"mount\"", TARGET("application/octet-stream", NAMED), REQUEST, false},
        {"\"action\":\"delete\"", "\"target\":{\"repository\":\"team/app\",\"tag\":\"1\"}", REQUEST,
            false},
        {"\"action\":\"delete\"", "\"target\":{\"repository\":\"team/app\"}", "", false},
        {"\"action\":\"delete\"", "", "", false},
        {PUSH, TARGET(MANIFEST, NAMED),
            "\"request\":{\"host\":\"reg.example\",\"useragent\":\"tidewaiter/0.1.0\"}", false},
        {PUSH, TARGET(MANIFEST, NAMED),
            "\"request\":{\"host\":\"reg.example\",\"useragent\":\"tidewaiters/1\"}", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *body = event(rows[i].action, rows[i].target, rows[i].request, "");
        struct tw_notice *notice = parse(body);
        if (notice->push_count != rows[i].is_push || notice->ignored != !rows[i].is_push ||
            notice->malformed)
            fail_msg("%s: %s", body, notice->first_wrong.msg);
        tw_notice_free(notice);
    }
}

static void distribution__host__of_the_request_else_of_the_url(void **state)
{
    (void)state;
#define URL(url) TARGET(MANIFEST, NAMED ",\"url\":\"" url "\"")
    static const struct {
        const char *target, *request, *host; // host NULL: malformed
    } rows[] = {
        {URL("http://internal:5000/v2/x"), "\"request\":{\"host\":\"reg.example\"}", "reg.example"},
        {URL("http://internal:5000/v2/x"), "\"request\":{\"host\":\"\"}", "internal:5000"},
        {URL("https://[::1]:5000/v2/x"), "\"request\":{}", "[::1]:5000"},
        {URL("https://reg.example"), "", "reg.example"},
        {URL("https://reg.example?x"), "\"request\":null", "reg.example"},
        {URL("http://user:p@ss@reg.example:1/"), "", "reg.example:1"},
        {URL("http://user@/"), "", NULL},
        {URL("/v2/team/app"), "", NULL},
        {URL("http://"), "", NULL},
        {TARGET(MANIFEST, NAMED), "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_notice *notice = parse(event(PUSH, rows[i].target, rows[i].request, ""));
        assert_int_equal(notice->push_count, rows[i].host ? 1 : 0);
        if (rows[i].host)
            assert_string_equal(notice->pushes[0].reference.registry, rows[i].host);
        else
            assert_non_null(strstr(notice->first_wrong.msg, "events[0]: request.host"));
        tw_notice_free(notice);
    }
}

static void distribution__malformed_event__index_and_field(void **state)
{
    (void)state;
    static const struct {
        const char *action, *target, *request, *actor, *says;
    } rows[] = {
        {"\"x\":1", "", "", "", "action is missing"},
        {"\"action\":7", "", "", "", "action must be a string"},
        {PUSH, "", REQUEST, "", "target.mediaType is missing"},
        {PUSH, "\"target\":[]", REQUEST, "", "target must be an object"},
        {PUSH, TARGET(MANIFEST, NAMED), "\"request\":\"x\"", "", "request must be an object"},
        {PUSH, TARGET(MANIFEST, NAMED), REQUEST, "\"actor\":[]", "actor must be an object"},
        {PUSH, TARGET(MANIFEST, NAMED), REQUEST, "\"actor\":{\"name\":{}}",
            "actor.name must be a string"},
        {PUSH, TARGET(MANIFEST, NAMED), "\"request\":{\"host\":\"a b\"}", "",
            "request.host: registry \"a b\""},
        {PUSH, TARGET(MANIFEST, "\"digest\":\"" DIGEST "\""), REQUEST, "",
            "target.repository is missing"},
        {PUSH, TARGET(MANIFEST, "\"repository\":\"../x\",\"digest\":\"" DIGEST "\""), REQUEST, "",
            "target.repository: repository \"../x\""},
        {PUSH, TARGET(MANIFEST, "\"repository\":\"a\""), REQUEST, "", "target.digest is missing"},
        {PUSH, TARGET(MANIFEST, "\"repository\":\"a\",\"digest\":\"sha256:XY\""), REQUEST, "",
            "target.digest: "},
        {PUSH, TARGET(MANIFEST, NAMED ",\"tag\":\"a b\""), REQUEST, "", "target.tag: tag \"a b\""},
        {PUSH, TARGET(MANIFEST, NAMED ",\"tag\":1"), REQUEST, "", "target.tag must be a string"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *body = event(rows[i].action, rows[i].target, rows[i].request, rows[i].actor);
        struct tw_notice *notice = parse(body);
        assert_int_equal(notice->malformed, 1);
        assert_int_equal(notice->push_count, 0);
        assert_int_equal(notice->first_wrong.code, TW_E_FORMAT);
        char wanted[200];
        snprintf(wanted, sizeof wanted, "events[0]: %s", rows[i].says);
        if (strncmp(notice->first_wrong.msg, wanted, strlen(wanted)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", notice->first_wrong.msg, wanted);
        tw_notice_free(notice);
    }
}

static void distribution__several_events__good_kept_repeats_dropped_first_wrong_told(void **state)
{
    (void)state;
#define GOOD "{" PUSH "," TARGET(MANIFEST, NAMED) "," REQUEST "}"
#define TAGGED "{" PUSH "," TARGET(MANIFEST, NAMED ",\"tag\":\"1\"") "," REQUEST "}"
    struct tw_notice *notice =
        parse("{\"events\":[" GOOD ",{\"action\":\"pull\"}," GOOD ",7," TAGGED ",{}]}");
    assert_int_equal(notice->push_count, 2);
    assert_string_equal(notice->pushes[0].reference.tag, "");
    assert_null(notice->pushes[0].actor);
    assert_string_equal(notice->pushes[1].reference.tag, "1");
    assert_int_equal(notice->ignored, 2);
    assert_int_equal(notice->malformed, 2);
    assert_string_equal(notice->first_wrong.msg, "events[3]: must be an object");
    tw_notice_free(notice);
}

static void distribution__thousand_events__all_kept(void **state)
{
    (void)state;
    size_t size = 1000 * 512, n = 0;
    char *body = malloc(size);
    n += (size_t)snprintf(body, size, "{\"events\":[");
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(body + n, size - n,
            "%s{" PUSH ",\"target\":{\"mediaType\":\"" MANIFEST "\"," NAMED
            ",\"tag\":\"%d\"}," REQUEST "}",
            i ? "," : "", i);
    snprintf(body + n, size - n, "]}");
    struct tw_notice *notice = parse(body);
    assert_int_equal(notice->push_count, 1000);
    assert_string_equal(notice->pushes[999].reference.tag, "999");
    tw_notice_free(notice);
    free(body);
}

static void distribution__actor__escaped_or_left_out(void **state)
{
    (void)state;
    struct tw_notice *notice = parse(
        event(PUSH, TARGET(MANIFEST, NAMED), REQUEST, "\"actor\":{\"name\":\"a\\u001b[31m\"}"));
    assert_null(strchr(notice->pushes[0].actor, 0x1b));
    tw_notice_free(notice);
    char actor[400] = "\"actor\":{\"name\":\"";
    memset(actor + strlen(actor), 'x', 256);
    strncat(actor, "\"}", sizeof actor - strlen(actor) - 1);
    notice = parse(event(PUSH, TARGET(MANIFEST, NAMED), REQUEST, actor));
    assert_int_equal(notice->push_count, 1);
    assert_null(notice->pushes[0].actor);
    tw_notice_free(notice);
}

static void distribution__body_as_a_whole_wrong__code_and_words(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    limits.webhook_bytes = 200;
    limits.webhook_events = 2;
    limits.json_depth = 8;
    char large[300];
    memset(large, ' ', 299);
    large[299] = '\0';
    const struct {
        const char *body;
        int code;
        const char *says;
    } rows[] = {
        {"", TW_E_FORMAT, "not JSON"},
        {"{\"events\":[}", TW_E_FORMAT, "line 1"},
        {"null", TW_E_FORMAT, "array \"events\""},
        {"[{}]", TW_E_FORMAT, "array \"events\""},
        {"{\"events\":{}}", TW_E_FORMAT, "array \"events\""},
        {"{\"events\":[],\"events\":[]}", TW_E_FORMAT, "duplicate"},
        {"{\"events\":[[[[[[[[[[]]]]]]]]]]}", TW_E_LIMIT, "nested"},
        {"{\"events\":[1,2,3]}", TW_E_LIMIT, "3 events in one body, at most 2"},
        {large, TW_E_LIMIT, "299 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_notice *notice = NULL;
        struct tw_err err = {0};
        assert_int_equal(
            parse_with(&limits, tw_span_str(rows[i].body), &notice, &err), rows[i].code);
        assert_null(notice);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.msg, rows[i].says);
    }
}

// Returns the pushes, -1 for a body that is refused; nothing else may happen.
static int pushes_of(struct tw_span body)
{
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    int r = parse_with(&tw_limits_default, body, &notice, &err);
    if (r == 0) {
        assert_non_null(notice);
        assert_true(notice->push_count <= 1 && notice->malformed <= 1);
        assert_int_equal(notice->push_count + notice->ignored + notice->malformed, 1);
        int count = (int)notice->push_count;
        tw_notice_free(notice);
        return count;
    }
    assert_true(r == TW_E_FORMAT || r == TW_E_LIMIT);
    assert_null(notice);
    assert_true(err.msg[0] != '\0');
    return -1;
}

static void distribution__every_truncation__is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof captured - 1; size++) {
        char *exact = malloc(size + 1); // so that a byte too many is seen
        memcpy(exact, captured, size);
        assert_int_equal(pushes_of(tw_span_of(exact, size)), -1);
        free(exact);
    }
    assert_int_equal(pushes_of(tw_span_str(captured)), 1);
}

static void distribution__every_bit__refused_ignored_or_a_push(void **state)
{
    (void)state;
    char body[sizeof captured];
    memcpy(body, captured, sizeof body);
    for (size_t at = 0; at < (sizeof body - 1) * 8; at++) {
        body[at / 8] ^= (char)(1 << at % 8);
        (void)pushes_of(tw_span_of(body, sizeof body - 1));
        body[at / 8] ^= (char)(1 << at % 8);
    }
}

static void webhook__table__found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; tw_webhook_at(i); i++)
        assert_ptr_equal(tw_webhook_find(tw_webhook_at(i)->name), tw_webhook_at(i));
    assert_non_null(tw_webhook_find("distribution"));
    assert_null(tw_webhook_find("Distribution"));
    assert_null(tw_webhook_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distribution__captured_push__every_field),
        cmocka_unit_test(distribution__kinds_of_event__push_or_ignored),
        cmocka_unit_test(distribution__host__of_the_request_else_of_the_url),
        cmocka_unit_test(distribution__malformed_event__index_and_field),
        cmocka_unit_test(distribution__several_events__good_kept_repeats_dropped_first_wrong_told),
        cmocka_unit_test(distribution__thousand_events__all_kept),
        cmocka_unit_test(distribution__actor__escaped_or_left_out),
        cmocka_unit_test(distribution__body_as_a_whole_wrong__code_and_words),
        cmocka_unit_test(distribution__every_truncation__is_refused),
        cmocka_unit_test(distribution__every_bit__refused_ignored_or_a_push),
        cmocka_unit_test(webhook__table__found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
