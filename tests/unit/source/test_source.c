#include "reading.h"

#include <stdlib.h>

#include "daemon/registry/registry.h"
#include "daemon/source/files.h"
#include "daemon/source/layout.h"

static void source__of_no_kind__lists_all_kinds(void **state)
{
    (void)state;
    const char *const rows[] = {"docker-daemon:app", "https://reg.example/app",
        "oci:", "docker-archive:", "Not A Reference", "containers-storage:x"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_refused(rows[i], TW_E_USAGE, "oci:DIR[:TAG], oci-archive:FILE[:TAG]");
        expect_refused(rows[i], TW_E_USAGE, "dir:PATH, file:PATH");
    }
}

static void source__registry_reference__opened_without_a_request(void **state)
{
    (void)state;
    char listed[] = "reg.example";
    struct tw_registry_rule rules[] = {{listed, false}};
    struct tw_registries registries = {.rules = rules, .rule_count = 1, .only_listed = true};
    struct tw_source_options options = {.limits = &tw_limits_default, .registries = &registries};
    const char *const good[] = {"reg.example/app:1", "docker://reg.example/app"};
    for (size_t i = 0; i < 2; i++) {
        TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
        assert_int_equal(tw_source_open(good[i], &options, &source, NULL), 0);
        assert_non_null(source);
    }
    struct tw_source *source = NULL;
    struct tw_err err = {0};
    assert_int_equal(
        tw_source_open("other.example/app", &options, &source, &err), TW_E_NOT_ALLOWED);
    assert_non_null(strstr(err.msg, "other.example"));
    assert_null(source);
}

static void source__registry_and_a_bad_docker_config__says_which_file(void **state)
{
    (void)state;
    char config[] = TEST_DATA "/layout/index.json/none";
    struct tw_registries registries = {.docker_config = config};
    struct tw_source_options options = {.limits = &tw_limits_default, .registries = &registries};
    struct tw_source *source = NULL;
    struct tw_err err = {0};
    assert_int_equal(tw_source_open("reg.example/app", &options, &source, &err), TW_E_IO);
    assert_non_null(strstr(err.msg, config));
}

static void kinds__the_registry_is_the_last_row(void **state)
{
    (void)state;
    size_t count = 0;
    const struct tw_source_kind *kind, *last = NULL;
    for (; (kind = tw_source_kind_at(count)); count++)
        last = kind;
    assert_int_equal(count, 4);
    assert_string_equal(last->prefix, "");
}

static void split_name__colons_in_path_and_tag__by_what_exists(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *tag;
    } rows[] = {
        {TEST_DATA "/layout", TEST_DATA "/layout", NULL},
        {TEST_DATA "/layout:", TEST_DATA "/layout", NULL},
        {TEST_DATA "/layout:1.0", TEST_DATA "/layout", "1.0"},
        {TEST_DATA "/docker.tar:localhost:5000/app:1", TEST_DATA "/docker.tar",
            "localhost:5000/app:1"},
        {"/nonexistent:1", "/nonexistent:1", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TW_AUTO(tw_freep) char *path = NULL;
        const char *tag = NULL;
        assert_int_equal(tw_files_split_name(rows[i].name, &path, &tag, NULL), 0);
        assert_string_equal(path, rows[i].path);
        if (rows[i].tag)
            assert_string_equal(tag, rows[i].tag);
        else
            assert_null(tag);
    }
}

static void same_name__short_and_full_forms(void **state)
{
    (void)state;
    assert_true(tw_layout_same_name("1.0", "1.0"));
    assert_true(tw_layout_same_name("docker.io/library/app:1", "app:1"));
    assert_true(tw_layout_same_name("team/app", "docker.io/team/app:latest"));
    assert_false(tw_layout_same_name("1.0", "app:1.0"));
    assert_false(tw_layout_same_name("app:1", "app:2"));
    assert_false(tw_layout_same_name("latest", "docker.io/library/latest:latest"));
}

static void blob_to_buf__past_its_limit__limit(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf buf = TW_BUF(4);
    struct tw_err err = {0};
    assert_int_equal(tw_blob_to_buf(&buf, "abcd", 4, &err), 0);
    assert_int_equal(tw_blob_to_buf(&buf, "e", 1, &err), TW_E_LIMIT);
    assert_int_equal(err.code, TW_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source__of_no_kind__lists_all_kinds),
        cmocka_unit_test(source__registry_reference__opened_without_a_request),
        cmocka_unit_test(source__registry_and_a_bad_docker_config__says_which_file),
        cmocka_unit_test(kinds__the_registry_is_the_last_row),
        cmocka_unit_test(split_name__colons_in_path_and_tag__by_what_exists),
        cmocka_unit_test(same_name__short_and_full_forms),
        cmocka_unit_test(blob_to_buf__past_its_limit__limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
