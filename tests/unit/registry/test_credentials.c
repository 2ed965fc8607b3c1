#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/registry/credentials.h"
#include "scanner/base/buf.h"

static int find(const char *json, const char *registry, const char *repository,
    struct tw_credentials *c, struct tw_err *err)
{
    return tw_credentials_find(tw_span_str(json), registry, repository, c, err);
}

static void expect_user(
    const char *json, const char *registry, const char *repository, const char *user)
{
    struct tw_credentials c = {0};
    struct tw_err err = {0};
    assert_int_equal(find(json, registry, repository, &c, &err), 0);
    if (user)
        assert_string_equal(c.user, user);
    else
        assert_null(c.user);
    assert_int_equal(tw_credentials_is_set(&c), user != NULL);
    tw_credentials_done(&c);
}

#define USER(name) "{\"username\":\"" name "\",\"password\":\"p\"}"

static void credentials__keys_of_every_shape__the_registry_they_mean(void **state)
{
    (void)state;
    static const struct {
        const char *json, *registry, *repository, *user;
    } rows[] = {
        {"{\"auths\":{\"reg.example:5000\":" USER("a") "}}", "reg.example:5000", "x/y", "a"},
        {"{\"auths\":{\"https://reg.example\":" USER("a") "}}", "reg.example", "x", "a"},
        {"{\"auths\":{\"http://REG.example/v2/\":" USER("a") "}}", "reg.example", "x", "a"},
        {"{\"auths\":{\"https://index.docker.io/v1/\":" USER("a") "}}", "docker.io", "x", "a"},
        {"{\"auths\":{\"registry-1.docker.io\":" USER("a") "}}", "docker.io", "x", "a"},
        {"{\"auths\":{\"reg.example\":" USER("a") ",\"reg.example/team\":" USER("b") "}}",
            "reg.example", "team/app", "b"},
        {"{\"auths\":{\"reg.example\":" USER("a") ",\"reg.example/team\":" USER("b") "}}",
            "reg.example", "teams/app", "a"},
        {"{\"auths\":{\"reg.example/team/app\":" USER("a") "}}", "reg.example", "team/app", "a"},
        // another port, a longer name, another registry's repository: not these
        {"{\"auths\":{\"reg.example:5000\":" USER("a") "}}", "reg.example", "x", NULL},
        {"{\"auths\":{\"reg.example\":" USER("a") "}}", "reg.example.evil", "x", NULL},
        {"{\"auths\":{\"reg.example.evil\":" USER("a") "}}", "reg.example", "x", NULL},
        {"{\"auths\":{\"evil/reg.example\":" USER("a") "}}", "reg.example", "x", NULL},
        {"{\"auths\":{\"https://index.docker.io/v1/\":" USER("a") "}}", "evil.example", "x", NULL},
        {"{\"auths\":{\"reg.example\":{}}}", "reg.example", "x", NULL},
        {"{}", "reg.example", "x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_user(rows[i].json, rows[i].registry, rows[i].repository, rows[i].user);
}

static void credentials__auth__user_and_password_at_the_first_colon(void **state)
{
    (void)state;
    // "me:pa:ss", without padding, and "me:pa" with the NUL bytes of old docker
    static const struct {
        const char *auth, *password;
    } rows[] = {{"bWU6cGE6c3M=", "pa:ss"}, {"bWU6cGE6c3M", "pa:ss"}, {"bWU6cGEAAAA=", "pa"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(1000);
        tw_buf_printf(&json, "{\"auths\":{\"r.example\":{\"auth\":\"%s\"}}}", rows[i].auth);
        struct tw_credentials c = {0};
        assert_int_equal(find(json.data, "r.example", "x", &c, NULL), 0);
        assert_string_equal(c.user, "me");
        assert_string_equal(c.password, rows[i].password);
        tw_credentials_done(&c);
    }
}

static void credentials__auth_that_is_damaged__malformed_without_its_text(void **state)
{
    (void)state;
    const char *const rows[] = {
        "{\"auths\":{\"r.example\":{\"auth\":\"s3cret!\"}}}",
        "{\"auths\":{\"r.example\":{\"auth\":\"czNjcmV0\"}}}", // no colon
        "{\"auths\":{\"r.example\":{\"auth\":\"s3cret",        // not JSON
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_credentials c = {0};
        struct tw_err err = {0};
        assert_int_equal(find(rows[i], "r.example", "x", &c, &err), TW_E_FORMAT);
        assert_null(strstr(err.msg, "s3cret"));
        assert_null(strstr(err.msg, "czNj"));
    }
}

static void credentials__tokens__kept_apart(void **state)
{
    (void)state;
    struct tw_credentials c = {0};
    const char *json = "{\"auths\":{\"r.example\":{\"auth\":\"bWU6\",\"identitytoken\":\"idt\"},"
                       "\"s.example\":{\"registrytoken\":\"rgt\"}}}";
    assert_int_equal(find(json, "r.example", "x", &c, NULL), 0);
    assert_string_equal(c.identity_token, "idt");
    tw_credentials_done(&c);
    assert_int_equal(find(json, "s.example", "x", &c, NULL), 0);
    assert_string_equal(c.registry_token, "rgt");
    tw_credentials_done(&c);
}

static void credentials__in_a_helper_program__only_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *json, *helper;
    } rows[] = {
        {"{\"credsStore\":\"pass\",\"auths\":{\"r.example\":{}}}", "pass"},
        {"{\"credsStore\":\"pass\",\"credHelpers\":{\"r.example\":\"gcr\"}}", "gcr"},
        {"{\"credHelpers\":{\"s.example\":\"gcr\"}}", ""},
        {"{\"credsStore\":\"../../bin/sh\"}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_credentials c = {0};
        assert_int_equal(find(rows[i].json, "r.example", "x", &c, NULL), 0);
        assert_string_equal(c.helper, rows[i].helper);
        assert_false(tw_credentials_is_set(&c));
        tw_credentials_done(&c);
    }
}

static void credentials__a_file_that_is_not_there__the_message_names_it(void **state)
{
    (void)state;
    struct tw_credentials c = {0};
    struct tw_err err = {0};
    assert_int_equal(
        tw_credentials_load("/nonexistent/config.json", "r.example", "x", &c, &err), TW_E_IO);
    assert_non_null(strstr(err.msg, "/nonexistent/config.json"));
    assert_int_equal(tw_credentials_load(NULL, "r.example", "x", &c, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials__keys_of_every_shape__the_registry_they_mean),
        cmocka_unit_test(credentials__auth__user_and_password_at_the_first_colon),
        cmocka_unit_test(credentials__auth_that_is_damaged__malformed_without_its_text),
        cmocka_unit_test(credentials__tokens__kept_apart),
        cmocka_unit_test(credentials__in_a_helper_program__only_its_name),
        cmocka_unit_test(credentials__a_file_that_is_not_there__the_message_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
