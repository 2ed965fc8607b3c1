// The formats that machines read. The published schemas are held against them by
// tests/system/test_formats.py; here is what they say, and what hostile images do to them.
#include "fixture.h"

#include <jansson.h>

static struct tw_report fixture_report = {&fixture_image, &fixture_verdict};
static const struct tw_report_set one = {.reports = &fixture_report, .count = 1};
static const char *const formats[] = {"sarif", "junit", "cyclonedx"};

static void write_set(const char *format, const struct tw_report_set *set, struct tw_buf *out)
{
    struct tw_report_style style = {0};
    struct tw_err err = {0};
    assert_int_equal(tw_report_format_find(format)->write(set, &style, out, &err), 0);
}

static json_t *written(const char *format, const struct tw_report_set *set)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(64 << 20);
    write_set(format, set, &out);
    json_t *json = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

// The value at a path of keys and indices, "runs/0/results".
static json_t *at(json_t *json, const char *path)
{
    while (*path) {
        char key[80];
        size_t size = strcspn(path, "/");
        snprintf(key, sizeof key, "%.*s", (int)size, path);
        json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(key, NULL, 10))
                                   : json_object_get(json, key);
        path += size + (path[size] == '/');
    }
    return json;
}

static const char *text_at(json_t *json, const char *path)
{
    const char *text = json_string_value(at(json, path));
    assert_non_null(text);
    return text;
}

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

// Makes the tool's version a dash wherever it is a whole text.
static void mask_version(struct tw_buf *out)
{
    static const char version[] = "\"" TW_VERSION "\"";
    for (char *hit; (hit = strstr(out->data, version));) {
        char *end = hit + sizeof version - 1;
        memcpy(hit, "\"-\"", 3);
        memmove(hit + 3, end, out->size - (size_t)(end - out->data) + 1);
        out->size -= sizeof version - 1 - 3;
    }
}

// ---- all of them ----

static void formats__a_bit_of_everything__as_in_the_files(void **state)
{
    (void)state;
    static const char *const files[] = {"report.sarif.json", "report.junit.xml", "report.cdx.json"};
    for (size_t i = 0; i < TW_COUNT(formats); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
        TW_AUTO(tw_buf_done) struct tw_buf again = TW_BUF(1 << 20);
        write_set(formats[i], &one, &out);
        write_set(formats[i], &one, &again);
        assert_string_equal(out.data, again.data);
        for (size_t k = 0; k < out.size; k++)
            assert_true(out.data[k] == '\n' || (unsigned char)out.data[k] >= 0x20);
        mask_version(&out);
        if (strcmp(formats[i], "cyclonedx") == 0)
            mask(&out, "\"serialNumber\": \"");
        expect_file(&out, files[i]);
    }
}

static void formats__empty_image__nothing_is_missing(void **state)
{
    (void)state;
    struct tw_image_inventory image = {.status = TW_COMPLETE};
    struct tw_verdict verdict = {.policy = "default", .fail_on = TW_HIGH};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_t *sarif = written("sarif", &set);
    assert_true(json_is_array(at(sarif, "runs/0/results")));
    assert_int_equal(json_array_size(at(sarif, "runs/0/results")), 0);
    assert_string_equal(text_at(sarif, "runs/0/automationDetails/id"), "tidewaiter/image/");
    json_decref(sarif);
    json_t *bom = written("cyclonedx", &set);
    assert_int_equal(json_array_size(at(bom, "components")), 0);
    assert_string_equal(text_at(bom, "metadata/component/name"), "image");
    json_decref(bom);
    TW_AUTO(tw_buf_done) struct tw_buf junit = TW_BUF(1 << 20);
    write_set("junit", &set, &junit);
    assert_non_null(strstr(junit.data, "tests=\"2\" failures=\"0\" errors=\"0\""));
    assert_non_null(strstr(junit.data, "name=\"no-findings\""));
}

static void formats__hostile_texts_everywhere__written_all_the_same(void **state)
{
    (void)state;
    static const char bad[] = "]]>\"'<&\x01\x1b]0;x\x07\r\n\xef\xbf\xbe\xe2\x80\xae?#@=>%";
    struct tw_module replace = {.path = bad, .version = bad, .sum = bad};
    struct tw_module modules[] = {{.path = bad, .version = bad, .sum = bad, .replace = &replace},
        {.path = bad}, {.path = ""}};
    struct tw_setting settings[] = {{"DefaultGODEBUG", bad}, {"DefaultGODEBUG", "=,,=x,"}};
    struct tw_gobin bin = fixture_app;
    bin.main_path = bin.main_version = bin.go.version = bad;
    bin.main_module = &replace;
    bin.modules = modules;
    bin.module_count = TW_COUNT(modules);
    bin.settings = settings;
    bin.setting_count = TW_COUNT(settings);
    const char *aliases[] = {bad, ""};
    struct tw_image_binary binary = {
        .path = bad, .aliases = aliases, .alias_count = 2, .layer = bad, .bin = &bin};
    struct tw_completeness_note note = {bad, bad, bad, bad, true};
    struct tw_evidence evidence = {.kind = "binary", .path = bad};
    struct tw_finding findings[] = {fixture_findings[0], fixture_findings[1]};
    for (size_t i = 0; i < TW_COUNT(findings); i++) {
        findings[i].title = findings[i].message = findings[i].remediation = bad;
        findings[i].binary = i ? NULL : bad;
        findings[i].evidence = &evidence;
        findings[i].evidence_count = 1;
    }
    struct tw_verdict verdict = {.policy = bad, .findings = findings, .finding_count = 2};
    struct tw_image_inventory image = {.reference = bad,
        .registry = bad,
        .repository = bad,
        .tag = bad,
        .os = bad,
        .architecture = bad,
        .variant = bad,
        .binaries = &binary,
        .binary_count = 1,
        .status = TW_PARTIAL,
        .notes = &note,
        .note_count = 1};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_decref(written("sarif", &set));
    json_decref(written("cyclonedx", &set));
    TW_AUTO(tw_buf_done) struct tw_buf junit = TW_BUF(1 << 20);
    write_set("junit", &set, &junit);
    for (size_t i = 0; i < junit.size; i++)
        assert_true(junit.data[i] == '\n' || (unsigned char)junit.data[i] >= 0x20);
    assert_null(strstr(junit.data, "]]>"));
    assert_null(strstr(junit.data, "\xef\xbf\xbe"));
}

static void formats__several_platforms__each_has_its_own_name(void **state)
{
    (void)state;
    struct tw_image_inventory arm = fixture_image, failed = {.status = TW_FAILED};
    arm.architecture = "arm64";
    arm.variant = "v8";
    struct tw_verdict none = {.policy = "default", .fail_on = TW_HIGH, .decision = TW_PASS};
    struct tw_report reports[] = {
        fixture_report, {&arm, &fixture_verdict}, {&fixture_image, &none}, {&failed, &none}};
    struct tw_report_set set = {.reports = reports, .count = 4, .reference = "reg.example/x"};
    assert_int_equal(tw_digest_of("index", 5, &set.index_digest), 0);
    static const char *const ids[] = {"tidewaiter/reg.example/team/app/linux/amd64/",
        "tidewaiter/reg.example/team/app/linux/arm64/v8/",
        "tidewaiter/reg.example/team/app/linux/amd64/2/", "tidewaiter/image/"};
    json_t *sarif = written("sarif", &set);
    for (size_t i = 0; i < TW_COUNT(ids); i++) {
        json_t *run = json_array_get(at(sarif, "runs"), i);
        assert_string_equal(text_at(run, "automationDetails/id"), ids[i]);
        assert_int_equal(json_is_true(at(run, "invocations/0/executionSuccessful")), i != 3);
    }
    json_decref(sarif);
    TW_AUTO(tw_buf_done) struct tw_buf junit = TW_BUF(1 << 20);
    write_set("junit", &set, &junit);
    assert_int_equal(times(junit.data, "<testsuite "), 4);
    assert_int_equal(times(junit.data, "<error "), 4); // the fixture is partial, the last failed
    assert_non_null(strstr(junit.data, "name=\"reg.example/team/app:1.4 linux/amd64 (2)\""));
    json_t *bom = written("cyclonedx", &set);
    assert_string_equal(text_at(bom, "metadata/component/version"), set.index_digest.text);
    size_t containers = 0, libraries = 0, i;
    json_t *component;
    json_array_foreach(at(bom, "components"), i, component)
    {
        containers += strcmp(text_at(component, "type"), "container") == 0;
        libraries += strcmp(text_at(component, "type"), "library") == 0;
    }
    assert_int_equal(containers, 4);
    assert_int_equal(libraries, 4); // two modules, the standard library of a known and unknown Go
    json_decref(bom);
}

// ---- SARIF ----

static void sarif__more_findings_than_github_takes__the_worst_and_a_notification(void **state)
{
    (void)state;
    enum { MANY = 25003 };
    struct tw_finding *findings = calloc(MANY, sizeof *findings);
    assert_non_null(findings);
    for (size_t i = 0; i < MANY; i++) {
        findings[i] = fixture_findings[i < 3 ? 0 : 3];
        findings[i].severity = i < 3 ? TW_CRITICAL : i < 25000 ? TW_MEDIUM : TW_LOW;
    }
    struct tw_verdict verdict = {.policy = "default", .findings = findings, .finding_count = MANY};
    struct tw_image_inventory image = {.status = TW_COMPLETE};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_t *sarif = written("sarif", &set);
    assert_int_equal(json_array_size(at(sarif, "runs/0/results")), 25000);
    assert_int_equal(json_array_size(at(sarif, "runs/0/tool/driver/rules")), 2);
    assert_string_equal(text_at(sarif, "runs/0/results/24999/level"), "warning");
    assert_string_equal(
        text_at(sarif, "runs/0/invocations/0/toolExecutionNotifications/0/message/text"),
        "and 3 more findings, none worse than low");
    json_decref(sarif);
    free(findings);
}

static void sarif__severity_of_a_rule__its_worst_finding(void **state)
{
    (void)state;
    struct tw_finding findings[] = {fixture_findings[0], fixture_findings[0], fixture_findings[4]};
    findings[0].severity = TW_HIGH;
    findings[1].severity = TW_LOW;
    struct tw_verdict verdict = {.policy = "default", .findings = findings, .finding_count = 3};
    struct tw_report report = {&fixture_image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_t *sarif = written("sarif", &set);
    assert_string_equal(
        text_at(sarif, "runs/0/tool/driver/rules/0/properties/security-severity"), "8.0");
    assert_null(at(sarif, "runs/0/tool/driver/rules/1/properties/security-severity")); // info
    assert_string_equal(text_at(sarif, "runs/0/results/0/level"), "error");
    assert_string_equal(text_at(sarif, "runs/0/results/1/level"), "note");
    json_decref(sarif);
}

static void sarif__digest_and_tag_change__same_fingerprints_and_category(void **state)
{
    (void)state;
    struct tw_image_inventory rebuilt = fixture_image;
    assert_int_equal(tw_digest_of("other", 5, &rebuilt.digest), 0);
    rebuilt.tag = "1.5";
    rebuilt.reference = "reg.example/team/app:1.5";
    struct tw_report report = {&rebuilt, &fixture_verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_t *a = written("sarif", &one), *b = written("sarif", &set);
    static const char *const same[] = {"runs/0/automationDetails/id",
        "runs/0/results/0/partialFingerprints/primaryLocationLineHash",
        "runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"};
    for (size_t i = 0; i < TW_COUNT(same); i++)
        assert_string_equal(text_at(a, same[i]), text_at(b, same[i]));
    json_decref(a);
    json_decref(b);
}

// ---- JUnit ----

static void junit__findings_of_one_rule_and_program__one_case(void **state)
{
    (void)state;
    struct tw_finding findings[] = {
        fixture_findings[0], fixture_findings[2], fixture_findings[0], fixture_findings[0]};
    findings[2].severity = TW_LOW;
    findings[3].severity = TW_LOW;
    findings[3].binary = "image"; // a program of that name is not the image
    struct tw_verdict verdict = {.policy = "default",
        .fail_on = TW_HIGH,
        .decision = TW_DENY,
        .findings = findings,
        .finding_count = 4};
    struct tw_image_inventory image = {.status = TW_COMPLETE};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_set("junit", &set, &out);
    assert_non_null(strstr(out.data, "tests=\"4\" failures=\"1\" errors=\"0\""));
    assert_int_equal(times(out.data, "classname=\"/usr/bin/app\" name=\"TW201 godebug-fatal\""), 1);
    assert_int_equal(times(out.data, "classname=\"/image\" name=\"TW201 godebug-fatal\""), 1);
    assert_int_equal(times(out.data, "<failure "), 1);
    assert_int_equal(times(out.data, "<system-out>"), 2);
    assert_null(strstr(out.data, "no-findings"));
}

static void junit__fail_on__decides_what_fails(void **state)
{
    (void)state;
    static const size_t failures[] = {
        [TW_INFO] = 5, [TW_LOW] = 4, [TW_MEDIUM] = 4, [TW_HIGH] = 2, [TW_CRITICAL] = 1};
    for (size_t s = 0; s < TW_COUNT(failures); s++) {
        struct tw_verdict verdict = fixture_verdict;
        verdict.fail_on = (enum tw_severity)s;
        struct tw_report report = {&fixture_image, &verdict};
        struct tw_report_set set = {.reports = &report, .count = 1};
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
        write_set("junit", &set, &out);
        assert_int_equal(times(out.data, "<failure "), failures[s]);
    }
}

static void formats__waived_findings__skipped_and_suppressed(void **state)
{
    (void)state;
    struct tw_finding findings[] = {fixture_findings[0], fixture_findings[0], fixture_findings[1]};
    for (size_t i = 1; i < TW_COUNT(findings); i++) {
        findings[i].waiver_reason = "known <1>";
        findings[i].waiver_who = "team & co";
        findings[i].waiver_until = "2027-01-01";
    }
    struct tw_verdict verdict = {.policy = "default",
        .fail_on = TW_HIGH,
        .decision = TW_DENY,
        .waived = 2,
        .findings = findings,
        .finding_count = 3};
    struct tw_image_inventory image = {.status = TW_COMPLETE};
    struct tw_report report = {&image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_set("junit", &set, &out);
    assert_int_equal(times(out.data, "<failure "), 1); // one of its two is not waived
    assert_int_equal(times(out.data, "<skipped>"), 1);
    assert_non_null(strstr(out.data, "failures=\"1\" errors=\"0\" skipped=\"1\""));
    assert_int_equal(
        times(out.data, "waived by team &#38; co until 2027-01-01: known &#60;1&#62;"), 2);
    json_t *sarif = written("sarif", &set);
    assert_int_equal(json_array_size(at(sarif, "runs/0/results/0/suppressions")), 0);
    assert_true(json_is_array(at(sarif, "runs/0/results/0/suppressions")));
    assert_string_equal(text_at(sarif, "runs/0/results/2/suppressions/0/justification"),
        "known <1> (team & co, until 2027-01-01)");
    json_decref(sarif);
}

static void junit__policy_that_lets_incomplete_pass__no_failure(void **state)
{
    (void)state;
    struct tw_verdict verdict = fixture_verdict;
    verdict.findings = &fixture_findings[1]; // TW901, high
    verdict.finding_count = 1;
    verdict.decision = TW_PASS;
    struct tw_report report = {&fixture_image, &verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_set("junit", &set, &out);
    assert_int_equal(times(out.data, "<failure "), 0);
    assert_int_equal(times(out.data, "<system-out>"), 1);
}

// ---- CycloneDX ----

static void cyclonedx__serial_number__of_the_content(void **state)
{
    (void)state;
    struct tw_image_inventory other = fixture_image;
    assert_int_equal(tw_digest_of("other", 5, &other.digest), 0);
    struct tw_report report = {&other, &fixture_verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    json_t *a = written("cyclonedx", &one), *b = written("cyclonedx", &set);
    const char *serial = text_at(a, "serialNumber");
    assert_int_equal(strlen(serial), strlen("urn:uuid:01234567-0123-8123-8123-0123456789ab"));
    assert_int_equal(serial[9 + 14], '8');           // version
    assert_non_null(strchr("89ab", serial[9 + 19])); // variant
    assert_string_not_equal(serial, text_at(b, "serialNumber"));
    json_decref(a);
    json_decref(b);
}

static void cyclonedx__settings_that_may_hold_secrets__left_out(void **state)
{
    (void)state;
    struct tw_setting settings[] = {{"-ldflags", "-X main.token=hunter2"},
        {"CGO_CFLAGS", "-DTOKEN=hunter2"}, {"-gcflags", "hunter2"}, {"CGO_ENABLED", "1"},
        {"DefaultGODEBUG", "a=1,b=2"}};
    struct tw_gobin bin = fixture_app;
    bin.settings = settings;
    bin.setting_count = TW_COUNT(settings);
    struct tw_image_binary binary = {.path = "app", .bin = &bin};
    struct tw_image_inventory image = {.binaries = &binary, .binary_count = 1};
    struct tw_report report = {&image, &fixture_verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_set("cyclonedx", &set, &out);
    assert_null(strstr(out.data, "hunter2"));
    assert_int_equal(times(out.data, "tidewaiter:setting:"), 1);
    assert_non_null(strstr(out.data, "\"tidewaiter:godebug:a\""));
    assert_non_null(strstr(out.data, "\"tidewaiter:godebug:b\""));
}

static void cyclonedx__several_without_an_index__internal(void **state)
{
    (void)state;
    struct tw_report reports[] = {fixture_report, fixture_report};
    struct tw_report_set set = {.reports = reports, .count = 2};
    struct tw_report_style style = {0};
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    assert_int_equal(
        tw_report_format_find("cyclonedx")->write(&set, &style, &out, &err), TW_E_INTERNAL);
}

static void cyclonedx__records_of_one_file__references_differ(void **state)
{
    (void)state;
    struct tw_image_binary binaries[] = {
        {.path = "app", .bin = &fixture_app}, {.path = "app", .bin = &fixture_app}};
    struct tw_image_inventory image = {.binaries = binaries, .binary_count = 2};
    struct tw_report report = {&image, &fixture_verdict};
    struct tw_report_set set = {.reports = &report, .count = 1};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    write_set("cyclonedx", &set, &out);
    assert_int_equal(times(out.data, "\"bom-ref\": \"image-1/app\""), 1);
    assert_int_equal(times(out.data, "\"bom-ref\": \"image-1.2/app\""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats__a_bit_of_everything__as_in_the_files),
        cmocka_unit_test(formats__empty_image__nothing_is_missing),
        cmocka_unit_test(formats__hostile_texts_everywhere__written_all_the_same),
        cmocka_unit_test(formats__several_platforms__each_has_its_own_name),
        cmocka_unit_test(sarif__more_findings_than_github_takes__the_worst_and_a_notification),
        cmocka_unit_test(sarif__severity_of_a_rule__its_worst_finding),
        cmocka_unit_test(sarif__digest_and_tag_change__same_fingerprints_and_category),
        cmocka_unit_test(junit__findings_of_one_rule_and_program__one_case),
        cmocka_unit_test(junit__fail_on__decides_what_fails),
        cmocka_unit_test(formats__waived_findings__skipped_and_suppressed),
        cmocka_unit_test(junit__policy_that_lets_incomplete_pass__no_failure),
        cmocka_unit_test(cyclonedx__serial_number__of_the_content),
        cmocka_unit_test(cyclonedx__settings_that_may_hold_secrets__left_out),
        cmocka_unit_test(cyclonedx__several_without_an_index__internal),
        cmocka_unit_test(cyclonedx__records_of_one_file__references_differ),
    };
    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
