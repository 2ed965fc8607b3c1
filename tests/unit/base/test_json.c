#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/json.h"

static int parse(const char *text, uint64_t max_bytes, uint64_t max_depth, struct tw_err *err)
{
    json_t *json = NULL;
    int r = tw_json_parse(
        tw_span_str(text), (struct tw_json_caps){max_bytes, max_depth, 1000}, &json, err);
    json_decref(json);
    return r;
}

static void json__within_limits__is_parsed(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"a\":[[1]]}", 11, 3, NULL), 0);
}

static void json__one_past_a_limit__is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"a\":[[1]]}", 10, 3, NULL), TW_E_LIMIT);
    assert_int_equal(parse("{\"a\":[[1]]}", 11, 2, NULL), TW_E_LIMIT);
}

static void json__values__are_counted_whatever_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t values; // counted
    } rows[] = {
        {"1", 1},
        {"[]", 2},
        {"[1]", 2},
        {"[[],{},1]", 6},
        {"{\"a\":1,\"b\":[2,3]}", 5},
        {"[\"a,b,[{\",1]", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *json = NULL;
        struct tw_json_caps caps = {100, 10, rows[i].values};
        assert_int_equal(tw_json_parse(tw_span_str(rows[i].text), caps, &json, NULL), 0);
        json_decref(json);
        caps.values--;
        assert_int_equal(tw_json_parse(tw_span_str(rows[i].text), caps, &json, NULL), TW_E_LIMIT);
    }
}

static void json__brackets_in_strings__do_not_count_as_depth(void **state)
{
    (void)state;
    assert_int_equal(parse("[\"[[[[\\\"[[[\"]", 100, 1, NULL), 0);
}

static void json__duplicate_keys_or_not_json__is_a_format_error_with_its_place(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(parse("{\"a\":1,\"a\":2}", 100, 5, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "line 1"));
    assert_int_equal(parse("", 100, 5, NULL), TW_E_FORMAT);
    assert_int_equal(parse("{} x", 100, 5, NULL), TW_E_FORMAT);
    assert_int_equal(parse("{\"a\":\"\xff\"}", 100, 5, NULL), TW_E_FORMAT);
    assert_int_equal(parse("{\"a\":1e999}", 100, 5, NULL), TW_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__within_limits__is_parsed),
        cmocka_unit_test(json__one_past_a_limit__is_refused),
        cmocka_unit_test(json__values__are_counted_whatever_they_are),
        cmocka_unit_test(json__brackets_in_strings__do_not_count_as_depth),
        cmocka_unit_test(json__duplicate_keys_or_not_json__is_a_format_error_with_its_place),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
