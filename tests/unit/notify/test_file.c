// The file that says who is told: what is taken, and where each mistake stands.
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/notify/file.h"
#include "tests/unit/notify/fixture.h"

#define URL "https://hooks.example/canary?key=canary"
#define START "sinks:\n- name: x\n  kind: "

static int read_text(const char *text, struct tw_sinks **ret_sinks, struct tw_err *err)
{
    *err = (struct tw_err){0};
    return tw_sinks_read(tw_span_str(text), ret_sinks, err);
}

static void read__least__has_the_defaults(void **state)
{
    (void)state;
    struct tw_err err;
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
    if (read_text(START "webhook\n  url: " URL "\n", &sinks, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(sinks->count, 1);
    assert_null(sinks->link);
    const struct tw_sink *x = &sinks->items[0];
    assert_string_equal(x->name, "x");
    assert_ptr_equal(x->kind, &tw_sink_webhook);
    assert_string_equal(x->url.text, URL);
    assert_null(x->secret);
    assert_false(x->local);
    assert_int_equal(x->events, 7);
    assert_int_equal(x->min, TW_HIGH);
    assert_int_equal(x->drift_min, TW_MEDIUM);
    assert_int_equal(x->lang, TW_EN);
    assert_false(x->as_text);
    assert_int_equal(x->registries.count + x->repositories.count + x->mentions.count, 0);
}

static void read__everything__is_taken(void **state)
{
    (void)state;
    struct tw_err err;
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
    static const char text[] =
        "link: https://t.example/x//\n"
        "sinks:\n"
        "- {name: a-1, kind: dingtalk, url: '" URL "', secret: 0123456789abcdef, lang: zh,\n"
        "   events: [drift, dead-letter], min-severity: info,\n"
        "   drift-severity: low, registries: r.example,\n"
        "   repositories: [a/*, b], format: text, mentions: [all, u1], mobiles: ['138'], keyword: "
        "镜}\n"
        "- {name: b, kind: cloudevents, url: 'http://127.0.0.1:1/', local: true, source: urn:x,\n"
        "   events: findings}\n"
        "- {name: c, kind: wecom, url: '" URL
        "', format: text, mentions: ['@all'], mobiles: ['1']}\n"
        "- {name: d, kind: slack, url: '" URL "', mentions: here}\n";
    if (read_text(text, &sinks, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(sinks->link, "https://t.example/x");
    assert_int_equal(sinks->count, 4);
    const struct tw_sink *a = tw_sinks_find(sinks, "a-1"), *b = tw_sinks_find(sinks, "b");
    assert_string_equal(a->secret, "0123456789abcdef");
    assert_int_equal(a->events, 1u << TW_EVENT_DRIFT | 1u << TW_EVENT_DEAD_LETTER);
    assert_int_equal(a->min, TW_INFO);
    assert_int_equal(a->drift_min, TW_LOW);
    assert_int_equal(a->repositories.count, 2);
    assert_true(a->as_text);
    assert_string_equal(a->keyword, "镜");
    assert_true(b->local);
    assert_string_equal(b->source, "urn:x");
    assert_int_equal(b->events, 1u << TW_EVENT_FINDINGS);
    assert_null(tw_sinks_find(sinks, "nobody"));
}

static void read__mistakes__are_told_where_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "it is empty: \"sinks\" is missing"},
        {"{}", "line 1, column 1: \"sinks\" is missing"},
        {"sinks: x", "line 1, column 8: must be a list"},
        {"sinkss: []", "line 1, column 1: unknown key \"sinkss\"; did you mean sinks?"},
        {"link: ftp://x\nsinks: []", "line 1, column 7: must be an address like "
                                     "https://tidewaiter.example, without ? and #"},
        {"sinks:\n- {kind: slack, url: '" URL "'}", "line 2, column 3: \"name\" is missing"},
        {START "mail\n  url: " URL,
            "line 3, column 9: \"mail\" must be one of: webhook, cloudevents, slack, wecom, "
            "dingtalk"},
        {START "slack\n", "line 2, column 3: \"url\" is missing, or \"url-file\""},
        {START "slack\n  url: ftp://canary",
            "line 4, column 8: must be an address that starts with https:// or http://"},
        {START "slack\n  url: canary",
            "line 4, column 8: must be an address that starts with https:// or http://"},
        {START "slack\n  url: https://u:canary@h.example/",
            "line 4, column 8: user and password in an address are not taken"},
        {START "slack\n  url: http://127.0.0.1/canary",
            "line 4, column 8: this address is loopback: add local: true when it is meant"},
        {START "slack\n  url: http://[::ffff:169.254.169.254]/canary\n  local: true",
            "line 4, column 8: this address is cloud metadata: nothing is sent there"},
        {START "slack\n  url: http://0.0.0.0/canary",
            "line 4, column 8: this address is unspecified or multicast: add local: true when it "
            "is meant"},
        {START "webhook\n  url: " URL "\n  secret: canary",
            "line 5, column 11: a secret must have 16 to 1024 bytes"},
        {START "slack\n  url: " URL "\n  secret: 0123456789abcdef",
            "line 5, column 11: the kind slack has no secret"},
        {START "webhook\n  url: " URL "\n  format: text",
            "line 5, column 11: the kind webhook has no format"},
        {START "wecom\n  url: " URL "\n  mobiles: ['1']",
            "line 5, column 12: WeCom takes mobiles and @all in texts only: add format: text"},
        {START "wecom\n  url: " URL "\n  mentions: ['@all']",
            "line 5, column 13: WeCom takes mobiles and @all in texts only: add format: text"},
        {START "wecom\n  url: " URL "\n  mentions: ['<@x>']",
            "line 5, column 13: has at most 64 letters, digits and . _ @ + - for each"},
        {START "slack\n  url: " URL "\n  events: []", "line 5, column 11: no event is given"},
        {START "slack\n  url: " URL "\n  events: test",
            "line 5, column 11: \"test\" must be one of: findings, drift, dead-letter"},
        {START "slack\n  url: " URL "\n  min-severty: high",
            "line 5, column 3: unknown key \"min-severty\"; did you mean min-severity?"},
        {START "slack\n  url: " URL "\n  local: yes",
            "line 5, column 10: \"yes\" must be one of: false, true"},
        {START "cloudevents\n  url: " URL "\n  source: a b", "line 5, column 11: is no URI"},
        {"sinks:\n- name: -x\n",
            "line 2, column 9: a name has at most 40 of a to z, 0 to 9 and -, and does not start "
            "with -"},
        {START "slack\n  url: " URL "\n- name: x\n", "line 5, column 9: this name is there twice"},
        {START "slack\n  url: &a " URL, "line 4, column 8: anchors (&name) are not taken"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_err err;
        struct tw_sinks *sinks = NULL;
        assert_int_equal(read_text(rows[i].text, &sinks, &err), TW_E_FORMAT);
        assert_string_equal(err.msg, rows[i].says);
        assert_null(sinks);
        assert_null(strstr(err.msg, "canary"));
    }
}

static void read__two_addresses_or_secrets__refused(void **state)
{
    (void)state;
    struct tw_err err;
    struct tw_sinks *sinks = NULL;
    char path[] = "/tmp/tidewaiter-url-XXXXXX", text[512];
    int fd = mkstemp(path);
    assert_int_equal(write(fd, URL "\n", sizeof URL), sizeof URL);
    close(fd);
    snprintf(text, sizeof text, START "webhook\n  url-file: %s\n", path);
    if (read_text(text, &sinks, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(sinks->items[0].url.text, URL);
    tw_sinks_free(TW_TAKE(sinks));
    snprintf(text, sizeof text, START "webhook\n  url-file: %s\n  url: %s\n", path, URL);
    assert_int_equal(read_text(text, &sinks, &err), TW_E_FORMAT);
    assert_string_equal(err.msg, "line 5, column 8: there must be one address: url, or url-file");
    snprintf(text, sizeof text,
        START "webhook\n  url: " URL "\n  secret-file: %s\n  secret: 0123456789abcdef\n", path);
    assert_int_equal(read_text(text, &sinks, &err), TW_E_FORMAT);
    assert_string_equal(
        err.msg, "line 6, column 11: there must be one secret: secret, or secret-file");
    chmod(path, 0644);
    snprintf(text, sizeof text, START "webhook\n  url-file: %s\n", path);
    assert_int_equal(read_text(text, &sinks, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "everybody on this machine may read"));
    unlink(path);
    assert_int_equal(read_text(text, &sinks, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "No such file"));
}

static void read__more_sinks_than_there_may_be__refused(void **state)
{
    (void)state;
    for (int count = TW_SINKS_MAX; count <= TW_SINKS_MAX + 1; count++) {
        struct tw_err err;
        TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(16384);
        tw_buf_puts(&text, "sinks:\n");
        for (int i = 0; i < count; i++)
            tw_buf_printf(&text, "- {name: n%d, kind: slack, url: '" URL "'}\n", i);
        int r = read_text(text.data, &sinks, &err);
        assert_int_equal(r, count > TW_SINKS_MAX ? TW_E_FORMAT : 0);
        if (r < 0)
            assert_string_equal(err.msg, "line 34, column 3: there are more than 32 sinks");
    }
}

// ---- who wants what ----

static void wants__events_places_and_severities(void **state)
{
    (void)state;
    struct tw_err err;
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
    static const char text[] =
        "sinks:\n"
        "- {name: high, kind: slack, url: '" URL "'}\n"
        "- {name: low, kind: slack, url: '" URL "', min-severity: low, events: findings}\n"
        "- {name: place, kind: slack, url: '" URL
        "', registries: '*.example', repositories: t/*}\n";
    assert_int_equal(read_text(text, &sinks, &err), 0);
    const struct tw_sink *high = &sinks->items[0], *low = high + 1, *place = low + 1;
    struct tw_event_finding findings[2];
    struct tw_event event = event_of(TW_EVENT_FINDINGS, findings);
    assert_true(tw_sink_wants(low, &event));
    assert_int_equal(event.count, 2);
    assert_int_equal(event.more[TW_LOW], 3);
    assert_true(tw_sink_wants(high, &event));
    assert_int_equal(event.count, 1);
    assert_int_equal(event.more[TW_LOW], 0);
    assert_false(tw_sink_wants(place, &event));
    event.repository = "t/app";
    assert_true(tw_sink_wants(place, &event));
    event.findings[0].severity = TW_MEDIUM;
    assert_false(tw_sink_wants(high, &event));
    event = event_of(TW_EVENT_DRIFT, findings);
    assert_false(tw_sink_wants(low, &event));
    assert_true(tw_sink_wants(high, &event)); // medium and worse
    assert_int_equal(event.count, 2);
    assert_int_equal(event.more[TW_LOW], 0);
    event = event_of(TW_EVENT_DEAD_LETTER, NULL);
    assert_true(tw_sink_wants(high, &event));
    assert_false(tw_sink_wants(low, &event));
    event = event_of(TW_EVENT_TEST, NULL);
    assert_true(tw_sink_wants(place, &event));
}

// ---- what the outbox keeps ----

static void event__written_and_read__is_the_same(void **state)
{
    (void)state;
    for (int kind = 0; kind < TW_EVENT_TEST; kind++) {
        struct tw_event_finding findings[2];
        struct tw_event event = event_of((enum tw_event_kind)kind, findings), got;
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1 << 20);
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TW_EVENT_BYTES_MAX);
        TW_AUTO(tw_buf_done) struct tw_buf again = TW_BUF(TW_EVENT_BYTES_MAX);
        struct tw_err err = {0};
        assert_int_equal(tw_event_write(&event, &text, &err), 0);
        assert_int_equal(
            tw_event_read(tw_buf_span(&text), tw_event_names[kind], AT, arena, &got, &err), 0);
        assert_int_equal(got.kind, kind);
        assert_int_equal(got.at_ms, AT);
        assert_string_equal(tw_event_reference(&got, arena), "registry.example/team/app:1.4");
        assert_int_equal(tw_event_write(&got, &again, &err), 0);
        assert_string_equal(again.data, text.data);
    }
}

static void event__of_the_trigger_or_of_strangers(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *json;
        int code;
    } rows[] = {
        {"dead-letter",
            "{\"registry\":\"r\",\"repository\":\"a\",\"tag\":\"\",\"digest\":\"" DIGEST
            "\",\"scan\":\"s\",\"attempts\":2,\"error\":\"denied\",\"message\":\"m\"}",
            0},
        {"findings", "{}", 0},
        {"other", "{}", TW_E_FORMAT},
        {"findings", "{", TW_E_FORMAT},
        {"findings", "{\"findings\":[{\"rule\":\"TW201\"}]}", TW_E_FORMAT},
        {"findings", "{\"findings\":[{\"severity\":\"bad\"}]}", TW_E_FORMAT},
        {"findings", "{\"more\":{\"high\":-1}}", 0},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1 << 20);
        struct tw_event event = {.attempts = 77};
        struct tw_err err = {0};
        assert_int_equal(
            tw_event_read(tw_span_str(rows[i].json), rows[i].kind, AT, arena, &event, &err),
            rows[i].code);
        assert_int_equal(event.attempts, rows[i].code < 0 ? 77 : i == 0 ? 2 : 0);
        assert_int_equal(event.more[TW_HIGH], 0);
    }
}

int main(void)
{
    umask(077);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__least__has_the_defaults),
        cmocka_unit_test(read__everything__is_taken),
        cmocka_unit_test(read__mistakes__are_told_where_they_stand),
        cmocka_unit_test(read__two_addresses_or_secrets__refused),
        cmocka_unit_test(read__more_sinks_than_there_may_be__refused),
        cmocka_unit_test(wants__events_places_and_severities),
        cmocka_unit_test(event__written_and_read__is_the_same),
        cmocka_unit_test(event__of_the_trigger_or_of_strangers),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
