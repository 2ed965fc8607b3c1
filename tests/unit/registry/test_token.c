#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/registry/answer.h"
#include "daemon/registry/blob.h"
#include "daemon/registry/token.h"

static void token__answers__token_and_lifetime(void **state)
{
    (void)state;
    static const struct {
        const char *json, *token;
        uint64_t lifetime_s;
    } rows[] = {
        {"{\"token\":\"t\",\"expires_in\":300}", "t", 300},
        {"{\"access_token\":\"a\"}", "a", 60},
        {"{\"token\":\"\",\"access_token\":\"a\",\"expires_in\":5}", "a", 60},
        {"{\"token\":\"t\",\"access_token\":\"a\",\"expires_in\":-1}", "t", 60},
        {"{\"token\":\"t\",\"expires_in\":99999999999}", "t", 86400},
        {"{\"token\":\"t\",\"expires_in\":\"900\"}", "t", 60},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_token token = {0};
        assert_int_equal(tw_token_parse(tw_span_str(rows[i].json), 4096, &token, NULL), 0);
        assert_string_equal(token.text, rows[i].token);
        assert_int_equal(token.lifetime_s, rows[i].lifetime_s);
        tw_token_done(&token);
    }
}

static void token__no_use__malformed_without_its_text(void **state)
{
    (void)state;
    const char *const rows[] = {"", "{}", "[]", "{\"token\":7}", "{\"token\":\"s3cret\\r\\nX: y\"}",
        "{\"token\":\"s3cret value\"}", "{\"token\":\"s3cret", "s3cret"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_token token = {0};
        struct tw_err err = {0};
        assert_int_equal(tw_token_parse(tw_span_str(rows[i]), 4096, &token, &err), TW_E_FORMAT);
        assert_null(token.text);
        assert_null(strstr(err.msg, "s3cret"));
    }
}

static void token_url__challenges__service_and_each_scope(void **state)
{
    (void)state;
    static const struct {
        const char *realm, *service, *scope, *text;
    } rows[] = {
        {"https://t.example/token", "reg.example", "repository:a/b:pull",
            "https://t.example/token?service=reg.example&scope=repository%3Aa%2Fb%3Apull"},
        {"https://t.example/token?k=v", "", "",
            "https://t.example/token?k=v&scope=repository%3Ateam%2Fapp%3Apull"},
        {"https://t.example/", "s t", "x  y&z",
            "https://t.example/?service=s%20t&scope=x&scope=y%26z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_challenge c = {.scheme = TW_CHALLENGE_BEARER};
        snprintf(c.service, sizeof c.service, "%s", rows[i].service);
        snprintf(c.scope, sizeof c.scope, "%s", rows[i].scope);
        TW_AUTO(tw_url_done) struct tw_url realm = {0}, url = {0};
        assert_int_equal(tw_url_parse(rows[i].realm, &realm, NULL), 0);
        assert_int_equal(tw_token_url(&realm, &c, "team/app", &url, NULL), 0);
        assert_string_equal(url.text, rows[i].text);
    }
}

static void basic__user_and_password__the_header_value(void **state)
{
    (void)state; // RFC 7617 section 2
    char *value = tw_token_basic("Aladdin", "open sesame");
    assert_string_equal(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    free(value);
}

static void answer__statuses__codes(void **state)
{
    (void)state;
    static const struct {
        long status;
        int code;
    } rows[] = {{401, TW_E_DENIED}, {403, TW_E_DENIED}, {404, TW_E_NOT_FOUND},
        {410, TW_E_NOT_FOUND}, {408, TW_E_UNAVAILABLE}, {416, TW_E_DIGEST}, {429, TW_E_UNAVAILABLE},
        {500, TW_E_UNAVAILABLE}, {503, TW_E_UNAVAILABLE}, {599, TW_E_UNAVAILABLE},
        {400, TW_E_FORMAT}, {405, TW_E_FORMAT}, {304, TW_E_FORMAT}, {0, TW_E_FORMAT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_http_answer answer = {.status = rows[i].status, .retry_after_s = 7};
        struct tw_err err = {0};
        assert_int_equal(tw_answer_error(&answer, &err), rows[i].code);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(err.retry_after_s, 7);
    }
    struct tw_http_answer answer = {.status = 404, .error_code = "MANIFEST_UNKNOWN"};
    struct tw_err err = {0};
    tw_answer_error(&answer, &err);
    assert_non_null(strstr(err.msg, "status 404 (MANIFEST_UNKNOWN): not found"));
}

static void content_range__only_the_rest_that_was_asked_for(void **state)
{
    (void)state;
    const struct tw_range range = {10, 90};
    assert_true(tw_blob_is_range("bytes 10-99/100", range, 100));
    assert_true(tw_blob_is_range("bytes 10-99/*", range, 100));
    const char *const wrong[] = {"", "bytes 9-99/100", "bytes 10-98/100", "bytes 10-99/101",
        "bytes 010-99/100", "bytes 10-99", "items 10-99/100", "bytes */100"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(tw_blob_is_range(wrong[i], range, 100));
    assert_false(tw_blob_is_range("bytes 100-99/100", (struct tw_range){100, 0}, 100));
    assert_false(tw_blob_is_range("bytes 90-100/100", (struct tw_range){90, 11}, 100));
}

static void registries__hosts__listed_or_not(void **state)
{
    (void)state;
    char local[] = "localhost:5055", other[] = "reg.example";
    struct tw_registry_rule rules[] = {{local, true}, {other, false}};
    struct tw_registries registries = {.rules = rules, .rule_count = 2, .only_listed = true};
    struct tw_err err = {0};
    assert_int_equal(tw_registries_check(&registries, "localhost:5055", &err), 0);
    assert_int_equal(tw_registries_check(&registries, "REG.example", &err), 0);
    assert_int_equal(tw_registries_check(&registries, "localhost:5056", &err), TW_E_NOT_ALLOWED);
    assert_non_null(strstr(err.msg, "localhost:5056"));
    assert_non_null(strstr(err.msg, "--registries"));
    assert_true(tw_registries_find(&registries, "localhost:5055")->plain_http);
    registries.only_listed = false;
    assert_int_equal(tw_registries_check(&registries, "localhost:5056", &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token__answers__token_and_lifetime),
        cmocka_unit_test(token__no_use__malformed_without_its_text),
        cmocka_unit_test(token_url__challenges__service_and_each_scope),
        cmocka_unit_test(basic__user_and_password__the_header_value),
        cmocka_unit_test(answer__statuses__codes),
        cmocka_unit_test(content_range__only_the_rest_that_was_asked_for),
        cmocka_unit_test(registries__hosts__listed_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
