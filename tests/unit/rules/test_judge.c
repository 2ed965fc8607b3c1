// Which finding follows from which setting on which Go version: one row a case.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "scanner/rules/verdict.h"

enum { VALUES_MAX = 4 };

struct scene {
    const char *release;             // of the one program, usr/bin/app; NULL: version unknown
    const char *env[VALUES_MAX];     // "NAME=value"
    const char *setting[VALUES_MAX]; // "-ldflags=..."
    const char *links[VALUES_MAX];   // sorted
    const char *experiment;
    const char *toolchain; // at usr/local/go
    bool incomplete;
};

struct stage {
    struct tw_gobin bin;
    struct tw_image_binary binary;
    struct tw_image_inventory image;
    struct tw_env_var env[VALUES_MAX];
    struct tw_setting settings[VALUES_MAX];
    struct tw_toolchain toolchain;
    char texts[2 * VALUES_MAX][256];
};

// "name=value" split in place.
static void split(char *text, const char *pair, const char **ret_name, const char **ret_value)
{
    size_t n = strcspn(pair, "=");
    memcpy(text, pair, strlen(pair) + 1);
    text[n] = '\0';
    *ret_name = text;
    *ret_value = text + n + 1;
}

static void set(struct stage *s, const struct scene *scene)
{
    memset(s, 0, sizeof *s);
    s->bin = (struct tw_gobin){.format = TW_FORMAT_ELF,
        .os = "linux",
        .arch = "amd64",
        .is_go = true,
        .functions_known = true};
    s->bin.go.release = scene->release;
    s->bin.go.version = scene->release;
    if (scene->experiment) {
        s->bin.go.experiments = (const char **)&scene->experiment;
        s->bin.go.experiment_count = 1;
    }
    s->bin.links = (const char **)scene->links;
    s->bin.settings = s->settings;
    s->image.env = s->env;
    for (size_t i = 0; i < VALUES_MAX; i++) {
        s->bin.link_count += scene->links[i] != NULL;
        if (scene->env[i])
            split(s->texts[i], scene->env[i], &s->env[i].name, &s->env[i].value);
        s->image.env_count += scene->env[i] != NULL;
        if (scene->setting[i])
            split(s->texts[VALUES_MAX + i], scene->setting[i], &s->settings[i].key,
                &s->settings[i].value);
        s->bin.setting_count += scene->setting[i] != NULL;
    }
    s->binary = (struct tw_image_binary){.path = "usr/bin/app", .bin = &s->bin};
    s->toolchain = (struct tw_toolchain){.root = "usr/local/go", .version = scene->toolchain};
    s->image.binaries = &s->binary;
    s->image.binary_count = 1;
    s->image.toolchains = &s->toolchain;
    s->image.toolchain_count = scene->toolchain != NULL;
    s->image.os = "linux";
    s->image.architecture = "amd64";
    s->image.status = scene->incomplete ? TW_PARTIAL : TW_COMPLETE;
}

static const struct tw_finding *find(const struct tw_verdict *verdict, const char *id)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        if (strcmp(verdict->findings[i].rule->id, id) == 0)
            return &verdict->findings[i];
    }
    return NULL;
}

// `severity` NULL: the rule must be silent. Otherwise `says` must stand in the message.
struct row {
    const char *rule, *severity, *says;
    struct scene scene;
};

static const struct row rows[] = {
    // GOROOT
    {"TW101", "low", "no compiled Go program reads it",
        {.release = "1.26.5", .env = {"GOROOT_FINAL=/usr/local/go"}}},
    {"TW101", NULL, NULL, {.release = "1.26.5", .env = {"GOROOT=/usr/local/go"}}},
    {"TW101", "low", "from Go 1.23 on none",
        {.release = "1.19.8", .env = {"GOROOT_FINAL=/x"}, .toolchain = "go1.19.8"}},
    {"TW104", "low", "no Go version has that variable",
        {.release = "1.22.1", .setting = {"-ldflags=-s -X runtime.gorootFinal=/x"}}},
    {"TW104", NULL, NULL,
        {.release = "1.22.1", .setting = {"-ldflags=-X runtime.defaultGOROOT=/x"}}},
    {"TW105", "medium", "no Go toolchain at /opt/go",
        {.release = "1.22.1", .env = {"GOROOT=/opt/go"}}},
    {"TW105", NULL, NULL,
        {.release = "1.22.1", .env = {"GOROOT=/usr/local/go/"}, .toolchain = "go1.22.1"}},
    {"TW105", NULL, NULL, {.release = "1.22.1", .env = {"GOROOT=/opt/go"}, .incomplete = true}},
    // GODEBUG that stops the program
    {"TW201", "critical", "asynctimerchan=1",
        {.release = "1.27.0", .env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", NULL, NULL, {.release = "1.27.0", .env = {"GODEBUG=asynctimerchan=0"}}},
    {"TW201", NULL, NULL, {.env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", "critical", "cgocheck=2", {.release = "1.21.0", .env = {"GODEBUG=cgocheck=2"}}},
    {"TW201", NULL, NULL, {.release = "1.20.5", .env = {"GODEBUG=cgocheck=2"}}},
    // GODEBUG that does nothing
    {"TW202", "low", "no Go release ever had a key \"mmap\"",
        {.release = "1.26.5", .env = {"GODEBUG=mmap=1"}}},
    {"TW202", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW203", "low", "is what go1.26.5 does anyway",
        {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=0"}}},
    {"TW203", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=1"}}},
    {"TW203", "low", "GCTRACE", {.release = "1.26.5", .env = {"GODEBUG=GCTRACE=1"}}},
    // tracing, harm
    {"TW204", "medium", "gctrace=1", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1,gctrace=0"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=0"}}},
    {"TW204", "medium", "http2debug=1",
        {.release = "1.26.5", .env = {"GODEBUG=http2debug=1"}, .links = {"net/http"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=http2debug=1"}}},
    {"TW205", "high", "gcstoptheworld=1",
        {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=1"}}},
    {"TW205", "high", "asyncpreemptoff=1",
        {.release = "1.22.1", .env = {"GODEBUG=asyncpreemptoff=1"}}},
    {"TW206", "high", "tls10server=1",
        {.release = "1.22.1", .env = {"GODEBUG=tls10server=1"}, .links = {"crypto/tls"}}},
    {"TW206", NULL, NULL, {.release = "1.22.1", .env = {"GODEBUG=tls10server=1"}}},
    {"TW206", NULL, NULL,
        {.release = "1.21.1", .env = {"GODEBUG=tls10server=1"}, .links = {"crypto/tls"}}},
    {"TW207", "medium", "http2server=0",
        {.release = "1.22.1", .env = {"GODEBUG=http2server=0"}, .links = {"net/http"}}},
    {"TW207", NULL, NULL, {.release = "1.22.1", .env = {"GODEBUG=http2server=0"}}},
    {"TW208", "medium", "go1.27", {.release = "1.26.5", .env = {"GODEBUG=asynctimerchan=1"}}},
    // GOEXPERIMENT
    {"TW301", "low", "changes nothing at run time",
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}}},
    {"TW301", NULL, NULL,
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}, .toolchain = "go1.26.5"}},
    {"TW301", NULL, NULL,
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}, .incomplete = true}},
    {"TW302", "low", "set but empty", {.release = "1.26.5", .env = {"GOEXPERIMENT="}}},
    {"TW302", NULL, NULL, {.release = "1.26.5", .env = {"GOEXPERIMENT=none"}}},
    {"TW304", "medium", "fieldtrack", {.release = "1.26.5", .experiment = "fieldtrack"}},
    {"TW304", NULL, NULL, {.release = "1.26.5", .experiment = "nogreenteagc"}},
    // releases and builds
    {"TW401", "medium", "go1.19 ended on 2023-08-08", {.release = "1.19.8"}},
    {"TW401", NULL, NULL, {.release = "1.27.4"}},
    {"TW401", NULL, NULL, {.release = NULL}},
    {"TW402", "medium", "test version", {.release = "1.27rc1"}},
    {"TW402", NULL, NULL, {.release = "1.27.0"}},
    {"TW403", "high", "-race", {.release = "1.26.5", .setting = {"-race=true"}}},
    {"TW403", "high", "all=-N -l", {.release = "1.26.5", .setting = {"-gcflags=all=-N -l"}}},
    {"TW403", NULL, NULL, {.release = "1.26.5", .setting = {"-gcflags=-lang=go1.20"}}},
    // the environment of the process
    {"TW501", "critical", "Write GOMEMLIMIT=10GiB",
        {.release = "1.19.8", .env = {"GOMEMLIMIT=10GB"}}},
    {"TW501", NULL, NULL, {.release = "1.18.10", .env = {"GOMEMLIMIT=10GB"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=10GiB"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=off"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=10GB", "GOMEMLIMIT=1GiB"}}},
    {"TW501", NULL, NULL, {.env = {"GOMEMLIMIT=10GB"}}},
    {"TW502", "low", "silently uses 100", {.release = "1.26.5", .env = {"GOGC=50%"}}},
    {"TW502", NULL, NULL, {.release = "1.26.5", .env = {"GOGC=off"}}},
    {"TW502", "low", "GOMAXPROCS=0", {.release = "1.26.5", .env = {"GOMAXPROCS=0"}}},
    {"TW502", "low", "counts as all", {.release = "1.26.5", .env = {"GOTRACEBACK=full"}}},
    {"TW502", NULL, NULL, {.release = "1.26.5", .env = {"GOTRACEBACK=crash"}}},
    {"TW503", "low", "GOFLAGS, GOPROXY",
        {.release = "1.26.5", .env = {"GOFLAGS=-mod=mod", "GOPROXY=off"}}},
    {"TW503", NULL, NULL,
        {.release = "1.26.5", .env = {"GOFLAGS=-mod=mod"}, .toolchain = "go1.26.5"}},
};

// Prints what is wrong with the finding of a row; the rest of the rows are still looked at.
static bool is_wrong(size_t i, const struct tw_finding *finding)
{
    const struct row *row = &rows[i];
    if (!row->severity && !finding)
        return false;
    if (!row->severity || !finding) {
        print_error("row %zu: %s should %s: %s\n", i, row->rule,
            row->severity ? "speak" : "be silent", finding ? finding->message : "");
        return true;
    }
    if (strcmp(tw_severity_name(finding->severity), row->severity) == 0 &&
        strstr(finding->message, row->says) && !strpbrk(finding->message, "{?"))
        return false;
    print_error("row %zu: %s (%s) says: %s\n", i, row->rule, tw_severity_name(finding->severity),
        finding->message);
    return true;
}

static void judge__each_setting_on_its_go_version__says_what_happens_there(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage stage;
        TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
        set(&stage, &rows[i].scene);
        assert_int_equal(
            tw_judge(&stage.image,
                &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_EN}, &verdict,
                NULL),
            0);
        wrong += is_wrong(i, find(verdict, rows[i].rule));
    }
    assert_int_equal(wrong, 0);
}

static void judge__all_rows_in_chinese__no_name_is_left_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage stage;
        TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
        set(&stage, &rows[i].scene);
        assert_int_equal(
            tw_judge(&stage.image,
                &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_ZH}, &verdict,
                NULL),
            0);
        for (size_t j = 0; j < verdict->finding_count; j++) {
            assert_null(strpbrk(verdict->findings[j].message, "{?"));
        }
    }
}

static void catalogue__rows__are_in_order_and_whole(void **state)
{
    (void)state;
    const struct tw_rule *rule, *before = NULL;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++) {
        assert_true(!before || strcmp(before->id, rule->id) < 0);
        assert_ptr_equal(tw_rule_find(rule->id), rule);
        assert_ptr_equal(tw_rule_find(rule->name), rule);
        assert_non_null(rule->sources[0]);
        for (int lang = 0; lang < TW_LANG_COUNT; lang++) {
            const struct tw_rule_text *t = &rule->text[lang];
            const char *const fields[] = {t->title, t->what, t->why, t->see, t->now, t->for_good};
            for (size_t f = 0; f < TW_COUNT(fields); f++)
                assert_true(fields[f] && *fields[f]);
        }
        before = rule;
    }
}

static void judge__twice__same_findings_worst_first(void **state)
{
    (void)state;
    static const struct scene scene = {.release = "1.19.8",
        .env = {"GOMEMLIMIT=2GB", "GODEBUG=gctrace=1,mmap=1", "GOROOT_FINAL=/x", "GOEXPERIMENT="}};
    struct stage stage;
    TW_AUTO(tw_verdict_freep) struct tw_verdict *a = NULL, *b = NULL;
    set(&stage, &scene);
    assert_int_equal(
        tw_judge(&stage.image,
            &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_EN}, &a, NULL),
        0);
    assert_int_equal(
        tw_judge(&stage.image,
            &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_EN}, &b, NULL),
        0);
    assert_int_equal(a->decision, TW_DENY);
    assert_int_equal(a->finding_count, b->finding_count);
    assert_string_equal(a->findings[0].rule->id, "TW501");
    for (size_t i = 0; i < a->finding_count; i++) {
        assert_true(i == 0 || a->findings[i - 1].severity >= a->findings[i].severity);
        assert_string_equal(a->findings[i].fingerprint, b->findings[i].fingerprint);
        assert_string_equal(a->findings[i].message, b->findings[i].message);
    }
    struct tw_policy lenient = {.name = "lenient", .fail_on = TW_SEVERITY_COUNT};
    TW_AUTO(tw_verdict_freep) struct tw_verdict *c = NULL;
    assert_int_equal(tw_judge(&stage.image,
                         &(struct tw_judge_options){.policy = &lenient, .lang = TW_EN}, &c, NULL),
        0);
    assert_int_equal(c->decision, TW_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__each_setting_on_its_go_version__says_what_happens_there),
        cmocka_unit_test(judge__all_rows_in_chinese__no_name_is_left_open),
        cmocka_unit_test(catalogue__rows__are_in_order_and_whole),
        cmocka_unit_test(judge__twice__same_findings_worst_first),
    };
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
