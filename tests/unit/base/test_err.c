#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/err.h"

#include "scanner/base/span.h"
#include "scanner/base/text.h"

static void err__wrapped__says_where_and_keeps_code_and_wait(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(tw_err_set(&err, TW_E_UNAVAILABLE, "HTTP %d", 429), TW_E_UNAVAILABLE);
    err.retry_after_s = 7;
    assert_int_equal(tw_err_wrap(&err, TW_E_UNAVAILABLE, "layer %d", 3), TW_E_UNAVAILABLE);
    assert_string_equal(err.msg, "layer 3: HTTP 429");
    assert_int_equal(err.retry_after_s, 7);
}

static void err__too_long__is_cut_at_a_character(void **state)
{
    (void)state;
    struct tw_err err = {0};
    char text[1000];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe6\xbd\xae", 4);
    tw_err_set(&err, TW_E_IO, "%s", text);
    assert_true(strlen(err.msg) < sizeof err.msg);
    assert_true(tw_text_is_utf8(tw_span_str(err.msg)));
    tw_err_wrap(&err, TW_E_IO, "%s", "prefix");
    assert_true(tw_text_is_utf8(tw_span_str(err.msg)));
    assert_memory_equal(err.msg, "prefix: ", 8);
}

static void err__quotes_of_hostile_bytes__are_printable(void **state)
{
    (void)state;
    static const struct {
        const char *said, *kept;
    } rows[] = {
        {"plain \xe6\xbd\xae \\x1b", "plain \xe6\xbd\xae \\x1b"},
        {"a\nb\rc", "a b c"},
        {"\x1b[31m\x07\x7f", "?[31m??"},
        {"\xff\xfe", "??"},
        {"\xc2\x9b"
         "31m",
            "??31m"},
        {"\xed\xa0\x80 \xc0\xaf \xe6\xbd", "??? ?? ??"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_err err = {0};
        tw_err_set(&err, TW_E_FORMAT, "%s", rows[i].said);
        assert_string_equal(err.msg, rows[i].kept);
        assert_true(tw_text_is_utf8(tw_span_str(err.msg)));
    }
}

static void err__no_place_for_the_detail__still_gives_the_code(void **state)
{
    (void)state;
    assert_int_equal(tw_err_set(NULL, TW_E_IO, "x"), TW_E_IO);
    assert_int_equal(tw_err_wrap(NULL, TW_E_IO, "x"), TW_E_IO);
    assert_string_equal(tw_err_name(TW_E_NOT_FOUND), "not-found");
    assert_string_equal(tw_err_name(0), "ok");
    assert_string_equal(tw_err_name(-999), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err__wrapped__says_where_and_keeps_code_and_wait),
        cmocka_unit_test(err__too_long__is_cut_at_a_character),
        cmocka_unit_test(err__quotes_of_hostile_bytes__are_printable),
        cmocka_unit_test(err__no_place_for_the_detail__still_gives_the_code),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
