// Each sink's body, byte for byte: data/KIND.EVENT.LANG.json.
#include "daemon/notify/file.h"
#include "tests/unit/notify/fixture.h"

static const struct {
    enum tw_event_kind kind;
    const char *name;
} kinds[] = {
    {TW_EVENT_FINDINGS, "findings"},
    {TW_EVENT_DRIFT, "drift"},
    {TW_EVENT_DEAD_LETTER, "dead-letter"},
    {TW_EVENT_TEST, "test"},
};

static void expect_all(const struct tw_sink *sink, const char *variant)
{
    for (size_t i = 0; i < TW_COUNT(kinds); i++) {
        struct tw_event_finding findings[2];
        struct tw_event event = event_of(kinds[i].kind, findings);
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
        char name[128];
        render(sink, &event, 1, "https://tidewaiter.example", &out);
        snprintf(name, sizeof name, "%s%s.%s.%s.json", sink->kind->name, variant, kinds[i].name,
            sink->lang == TW_ZH ? "zh" : "en");
        expect_file(name, &out);
    }
}

static void render__each_kind_and_language__is_the_expected_file(void **state)
{
    (void)state;
    for (size_t i = 0; tw_sink_kind_at(i); i++) {
        for (int lang = 0; lang < TW_LANG_COUNT; lang++) {
            struct tw_sink sink = {
                .name = "x", .kind = tw_sink_kind_at(i), .lang = (enum tw_lang)lang};
            expect_all(&sink, "");
        }
    }
}

static void render__as_text__is_the_expected_file(void **state)
{
    (void)state;
    const struct tw_sink_kind *robots[] = {&tw_sink_wecom, &tw_sink_dingtalk};
    const char *people[] = {"13800000000"};
    for (size_t i = 0; i < TW_COUNT(robots); i++) {
        struct tw_sink sink = {.name = "x",
            .kind = robots[i],
            .lang = TW_ZH,
            .as_text = true,
            .mobiles = {people, 1},
            .keyword = robots[i] == &tw_sink_dingtalk ? "镜像" : NULL};
        expect_all(&sink, "-text");
    }
}

static void render__many__is_one_message_worst_first(void **state)
{
    (void)state;
    struct tw_event_finding findings[4];
    struct tw_event events[] = {event_of(TW_EVENT_DRIFT, findings),
        event_of(TW_EVENT_DEAD_LETTER, NULL), event_of(TW_EVENT_FINDINGS, findings + 2)};
    findings[0].severity = TW_LOW;
    for (size_t i = 0; tw_sink_kind_at(i); i++) {
        const struct tw_sink_kind *kind = tw_sink_kind_at(i);
        for (int lang = 0; kind->merges && lang < TW_LANG_COUNT; lang++) {
            struct tw_sink sink = {.name = "x", .kind = kind, .lang = (enum tw_lang)lang};
            TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
            char name[128];
            render(&sink, events, TW_COUNT(events), NULL, &out);
            snprintf(name, sizeof name, "%s.digest.%s.json", kind->name, lang ? "zh" : "en");
            expect_file(name, &out);
        }
    }
}

// ---- what does not fit ----

// However long the findings are: never past the limit, and never much below it while something
// is left out.
static void expect_within(const struct tw_sink *sink, size_t max_bytes, const char *first,
    const char *second, const char *says_more)
{
    struct events *events = calloc(1, sizeof *events);
    bool was_cut = false, was_whole = false;
    for (size_t count = 1; count <= 60; count++) {
        for (size_t bytes = 0; bytes <= 90; bytes += 30) {
            struct tw_event event = large_event(events, count, bytes);
            TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
            render(sink, &event, 1, NULL, &out);
            TW_AUTO(tw_freep) char *text = text_at(&out, first, second);
            size_t size = sink->kind == &tw_sink_dingtalk ? out.size : strlen(text);
            bool is_cut = strstr(text, says_more) != NULL;
            assert_true(size <= max_bytes);
            assert_true(
                !is_cut || size > max_bytes - 700); // a line's length, and what is kept free
            was_cut |= is_cut;
            was_whole |= !is_cut;
        }
    }
    assert_true(was_cut || sink->kind == &tw_sink_dingtalk);
    assert_true(was_whole);
    free(events);
}

static void render__wecom__stays_below_its_bytes(void **state)
{
    (void)state;
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_wecom, .lang = TW_ZH};
    expect_within(&sink, 4096, "markdown", "content", "另有");
    sink.as_text = true;
    expect_within(&sink, 2048, "text", "content", "另有");
}

static void render__dingtalk__stays_below_its_bytes(void **state)
{
    (void)state;
    struct events *events = calloc(1, sizeof *events);
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_dingtalk, .lang = TW_ZH, .keyword = "镜"};
    expect_within(&sink, 20000, "markdown", "text", "另有");
    struct tw_event event = large_event(events, TW_EVENT_FINDINGS_MAX, 390);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    render(&sink, &event, 1, NULL, &out);
    assert_in_range(out.size, 20000 - 700, 20000);
    TW_AUTO(tw_freep) char *text = text_at(&out, "markdown", "text");
    assert_non_null(strstr(text, "另有"));
    assert_string_equal(text + strlen(text) - 3, "镜");
    free(events);
}

// The size of a message at which one byte more of the heading makes it drop its last line.
static void render__at_the_limit_and_one_past__whole_and_cut(void **state)
{
    (void)state;
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_wecom, .lang = TW_EN};
    struct tw_event_finding findings[2];
    struct tw_event event = event_of(TW_EVENT_FINDINGS, findings);
    const struct tw_dispatch dispatch = {.id = "x", .events = &event, .count = 1};
    memset(event.more, 0, sizeof event.more);
    TW_AUTO(tw_buf_done) struct tw_buf whole = TW_BUF(8192);
    TW_AUTO(tw_buf_done) struct tw_buf same = TW_BUF(8192);
    TW_AUTO(tw_buf_done) struct tw_buf less = TW_BUF(8192);
    assert_int_equal(tw_message_text(&tw_markup_plain, &sink, &dispatch, 8192, &whole, NULL), 0);
    size_t line = 1; // its last line feed is not in the text, but must fit
    assert_int_equal(
        tw_message_text(&tw_markup_plain, &sink, &dispatch, whole.size + line, &same, NULL), 0);
    assert_string_equal(same.data, whole.data);
    assert_int_equal(
        tw_message_text(&tw_markup_plain, &sink, &dispatch, whole.size, &less, NULL), 0);
    assert_null(strstr(less.data, "TW204"));
    assert_string_equal(less.data + less.size - strlen("and 1 more; the report has all"),
        "and 1 more; the report has all");
}

static void render__slack__fifty_blocks_of_three_thousand(void **state)
{
    (void)state;
    struct events *events = calloc(1, sizeof *events);
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_slack, .lang = TW_ZH};
    for (size_t i = 0; i < TW_COUNT(events->items); i++) {
        events->items[i] = event_of(TW_EVENT_DRIFT, events->findings);
        events->items[i].repository = // 500 bytes a line
            "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
            "67"
            "89012345678901234567890123456789012345678901234567890123456789012345678901234567890123"
            "45"
            "678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
    }
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(4 << 20);
    render(&sink, events->items, TW_COUNT(events->items), NULL, &out);
    TW_AUTO(tw_json_decrefp) json_t *root = NULL;
    assert_int_equal(
        tw_json_parse(tw_buf_span(&out), (struct tw_json_caps){out.size, 16, 10000}, &root, NULL),
        0);
    const json_t *blocks = json_object_get(root, "blocks");
    size_t count = json_array_size(blocks);
    assert_in_range(count, 20, 50);
    for (size_t i = 1; i < count; i++) {
        const char *text =
            tw_json_string(json_object_get(json_array_get(blocks, i), "text"), "text");
        assert_in_range(strlen(text), 1, 3000);
    }
    free(events);
}

static void render__heading_longer_than_all__is_cut_between_characters(void **state)
{
    (void)state;
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_wecom, .lang = TW_ZH};
    struct tw_event_finding findings[2];
    struct tw_event event = event_of(TW_EVENT_FINDINGS, findings);
    const struct tw_dispatch dispatch = {.id = "x", .events = &event, .count = 1};
    for (size_t max = 1; max < 260; max++) {
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(8192);
        assert_int_equal(tw_message_text(&tw_markup_plain, &sink, &dispatch, max, &text, NULL), 0);
        assert_true(text.size <= max);
        assert_true(text.size == 0 || tw_text_is_utf8(tw_buf_span(&text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(render__each_kind_and_language__is_the_expected_file),
        cmocka_unit_test(render__as_text__is_the_expected_file),
        cmocka_unit_test(render__many__is_one_message_worst_first),
        cmocka_unit_test(render__wecom__stays_below_its_bytes),
        cmocka_unit_test(render__dingtalk__stays_below_its_bytes),
        cmocka_unit_test(render__at_the_limit_and_one_past__whole_and_cut),
        cmocka_unit_test(render__slack__fifty_blocks_of_three_thousand),
        cmocka_unit_test(render__heading_longer_than_all__is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
