#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/image/reference.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void reference__forms_that_people_write__parts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *registry, *repository, *tag, *digest;
    } rows[] = {
        {"nginx", "docker.io", "library/nginx", "latest", ""},
        {"nginx:1.25", "docker.io", "library/nginx", "1.25", ""},
        {"team/app", "docker.io", "team/app", "latest", ""},
        {"docker.io/nginx", "docker.io", "library/nginx", "latest", ""},
        {"index.docker.io/team/app:x", "docker.io", "team/app", "x", ""},
        {"localhost/app", "localhost", "app", "latest", ""},
        {"localhost:5055/app:v1", "localhost:5055", "app", "v1", ""},
        {"localhost:5055", "docker.io", "library/localhost", "5055", ""},
        {"reg.example/a/b/c-d__e.f:T_1.2-3", "reg.example", "a/b/c-d__e.f", "T_1.2-3", ""},
        {"reg.example:443/app@sha256:" HEX64, "reg.example:443", "app", "", "sha256:" HEX64},
        {"reg.example/app:1@sha256:" HEX64, "reg.example", "app", "1", "sha256:" HEX64},
        {"[::1]:5000/app", "[::1]:5000", "app", "latest", ""},
        {"REG.example/app", "REG.example", "app", "latest", ""},
        {"a---b/c", "docker.io", "a---b/c", "latest", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_reference r;
        struct tw_err err = {0};
        assert_int_equal(tw_reference_parse(rows[i].text, &r, &err), 0);
        assert_string_equal(r.registry, rows[i].registry);
        assert_string_equal(r.repository, rows[i].repository);
        assert_string_equal(r.tag, rows[i].tag);
        assert_string_equal(r.digest.text, rows[i].digest);
    }
}

static void reference__something_wrong__the_message_names_the_part(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "empty"},
        {"Nginx", "repository \"Nginx\""},
        {"reg.example/", "repository \"\""},
        {"/app", "repository \"/app\""},
        {"reg.example/a//b", "repository \"a//b\""},
        {"reg.example/../b", "repository \"../b\""},
        {"reg.example/a..b", "repository \"a..b\""},
        {"reg.example/a___b", "repository \"a___b\""},
        {"reg.example/a_", "repository \"a_\""},
        {"reg.example:0/app", "registry \"reg.example:0\""},
        {"reg.example:70000/app", "registry \"reg.example:70000\""},
        {"reg.example:/app", "registry \"reg.example:\""},
        {"-a.example/app", "registry \"-a.example\""},
        {"user:CANARY@reg.example/app", "no user and password"},
        {"https://user:CANARY@reg.example/app", "no user and password"},
        {"reg.example/app:", "tag \"\""},
        {"reg.example/app:-x", "tag \"-x\""},
        {"reg.example/app:a b", "tag \"a b\""},
        {"reg.example/app@sha256:12", "64 lower-case hex digits"},
        {"reg.example/app@md5:" HEX64, "sha256"},
        {"reg.example/app@sha256:" HEX64 HEX64 HEX64, "64 lower-case hex digits"},
        {"http://reg.example/app", "\"http:\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_reference r = {.tag = "untouched"};
        struct tw_err err = {0};
        assert_int_equal(tw_reference_parse(rows[i].text, &r, &err), TW_E_USAGE);
        assert_int_equal(err.code, TW_E_USAGE);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("%s: %s", rows[i].text, err.msg);
        assert_null(strstr(err.msg, "CANARY"));
        assert_string_equal(r.tag, "untouched");
    }
}

static void reference__name_of_256_bytes__refused(void **state)
{
    (void)state;
    char text[300] = "reg.example/";
    size_t n = strlen(text);
    memset(text + n, 'a', 255 - n);
    struct tw_reference r;
    assert_int_equal(tw_reference_parse(text, &r, NULL), 0);
    assert_int_equal(strlen(r.registry) + 1 + strlen(r.repository), 255);
    text[255] = 'a';
    assert_int_equal(tw_reference_parse(text, &r, NULL), TW_E_USAGE);
}

static void reference__tag_of_129_bytes__refused(void **state)
{
    (void)state;
    char tag[130] = {0};
    memset(tag, 'a', 128);
    struct tw_reference r;
    assert_int_equal(tw_reference_make("reg.example", "app", tag, NULL, &r, NULL), 0);
    tag[128] = 'a';
    assert_int_equal(tw_reference_make("reg.example", "app", tag, NULL, &r, NULL), TW_E_USAGE);
}

static void reference__made_from_parts__checked_and_formatted(void **state)
{
    (void)state;
    struct tw_reference r;
    struct tw_err err = {0};
    char text[TW_REFERENCE_TEXT_MAX + 1];
    assert_int_equal(
        tw_reference_make("localhost:5055", "team/app", "1", "sha256:" HEX64, &r, &err), 0);
    tw_reference_format(&r, text);
    assert_string_equal(text, "localhost:5055/team/app:1@sha256:" HEX64);
    assert_int_equal(tw_reference_make("localhost:5055", "app", "", NULL, &r, &err), 0);
    tw_reference_format(&r, text);
    assert_string_equal(text, "localhost:5055/app:latest");
    assert_int_equal(tw_reference_make("evil.example/x", "app", NULL, NULL, &r, &err), TW_E_USAGE);
    assert_non_null(strstr(err.msg, "evil.example/x"));
    assert_int_equal(tw_reference_make("", "app", NULL, NULL, &r, &err), TW_E_USAGE);
    assert_int_equal(tw_reference_make("a.example", "app?x", NULL, NULL, &r, &err), TW_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference__forms_that_people_write__parts),
        cmocka_unit_test(reference__something_wrong__the_message_names_the_part),
        cmocka_unit_test(reference__name_of_256_bytes__refused),
        cmocka_unit_test(reference__tag_of_129_bytes__refused),
        cmocka_unit_test(reference__made_from_parts__checked_and_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
