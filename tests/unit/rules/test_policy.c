// The policy file, and what it makes of findings.
#include "scene.h"

#include "scanner/base/limits.h"

static struct tw_policy *read_policy(const char *text)
{
    struct tw_policy *policy = NULL;
    struct tw_err err = {0};
    if (tw_policy_read(tw_span_str(text), &tw_limits_default, &policy, &err) < 0)
        fail_msg("%s", err.msg);
    return policy;
}

static struct tw_verdict *judge(const char *policy_text, struct scene scene)
{
    struct tw_policy *policy = read_policy(policy_text);
    struct tw_verdict *verdict = NULL;
    struct stage stage;
    scene.options.policy = policy;
    scene_set(&stage, &scene);
    struct tw_judge_options options = scene_options(&scene, TW_EN);
    assert_int_equal(tw_judge(&stage.image, &options, &verdict, NULL), 0);
    tw_policy_free(policy); // the verdict owns copies
    return verdict;
}

static void file__admission__what_it_says_else_the_profile(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct tw_admission_policy expected;
    } rows[] = {
        {"name: a", {true, TW_ADMIT_WAIT, TW_ADMIT_WARN}},
        {"profile: strict", {true, TW_ADMIT_WAIT, TW_ADMIT_DENY}},
        {"profile: strict\nadmission: {unknown: allow}", {true, TW_ADMIT_WAIT, TW_ADMIT_ALLOW}},
        {"admission: {enforce: false, unscanned: deny, unknown: deny}",
            {false, TW_ADMIT_DENY, TW_ADMIT_DENY}},
        {"admission: {unscanned: allow}", {true, TW_ADMIT_ALLOW, TW_ADMIT_WARN}},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_policy *policy = read_policy(rows[i].text);
        assert_int_equal(policy->admission.enforce, rows[i].expected.enforce);
        assert_int_equal(policy->admission.unscanned, rows[i].expected.unscanned);
        assert_int_equal(policy->admission.unknown, rows[i].expected.unknown);
        tw_policy_free(policy);
    }
}

static void file__a_mistake__error_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"fail_in: high", "line 1, column 1: unknown key \"fail_in\"; did you mean fail_on?"},
        {"name: x\nfail_on: higher\n",
            "line 2, column 10: \"higher\" must be one of: critical, high, medium, low, info"},
        {"profile: lax", "line 1, column 10: \"lax\" must be one of: default, strict, declared"},
        {"incomplete: maybe", "line 1, column 13: \"maybe\" must be one of: allow, warn, deny"},
        {"severity:\n  TW999: high", "line 2, column 3: there is no rule \"TW999\""},
        {"severity:\n  godebug-fatl: high",
            "line 2, column 3: there is no rule \"godebug-fatl\"; did you mean godebug-fatal?"},
        {"severity: {TW201: loud}",
            "line 1, column 19: \"loud\" must be one of: critical, high, medium, low, info, off"},
        {"severity: {TW201: low, godebug-fatal: high}", "line 1, column 24: TW201 is there twice"},
        {"channels: [{name: a, match: {label: {t: x, t: y}}}]",
            "line 1, column 44: \"t\" is there twice"},
        {"admission: {unscanned: warn}",
            "line 1, column 24: \"warn\" must be one of: allow, wait, deny"},
        {"admission: {unknown: wait}",
            "line 1, column 22: \"wait\" must be one of: allow, warn, deny"},
        {"admission: {enforce: yes}", "line 1, column 22: \"yes\" must be one of: false, true"},
        {"admission: {enforced: true}",
            "line 1, column 13: unknown key \"enforced\"; did you mean enforce?"},
        {"severity: high", "line 1, column 11: must be a mapping of rules to severities"},
        {"name: a\nname: b", "line 2, column 1: \"name\" is there twice"},
        {"waivers:\n- rule: TW206\n  who: a\n  reason: b\n",
            "line 2, column 3: \"until\" is missing"},
        {"waivers:\n- {rule: TW206, who: a, reason: b, until: 2027-02-30}",
            "line 2, column 43: \"2027-02-30\" is no day; write it as 2027-01-31"},
        {"waivers:\n- {rule: TW206, who: a, reason: b, until: 27-02-01}",
            "line 2, column 43: \"27-02-01\" is no day; write it as 2027-01-31"},
        {"waivers:\n- {rule: TW206, who: a, reason: b, until: 2027-0---1}",
            "line 2, column 43: \"2027-0---1\" is no day; write it as 2027-01-31"},
        {"waivers: TW206", "line 1, column 10: must be a list"},
        {"channels:\n- match: {tag: x}", "line 2, column 3: \"name\" is missing"},
        {"channels:\n- {name: a, match: {repo: x}}", "line 2, column 21: unknown key \"repo\""},
        {"channels:\n- {name: a, allow: {godebug: {a: b}}}",
            "line 2, column 30: must be a text or a list of texts"},
        {"- a\n", "line 1, column 1: must be a mapping of names to values"},
        {"name: &a x\nprofile: *a", "line 1, column 7: anchors (&name) are not taken"},
        {"name: !x y", "line 1, column 7: tags (!name) are not taken"},
        {"name: a\n---\nname: b", "line 2, column 1: there must be one document only"},
        {"name: \"\"", "line 1, column 7: must be a text that is not empty"},
        {"name:", "line 1, column 6: must be a text that is not empty"},
        {"goroots: [[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]", "line 1, column 25: nested too deep"},
        {"name: \xe4\xb8\x80\nfail_on: \xff", "line 2, column 10: this is not UTF-8"},
        {"name: \xe4\xb8\x80 \xe4\xb8", "line 1, column 9: this is not UTF-8"},
        {"name: \xed\xa0\x80", "line 1, column 7: this is not UTF-8"},
        {"name: a\r\nfail_on: \xe4\xb8\x80\x1b",
            "line 2, column 11: control characters are not allowed"},
        {"\"a\\e[31m\\nred\": 1", "line 1, column 1: unknown key \"a\\x1b[31m\\x0ared\""},
        {"severity: {\"TW201\\u0007\": low}",
            "line 1, column 12: there is no rule \"TW201\\x07\"; did you mean TW201?"},
        {"fail_on: -------------------------------------\xe4\xb8\x80\xe4\xb8\x80",
            "line 1, column 10: \"-------------------------------------\xe4\xb8\x80\" must be one "
            "of: "
            "critical, high, medium, low, info"},
        {"fail_on: --------------------------------------\xe4\xb8\x80\xe4\xb8\x80",
            "line 1, column 10: \"--------------------------------------\" must be one of: "
            "critical, high, medium, low, info"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_policy *policy = NULL;
        struct tw_err err = {0};
        int r = tw_policy_read(tw_span_str(rows[i].text), &tw_limits_default, &policy, &err);
        assert_int_equal(r, TW_E_FORMAT);
        assert_string_equal(err.msg, rows[i].says);
    }
}

static void file__no_yaml_or_too_large__error(void **state)
{
    (void)state;
    struct tw_policy *policy = NULL;
    struct tw_err err = {0};
    struct tw_limits limits = tw_limits_default;
    assert_int_equal(tw_policy_read(tw_span_str("name: [a"), &limits, &policy, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "line "));
    limits.policy_bytes = 7;
    assert_int_equal(tw_policy_read(tw_span_str("name: a"), &limits, &policy, &err), 0);
    tw_policy_free(policy);
    assert_int_equal(tw_policy_read(tw_span_str("name: ab"), &limits, &policy, &err), TW_E_LIMIT);
    assert_string_equal(err.msg, "a policy has at most 7 bytes (limit policy_bytes)");
}

static void labels__more_than_a_hundred__error(void **state)
{
    (void)state;
    for (unsigned count = 100; count <= 101; count++) {
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(1 << 16);
        struct tw_policy *policy = NULL;
        struct tw_err err = {0};
        tw_buf_puts(&text, "channels: [{name: a, match: {label: {\n");
        for (unsigned i = 0; i < count; i++)
            tw_buf_printf(&text, "l%u: x,\n", i);
        tw_buf_puts(&text, "}}}]");
        int r = tw_policy_read(tw_buf_span(&text), &tw_limits_default, &policy, &err);
        assert_int_equal(r, count == 100 ? 0 : TW_E_FORMAT);
        if (r < 0)
            assert_string_equal(err.msg, "line 102, column 1: a channel has at most 100 labels");
        tw_policy_free(policy);
    }
}

static void profiles__given_and_overridden__the_file_goes_first(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tw_severity fail_on;
        enum tw_incomplete incomplete;
        bool declared;
    } rows[] = {
        {"", TW_HIGH, TW_INCOMPLETE_WARN, false},
        {"# nothing\n", TW_HIGH, TW_INCOMPLETE_WARN, false},
        {"profile: strict", TW_MEDIUM, TW_INCOMPLETE_DENY, false},
        {"fail_on: low\nprofile: strict", TW_LOW, TW_INCOMPLETE_DENY, false},
        {"profile: declared\nincomplete: allow", TW_HIGH, TW_INCOMPLETE_ALLOW, true},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_policy *policy = read_policy(rows[i].text);
        assert_int_equal(policy->fail_on, rows[i].fail_on);
        assert_int_equal(policy->incomplete, rows[i].incomplete);
        assert_int_equal(policy->declared, rows[i].declared);
        assert_int_equal(strlen(policy->fingerprint), 32);
        tw_policy_free(policy);
    }
    const struct tw_policy *profile;
    struct tw_err err = {0};
    assert_int_equal(tw_policy_of_profile("strict", &profile, &err), 0);
    assert_int_equal(tw_policy_of_profile("lax", &profile, &err), TW_E_USAGE);
    assert_string_equal(err.msg, "\"lax\" is no profile; write default, strict or declared");
}

struct row {
    const char *policy;
    struct scene scene;
    const char *rule, *severity; // severity NULL: no such finding
    enum tw_decision decision;
    const char *channel;
};

static const struct row rows[] = {
    {"", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, "TW204", "medium", TW_WARN, NULL},
    {"fail_on: medium", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, "TW204", "medium",
        TW_DENY, NULL},
    {"severity: {TW204: off}", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, "TW204", NULL,
        TW_PASS, NULL},
    {"severity: {godebug-trace: critical}", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}},
        "TW204", "critical", TW_DENY, NULL},
    // house rules
    {"profile: declared", {.release = "1.26.5", .env = {"GODEBUG="}}, "TW801", "high", TW_DENY,
        NULL},
    {"profile: declared",
        {.release = "1.26.5", .env = {"GODEBUG=", "GOEXPERIMENT=none", "GOROOT_FINAL=/x"}}, "TW801",
        NULL, TW_WARN, NULL},
    {"severity: {TW801: low}", {.release = "1.26.5"}, "TW801", "low", TW_WARN, NULL},
    {"", {.release = "1.26.5"}, "TW801", NULL, TW_PASS, NULL},
    // GOROOT
    {"goroots: [/usr/local/go, \"/usr/lib/go-1.*\"]", {.release = "1.26.5", .goroot = "/opt/go"},
        "TW107", "low", TW_WARN, NULL},
    {"goroots: \"/opt/*\"", {.release = "1.26.5", .goroot = "/opt/go"}, "TW107", NULL, TW_PASS,
        NULL},
    // channels
    {"channels: [{name: beta, match: {tag: \"*-beta\"}, allow: {experiments: fieldtrack}}]",
        {.release = "1.26.5", .experiment = "fieldtrack"}, "TW304", NULL, TW_PASS, "beta"},
    {"channels: [{name: rest, match: {tag: \"*-rc\"}, allow: {experiments: \"*\"}}]",
        {.release = "1.26.5", .experiment = "fieldtrack"}, "TW304", "medium", TW_WARN, NULL},
    {"channels:\n- {name: a, match: {repository: other/*}}\n"
     "- {name: b, match: {repository: [x, team/*]}, allow: {godebug: [gctrace]}}\n"
     "- {name: c}",
        {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, "TW204", NULL, TW_PASS, "b"},
    {"channels: [{name: prod, match: {namespace: \"prod-*\"}, fail_on: low}]",
        {.release = "1.26.5",
            .env = {"GODEBUG=gctrace=1"},
            .options = {.kube_namespace = "prod-1"}},
        "TW204", "medium", TW_DENY, "prod"},
    {"channels: [{name: prod, match: {namespace: \"prod-*\"}, fail_on: low}]",
        {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, "TW204", "medium", TW_WARN, NULL},
    {"channels: [{name: canary, match: {label: {tier: [canary, beta]}}, severity: {TW204: info}}]",
        {.release = "1.26.5",
            .env = {"GODEBUG=gctrace=1"},
            .options = {.labels = &(struct tw_label){"tier", "canary"}, .label_count = 1}},
        "TW204", "info", TW_PASS, "canary"},
    // what could not be read
    {"", {.release = "1.26.5", .incomplete = true}, "TW901", NULL, TW_WARN, NULL},
    {"incomplete: deny", {.release = "1.26.5", .incomplete = true}, "TW901", NULL, TW_DENY, NULL},
    {"incomplete: allow", {.release = "1.26.5", .incomplete = true}, "TW901", NULL, TW_PASS, NULL},
    {"incomplete: allow", {.release = "1.26.5", .incomplete = true, .layer_note = "truncated"},
        "TW901", "high", TW_PASS, NULL},
};

static void verdict__by_policy__severity_decision_and_channel(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_verdict *verdict = judge(rows[i].policy, rows[i].scene);
        const struct tw_finding *finding = scene_find(verdict, rows[i].rule);
        const char *severity = finding ? tw_severity_name(finding->severity) : NULL;
        if (!severity != !rows[i].severity ||
            (severity && strcmp(severity, rows[i].severity) != 0) ||
            verdict->decision != rows[i].decision)
            fail_msg("row %zu: %s %s, %s", i, rows[i].rule, severity ? severity : "-",
                tw_decision_name(verdict->decision));
        assert_string_equal(
            verdict->channel ? verdict->channel : "-", rows[i].channel ? rows[i].channel : "-");
        tw_verdict_free(verdict);
    }
}

#define WAIVER(more)                                                                               \
    "waivers:\n- {rule: TW205, reason: known fault, who: alice, until: 2027-01-31" more "}"

static void waiver__by_image_path_and_day__counts_no_more(void **state)
{
    (void)state;
    static const struct {
        const char *policy, *today;
        bool waived, expired;
    } cases[] = {
        {WAIVER(""), "2027-01-31", true, false},
        {WAIVER(""), NULL, true, false},
        {WAIVER(""), "2027-02-01", false, true},
        {WAIVER(", image: \"registry.example/team/*:1.4-beta\""), "2026-01-01", true, false},
        {WAIVER(", image: \"registry.example/other/*\""), "2026-01-01", false, false},
        {WAIVER(", path: \"usr/bin/*\""), "2026-01-01", true, false},
        {WAIVER(", path: \"opt/*\""), "2026-01-01", false, false},
    };
    for (size_t i = 0; i < TW_COUNT(cases); i++) {
        struct scene scene = {.release = "1.22.1",
            .env = {"GODEBUG=asyncpreemptoff=1"},
            .options = {.today = cases[i].today}};
        struct tw_verdict *verdict = judge(cases[i].policy, scene);
        const struct tw_finding *finding = scene_find(verdict, "TW205");
        assert_non_null(finding);
        assert_int_equal(finding->waiver_until != NULL, cases[i].waived);
        assert_int_equal(verdict->waived, cases[i].waived);
        assert_int_equal(verdict->counts[TW_HIGH], !cases[i].waived);
        assert_int_equal(verdict->decision, cases[i].waived ? TW_WARN : TW_DENY); // TW401 is left
        if (cases[i].waived) {
            assert_string_equal(finding->waiver_reason, "known fault");
            assert_ptr_equal(finding, &verdict->findings[verdict->finding_count - 1]);
        }
        bool expired = false;
        for (size_t e = 0; e < finding->evidence_count; e++)
            expired |= strcmp(finding->evidence[e].kind, "expired-waiver") == 0;
        assert_int_equal(expired, cases[i].expired);
        tw_verdict_free(verdict);
    }
}

static void waiver__finding_on_two_programs__path_must_fit_both(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        bool waived;
    } cases[] = {
        {WAIVER(", path: \"usr/bin/*\""), true},
        {WAIVER(", path: [usr/bin/app, usr/bin/other]"), true},
        {WAIVER(", path: usr/bin/app"), false},
        {WAIVER(", path: \"opt/*\""), false},
    };
    for (size_t i = 0; i < TW_COUNT(cases); i++) {
        struct tw_verdict *verdict = judge(cases[i].policy,
            (struct scene){
                .release = "1.22.1", .other = "1.22.1", .env = {"GODEBUG=asyncpreemptoff=1"}});
        const struct tw_finding *finding = scene_find(verdict, "TW205");
        assert_non_null(finding);
        assert_null(finding->binary);
        assert_int_equal(finding->waiver_until != NULL, cases[i].waived);
        tw_verdict_free(verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__a_mistake__error_with_line_and_column),
        cmocka_unit_test(file__admission__what_it_says_else_the_profile),
        cmocka_unit_test(file__no_yaml_or_too_large__error),
        cmocka_unit_test(labels__more_than_a_hundred__error),
        cmocka_unit_test(profiles__given_and_overridden__the_file_goes_first),
        cmocka_unit_test(verdict__by_policy__severity_decision_and_channel),
        cmocka_unit_test(waiver__by_image_path_and_day__counts_no_more),
        cmocka_unit_test(waiver__finding_on_two_programs__path_must_fit_both),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
