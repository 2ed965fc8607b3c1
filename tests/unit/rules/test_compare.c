// What changes between two images: one row a pair.
#include "scene.h"

#include "scanner/rules/compare.h"

struct row {
    const char *rule, *says; // says NULL: the rule must be silent
    struct scene from, to;
};

static const struct row rows[] = {
    {"TW601", "built with go1.27.4, before with go1.22.1: 5 releases newer", {.release = "1.22.1"},
        {.release = "1.27.4"}},
    {"TW601", "another patch", {.release = "1.27.3"}, {.release = "1.27.4"}},
    {"TW601", "an older Go", {.release = "1.27.4"}, {.release = "1.26.5"}},
    {"TW601", NULL, {.release = "1.27.4"}, {.release = "1.27.4"}},
    {"TW601", NULL, {.release = NULL}, {.release = "1.27.4"}},
    {"TW602", "tls10server 1 -> 0",
        {.release = "1.26.5", .links = {"crypto/tls"}, .setting = {"DefaultGODEBUG=tls10server=1"}},
        {.release = "1.26.5", .links = {"crypto/tls"}}},
    {"TW602", NULL, {.release = "1.26.5", .setting = {"DefaultGODEBUG=tls10server=1"}},
        {.release = "1.26.5"}},
    {"TW602", NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}, {.release = "1.26.5"}},
    {"TW603", "gctrace was not set and is 1 now", {.release = "1.26.5"},
        {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW603", "ends the program before main runs", {.release = "1.27.1"},
        {.release = "1.27.1", .env = {"GODEBUG=tls10server=1"}}},
    {"TW603",
        "no more: ", {.release = "1.26.5", .links = {"net/http"}, .env = {"GODEBUG=http2server=0"}},
        {.release = "1.26.5", .links = {"net/http"}}},
    {"TW603", NULL, {.release = "1.26.5", .env = {"GODEBUG=http2server=0"}}, {.release = "1.26.5"}},
    {"TW603", NULL, {.release = "1.26.5", .env = {"GODEBUG=a=1,gctrace=1"}},
        {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW603", "GOGC was not set and is 50 now", {.release = "1.26.5"},
        {.release = "1.26.5", .env = {"GOGC=50"}}},
    {"TW603", "GOMEMLIMIT was 1GiB and is not set now",
        {.release = "1.26.5", .env = {"GOMEMLIMIT=1GiB"}}, {.release = "1.26.5"}},
    {"TW603", NULL, {.release = "1.26.5", .env = {"GOFLAGS=-v"}}, {.release = "1.26.5"}},
    {"TW604", "1 added (c v1.0.0); 1 removed (a v1.0.0); 1 up (b v1.10.0)",
        {.release = "1.26.5", .modules = {"a v1.0.0", "b v1.9.0"}},
        {.release = "1.26.5", .modules = {"b v1.10.0", "c v1.0.0"}}},
    {"TW604", "1 down (b v1.10.0-rc.1)", {.release = "1.26.5", .modules = {"b v1.10.0"}},
        {.release = "1.26.5", .modules = {"b v1.10.0-rc.1"}}},
    {"TW604", NULL, {.release = "1.26.5", .modules = {"b v1.10.0"}},
        {.release = "1.26.5", .modules = {"b v1.10.0"}}},
    {"TW306", "compiled in were -, now fieldtrack", {.release = "1.26.5"},
        {.release = "1.26.5", .experiment = "fieldtrack"}},
    {"TW306", NULL, {.release = "1.26.5"}, {.release = "1.27.1"}},
    {"TW307", "have a variable for each iteration now",
        {.release = "1.26.5", .go_line = "1.21", .setting = {"-trimpath=true"}},
        {.release = "1.26.5", .setting = {"-trimpath=true"}}},
    {"TW307", "all iterations of a for loop share one variable now",
        {.release = "1.21.3", .experiment = "loopvar"}, {.release = "1.21.3"}},
    {"TW307", NULL, {.release = "1.26.5", .go_line = "1.22"},
        {.release = "1.26.5", .go_line = "1.25"}},
};

static struct tw_comparison compare(
    const struct row *row, struct stage *from, struct stage *to, enum tw_lang lang)
{
    struct tw_comparison comparison = {0};
    scene_set(from, &row->from);
    scene_set(to, &row->to);
    struct tw_judge_options options = scene_options(&row->to, lang);
    assert_int_equal(tw_compare(&from->image, &to->image, &options, &comparison, NULL), 0);
    return comparison;
}

static void compare__each_change__says_what_will_be_different(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage from, to;
        struct tw_comparison comparison = compare(&rows[i], &from, &to, TW_EN);
        const struct tw_finding *finding = scene_find(comparison.drift, rows[i].rule);
        if (!finding != !rows[i].says || (finding && !strstr(finding->message, rows[i].says)))
            fail_msg("row %zu: %s says: %s", i, rows[i].rule, finding ? finding->message : "-");
        tw_comparison_done(&comparison);
    }
}

static void compare__in_chinese__no_name_is_left_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage from, to;
        struct tw_comparison comparison = compare(&rows[i], &from, &to, TW_ZH);
        for (size_t f = 0; f < comparison.drift->finding_count; f++)
            assert_null(strpbrk(comparison.drift->findings[f].message, "{?"));
        tw_comparison_done(&comparison);
    }
}

static void compare__an_image_with_itself__nothing(void **state)
{
    (void)state;
    static const struct row row = {
        .from = {.release = "1.22.1", .env = {"GODEBUG=gctrace=1", "GOGC=50"}, .other = "1.19.8"},
        .to = {.release = "1.22.1", .env = {"GODEBUG=gctrace=1", "GOGC=50"}, .other = "1.19.8"}};
    struct stage from, to;
    struct tw_comparison comparison = compare(&row, &from, &to, TW_EN);
    assert_int_equal(comparison.drift->finding_count, 0);
    assert_int_equal(comparison.drift->decision, TW_PASS);
    assert_int_equal(comparison.before->finding_count, comparison.after->finding_count);
    for (size_t i = 0; i < comparison.before->finding_count; i++)
        assert_true(tw_verdict_has(comparison.after, comparison.before->findings[i].fingerprint));
    tw_comparison_done(&comparison);
}

static void partner__moved_program__found_by_its_main_package(void **state)
{
    (void)state;
    struct stage from, to;
    static const struct scene scene = {.release = "1.22.1", .other = "1.22.1"};
    scene_set(&from, &scene);
    scene_set(&to, &scene);
    to.binaries[0].path = "opt/app";
    assert_ptr_equal(tw_compare_partner(&to.image, &from.binaries[0]), &to.binaries[0]);
    to.other.main_path = "example.org/app"; // now there are two of them
    assert_null(tw_compare_partner(&to.image, &from.binaries[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare__each_change__says_what_will_be_different),
        cmocka_unit_test(compare__in_chinese__no_name_is_left_open),
        cmocka_unit_test(compare__an_image_with_itself__nothing),
        cmocka_unit_test(partner__moved_program__found_by_its_main_package),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
