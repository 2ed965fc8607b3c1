#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/query.h"

static void query__pairs__decoded(void **state)
{
    (void)state;
    struct tw_query query;
    assert_int_equal(tw_query_parse("a=1&b=x%20y+z&&c&d=&%65=%E4%BD%A0&f=a=b", &query, NULL), 0);
    assert_int_equal(query.count, 6);
    assert_string_equal(tw_query_get(&query, "a"), "1");
    assert_string_equal(tw_query_get(&query, "b"), "x y z");
    assert_string_equal(tw_query_get(&query, "c"), "");
    assert_string_equal(tw_query_get(&query, "d"), "");
    assert_string_equal(tw_query_get(&query, "e"), "\xe4\xbd\xa0");
    assert_string_equal(tw_query_get(&query, "f"), "a=b");
    assert_null(tw_query_get(&query, "g"));
    tw_query_done(&query);
    assert_int_equal(tw_query_parse(NULL, &query, NULL), 0);
    assert_int_equal(query.count, 0);
    tw_query_done(&query);
}

static void query__something_wrong__named_and_output_untouched(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"a=%", "query parameter \"a\": the value: a % must be followed by two hex digits"},
        {"a=%1", "two hex digits"},
        {"a=%g1", "two hex digits"},
        {"%zz=1", "the name of a query parameter"},
        {"a=%00", "NUL"},
        {"a=%0D%0A", "control character"},
        {"a=%7f", "control character"},
        {"a=%c3%28", "UTF-8"},
        {"a=%ed%a0%80", "UTF-8"},
        {"a=1&a=2", "\"a\" is given twice"},
        {"a=1&%61=2", "\"a\" is given twice"},
        {"1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17", "more than 16 parameters"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query = {.count = 77};
        struct tw_err err = {0};
        assert_int_equal(tw_query_parse(rows[i].text, &query, &err), TW_E_USAGE);
        assert_int_equal(query.count, 77);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.msg, rows[i].says);
    }
}

static void query__path__plus_stays(void **state)
{
    (void)state;
    char path[] = "a+b%2Bc";
    assert_int_equal(tw_percent_decode(path, false, "the path", NULL), 0);
    assert_string_equal(path, "a+b+c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__pairs__decoded),
        cmocka_unit_test(query__something_wrong__named_and_output_untouched),
        cmocka_unit_test(query__path__plus_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
