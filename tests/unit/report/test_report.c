// Whole reports, byte for byte: data/ holds what they must be.
#include "fixture.h"

#include <jansson.h>
#include <stdlib.h>

static void write_report(const char *format, const struct tw_report_set *set,
    const struct tw_report_style *style, struct tw_buf *out)
{
    struct tw_err err = {0};
    const struct tw_report_format *row = tw_report_format_find(format);
    assert_non_null(row);
    assert_int_equal(row->write(set, style, out, &err), 0);
}

static struct tw_report fixture_report = {&fixture_image, &fixture_verdict};
static const struct tw_report_set one = {.reports = &fixture_report, .count = 1};

// ---- the table ----

static void formats__by_name_and_in_order__all(void **state)
{
    (void)state;
    assert_string_equal(tw_report_format_at(0)->name, "text");
    assert_string_equal(tw_report_format_at(1)->name, "json");
    assert_string_equal(tw_report_format_at(2)->name, "sarif");
    assert_string_equal(tw_report_format_at(3)->name, "junit");
    assert_string_equal(tw_report_format_at(4)->name, "cyclonedx");
    assert_null(tw_report_format_at(5));
    assert_string_equal(tw_report_format_find("json")->media_type, "application/json");
    assert_null(tw_report_format_find("JSON"));
    assert_null(tw_report_format_find(""));
}

// ---- text ----

static void text__a_bit_of_everything__as_in_the_file(void **state)
{
    (void)state;
    struct tw_report_style style = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &one, &style, &out);
    expect_no_controls(&out);
    expect_file(&out, "report.txt");
    assert_int_equal(strncmp(out.data, "DENY  reg.example/team/app:1.4", 30), 0);
}

static void text__in_chinese__as_in_the_file(void **state)
{
    (void)state;
    struct tw_report_style style = {.lang = TW_ZH, .width = 60};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &one, &style, &out);
    expect_no_controls(&out);
    expect_file(&out, "report-zh.txt");
}

static void text__colour__only_when_asked_and_always_ended(void **state)
{
    (void)state;
    struct tw_report_style style = {.colour = true};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &one, &style, &out);
    // Every escape is one of ours, and each ink ends before the next begins.
    bool inked = false;
    size_t inks = 0;
    for (const char *at = out.data; (at = strchr(at, '\033')); at++) {
        bool ends = strncmp(at, "\033[0m", 4) == 0;
        assert_true(at[1] == '[' && at[2 + strspn(at + 2, "0123456789;")] == 'm');
        assert_true(ends == inked);
        inked = !ends;
        inks++;
    }
    assert_false(inked);
    assert_true(inks > 10);
}

static void text__clean_image__says_so_in_a_few_lines(void **state)
{
    (void)state;
    struct tw_image_inventory image = {.status = TW_COMPLETE};
    struct tw_verdict verdict = {.policy = "default", .decision = TW_PASS};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1, .reference = "dir:rootfs"};
    struct tw_report_style style = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &set, &style, &out);
    assert_string_equal(out.data, "PASS  dir:rootfs\n"
                                  "      nothing to say against it; everything was looked at\n"
                                  "\n"
                                  "Go programs\n"
                                  "  none\n");
}

static void text__very_long_values__only_their_beginning(void **state)
{
    (void)state;
    static char value[100001];
    memset(value, 'x', sizeof value - 1);
    struct tw_env_var env[] = {{"GODEBUG", value, NULL, -1}};
    struct tw_image_inventory image = {.env = env, .env_count = 1};
    struct tw_verdict verdict = {.policy = "default", .decision = TW_PASS};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    struct tw_report_style style = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &set, &style, &out);
    assert_true(out.size < 1000);
    assert_non_null(strstr(out.data, "(100000 bytes)"));
}

static void text__hundreds_of_findings__the_worst_and_a_number(void **state)
{
    (void)state;
    static struct tw_finding findings[300];
    for (size_t i = 0; i < TW_COUNT(findings); i++) {
        findings[i] = fixture_findings[3];
        findings[i].severity = i < 40 ? TW_HIGH : i < 60 ? TW_MEDIUM : TW_LOW;
        findings[i].binary = i % 2 ? "a" : "b";
    }
    struct tw_verdict verdict = fixture_verdict;
    verdict.findings = findings;
    verdict.finding_count = TW_COUNT(findings);
    struct tw_report report = {&fixture_image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    struct tw_report_style style = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("text", &set, &style, &out);
    size_t shown = 0;
    for (const char *at = out.data; (at = strstr(at, "TW904")); at++)
        shown++;
    assert_int_equal(shown, 50);
    assert_non_null(
        strstr(out.data, "and 250 more findings, none worse than medium (--format json has all)"));
}

static void text__buffer_full__limit(void **state)
{
    (void)state;
    struct tw_report_style style = {0};
    for (size_t row = 0; tw_report_format_at(row); row++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(200);
        struct tw_err err = {0};
        assert_int_equal(tw_report_format_at(row)->write(&one, &style, &out, &err), TW_E_LIMIT);
        assert_int_equal(err.code, TW_E_LIMIT);
    }
}

// ---- JSON ----

static void json__a_bit_of_everything__as_in_the_file(void **state)
{
    (void)state;
    struct tw_report_style style = {.colour = true, .width = 40}; // JSON has no style
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    TW_AUTO(tw_buf_done) struct tw_buf again = TW_BUF(1 << 20);
    write_report("json", &one, &style, &out);
    write_report("json", &one, &style, &again);
    assert_string_equal(out.data, again.data);
    mask(&out, "\"version\": \"");
    mask(&out, "\"facts\": \"");
    expect_file(&out, "report.json");
    for (size_t i = 0; i < out.size; i++)
        assert_true(
            out.data[i] == '\n' || ((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7F));
    assert_null(strstr(out.data, "\xc2\x9b"));
    json_t *json = json_loads(out.data, 0, NULL);
    assert_non_null(json);
    // The other form of a character is the same character.
    const char *flags = NULL, *path = NULL;
    json_t *env[2];
    assert_int_equal(json_unpack(json, "{s:[o,o,{s:s}], s:[{s:s}]}", "environment", &env[0],
                         &env[1], "value", &flags, "go_binaries", "path", &path),
        0);
    assert_string_equal(flags, TRICKS);
    assert_string_equal(path, "opt/" TRICKS); // opt/packed is not Go: not in a report
    json_decref(json);
}

static void json__of_an_index__one_report_a_platform(void **state)
{
    (void)state;
    struct tw_image_inventory failed = {
        .status = TW_FAILED, .os = "linux", .architecture = "s390x"};
    struct tw_verdict verdict = {.policy = "default", .decision = TW_DENY};
    struct tw_report reports[] = {fixture_report, {&failed, &verdict}};
    struct tw_report_set set = {
        .reports = reports,
        .count = 2,
        .index_media_type = "application/vnd.oci.image.index.v1+json",
        .reference = "reg.example/team/app:1.4",
    };
    assert_int_equal(tw_digest_of("index", 5, &set.index_digest), 0);
    struct tw_report_style style = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_report("json", &set, &style, &out);
    json_t *json = json_loads(out.data, 0, NULL);
    const char *schema, *digest, *child, *status, *os;
    json_t *first, *image_digest, *created;
    assert_int_equal(json_unpack(json, "{s:s, s:s, s:[o, {s:s, s:{s:o, s:o, s:{s:s}}, s:{s:s}}]}",
                         "schema", &schema, "digest", &digest, "reports", &first, "schema", &child,
                         "image", "digest", &image_digest, "created", &created, "platform", "os",
                         &os, "completeness", "status", &status),
        0);
    assert_string_equal(schema, "tidewaiter.index/v1");
    assert_string_equal(digest, set.index_digest.text);
    assert_string_equal(child, "tidewaiter.report/v1");
    assert_string_equal(status, "failed");
    assert_true(json_is_null(image_digest) && json_is_null(created)); // unknown is null
    // The child is the same report as alone.
    TW_AUTO(tw_buf_done) struct tw_buf alone = TW_BUF(1 << 20);
    write_report("json", &one, &style, &alone);
    json_t *same = json_loads(alone.data, 0, NULL);
    assert_true(json_equal(first, same));
    json_decref(same);
    json_decref(json);
}

static void json__several_without_an_index__internal(void **state)
{
    (void)state;
    struct tw_report reports[] = {fixture_report, fixture_report};
    struct tw_report_set set = {.reports = reports, .count = 2};
    struct tw_report_style style = {0};
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    assert_int_equal(tw_report_format_find("json")->write(&set, &style, &out, &err), TW_E_INTERNAL);
}

// ---- inspect ----

static struct tw_gobin fixture_records[3];
static struct tw_file fixture_file = {
    .path = "./" TRICKS, .size_bytes = 14231552, .records = fixture_records, .record_count = 3};

static void fill_records(void)
{
    fixture_records[0] = fixture_app;
    fixture_records[1] = fixture_range;
    fixture_records[2] = fixture_upx;
    assert_int_equal(tw_digest_of("", 0, &fixture_file.sha256), 0);
}

static void inspect__text__as_in_the_file(void **state)
{
    (void)state;
    fill_records();
    struct tw_report_style style = {0};
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    assert_int_equal(tw_inspect_write_text(&fixture_file, &style, &out, &err), 0);
    expect_no_controls(&out);
    expect_file(&out, "inspect.txt");
}

static void inspect__json__one_object_a_line(void **state)
{
    (void)state;
    fill_records();
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    assert_int_equal(tw_inspect_write_json(&fixture_file, &out, &err), 0);
    expect_file(&out, "inspect.jsonl");
    size_t lines = 0;
    for (const char *line = out.data; *line; line = strchr(line, '\n') + 1, lines++) {
        json_t *json = json_loadb(line, strcspn(line, "\n"), 0, NULL);
        assert_true(json_is_object(json));
        json_decref(json);
    }
    assert_int_equal(lines, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats__by_name_and_in_order__all),
        cmocka_unit_test(text__a_bit_of_everything__as_in_the_file),
        cmocka_unit_test(text__in_chinese__as_in_the_file),
        cmocka_unit_test(text__colour__only_when_asked_and_always_ended),
        cmocka_unit_test(text__clean_image__says_so_in_a_few_lines),
        cmocka_unit_test(text__very_long_values__only_their_beginning),
        cmocka_unit_test(text__hundreds_of_findings__the_worst_and_a_number),
        cmocka_unit_test(text__buffer_full__limit),
        cmocka_unit_test(json__a_bit_of_everything__as_in_the_file),
        cmocka_unit_test(json__of_an_index__one_report_a_platform),
        cmocka_unit_test(json__several_without_an_index__internal),
        cmocka_unit_test(inspect__text__as_in_the_file),
        cmocka_unit_test(inspect__json__one_object_a_line),
    };
    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
