#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/registry/challenge.h"

static void challenge__forms_that_registries_send__parts(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum tw_challenge_scheme scheme;
        const char *realm, *service, *scope;
    } rows[] = {
        {"Basic realm=\"basic-realm\"", TW_CHALLENGE_BASIC, "basic-realm", "", ""},
        {"basic REALM=x", TW_CHALLENGE_BASIC, "x", "", ""},
        {"Basic", TW_CHALLENGE_BASIC, "", "", ""},
        {"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
         "scope=\"repository:library/nginx:pull,push\"",
            TW_CHALLENGE_BEARER, "https://auth.docker.io/token", "registry.docker.io",
            "repository:library/nginx:pull,push"},
        {"bearer  realm = \"https://a.example/t\" ,\t service=s , error=\"invalid_token\"",
            TW_CHALLENGE_BEARER, "https://a.example/t", "s", ""},
        {"Bearer realm=https://a.example:8443/t,service=s", TW_CHALLENGE_BEARER,
            "https://a.example:8443/t", "s", ""},
        {"Bearer realm=\"a\\\"b\\\\c\"", TW_CHALLENGE_BEARER, "a\"b\\c", "", ""},
        {"Bearer realm=\"\",realm=\"second\"", TW_CHALLENGE_BEARER, "second", "", ""},
        {"Bearer realm=\"first\",realm=\"second\"", TW_CHALLENGE_BEARER, "first", "", ""},
        {"Negotiate", TW_CHALLENGE_NONE, "", "", ""},
        {"Negotiate YWJjZA==", TW_CHALLENGE_NONE, "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_challenge list[4];
        size_t count = 0;
        struct tw_err err = {0};
        assert_int_equal(tw_challenge_parse(rows[i].value, list, 4, &count, &err), 0);
        assert_int_equal(count, 1);
        assert_int_equal(list[0].scheme, rows[i].scheme);
        assert_string_equal(list[0].realm, rows[i].realm);
        assert_string_equal(list[0].service, rows[i].service);
        assert_string_equal(list[0].scope, rows[i].scope);
    }
}

static void challenge__several_in_one_header__each_with_its_own_parts(void **state)
{
    (void)state;
    struct tw_challenge list[4];
    size_t count = 0;
    const char *value = "Negotiate YWJj, Basic realm=\"a, b\", charset=\"UTF-8\" ,, "
                        "Bearer realm=\"https://t.example\",scope=\"x y\"";
    assert_int_equal(tw_challenge_parse(value, list, 4, &count, NULL), 0);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].name, "Negotiate");
    assert_int_equal(list[0].scheme, TW_CHALLENGE_NONE);
    assert_int_equal(list[1].scheme, TW_CHALLENGE_BASIC);
    assert_string_equal(list[1].realm, "a, b");
    assert_int_equal(list[2].scheme, TW_CHALLENGE_BEARER);
    assert_string_equal(list[2].scope, "x y");
}

static void challenge__more_than_there_is_room_for__the_rest_is_dropped(void **state)
{
    (void)state;
    struct tw_challenge list[2];
    size_t count = 0;
    assert_int_equal(tw_challenge_parse("A, B, C, D", list, 2, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_string_equal(list[1].name, "B");
}

static void challenge__not_by_the_grammar__malformed(void **state)
{
    (void)state;
    static char long_value[3000];
    memset(long_value, 'x', 2000);
    memcpy(long_value, "Bearer realm=\"", 14);
    long_value[2000] = '"';
    const char *const rows[] = {"Bearer realm=\"open", "Bearer realm=\"open\\", "=x",
        "Bearer realm=\"a\" service=\"b\"", "Bearer realm=\"a\x01\"", "\"Bearer\"", "Basic a b",
        long_value};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_challenge list[4];
        size_t count = 0;
        struct tw_err err = {0};
        assert_int_equal(tw_challenge_parse(rows[i], list, 4, &count, &err), TW_E_FORMAT);
        assert_non_null(strstr(err.msg, "WWW-Authenticate: "));
        assert_int_equal(count, 0);
    }
}

static void choose__basic_in_one_header_and_bearer_in_the_next__bearer(void **state)
{
    (void)state;
    struct tw_challenge c;
    assert_int_equal(
        tw_challenge_choose("Basic realm=\"b\"\nBearer realm=\"https://t.example\"", &c, NULL), 0);
    assert_int_equal(c.scheme, TW_CHALLENGE_BEARER);
    assert_string_equal(c.realm, "https://t.example");
}

static void choose__a_damaged_header_beside_a_good_one__the_good_one(void **state)
{
    (void)state;
    struct tw_challenge c;
    assert_int_equal(tw_challenge_choose("=x\nBasic realm=\"b\"", &c, NULL), 0);
    assert_int_equal(c.scheme, TW_CHALLENGE_BASIC);
}

static void choose__none__malformed(void **state)
{
    (void)state;
    struct tw_challenge c;
    struct tw_err err = {0};
    assert_int_equal(tw_challenge_choose(NULL, &c, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "without WWW-Authenticate"));
    assert_int_equal(tw_challenge_choose(" , ", &c, &err), TW_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenge__forms_that_registries_send__parts),
        cmocka_unit_test(challenge__several_in_one_header__each_with_its_own_parts),
        cmocka_unit_test(challenge__more_than_there_is_room_for__the_rest_is_dropped),
        cmocka_unit_test(challenge__not_by_the_grammar__malformed),
        cmocka_unit_test(choose__basic_in_one_header_and_bearer_in_the_next__bearer),
        cmocka_unit_test(choose__a_damaged_header_beside_a_good_one__the_good_one),
        cmocka_unit_test(choose__none__malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
