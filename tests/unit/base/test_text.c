#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/text.h"

static struct tw_arena *arena;

static const char *escape(const char *bytes, size_t size)
{
    return tw_text_escape(arena, tw_span_of(bytes, size));
}

static const char *path(const char *raw, bool *ret_clamped)
{
    return tw_text_path(arena, tw_span_str(raw), ret_clamped);
}

static void escape__controls_and_broken_utf8__become_hex(void **state)
{
    (void)state;
    assert_string_equal(escape("a\033[2Jb", 6), "a\\x1b[2Jb");
    assert_string_equal(escape("\0\n\x7f", 3), "\\x00\\x0a\\x7f");
    assert_string_equal(escape("\xff\xc0\xaf", 3), "\\xff\\xc0\\xaf");
    assert_string_equal(escape("a\\b", 3), "a\\x5cb");
    assert_string_equal(escape("\xe6\xbd\xae", 3), "\xe6\xbd\xae"); // U+6F6E stays
}

static void is_utf8__overlong_and_surrogates__are_not(void **state)
{
    (void)state;
    assert_true(tw_text_is_utf8(tw_span_str("caf\xc3\xa9 \xf0\x9f\x9a\xa2")));
    assert_false(tw_text_is_utf8(tw_span_str("\xc0\x80")));
    assert_false(tw_text_is_utf8(tw_span_str("\xe0\x80\xaf")));
    assert_false(tw_text_is_utf8(tw_span_str("\xed\xa0\x80")));
    assert_false(tw_text_is_utf8(tw_span_str("\xf4\x90\x80\x80")));
    assert_false(tw_text_is_utf8(tw_span_str("\xe6\xbd")));
}

static void path__dots_and_slashes__are_resolved(void **state)
{
    (void)state;
    bool clamped = false;
    assert_string_equal(path("/usr//./bin/../lib/", &clamped), "usr/lib");
    assert_string_equal(path("./a", &clamped), "a");
    assert_string_equal(path("/", &clamped), "");
    assert_string_equal(path("a/..", &clamped), "");
    assert_false(clamped);
}

static void path__above_the_root__is_clamped_and_told(void **state)
{
    (void)state;
    bool clamped = false;
    assert_string_equal(path("../../etc/passwd", &clamped), "etc/passwd");
    assert_true(clamped);
}

static void cut__inside_a_character__it_goes_whole(void **state)
{
    (void)state;
    struct tw_span text = tw_span_str("a\xc3\xa9z"); // aéz
    assert_int_equal(tw_text_cut(text, 0), 0);
    assert_int_equal(tw_text_cut(text, 1), 1);
    assert_int_equal(tw_text_cut(text, 2), 1);
    assert_int_equal(tw_text_cut(text, 3), 3);
    assert_int_equal(tw_text_cut(text, 4), 4);
    assert_int_equal(tw_text_cut(text, 5), 4);
}

static void time__first_and_last__are_written_and_others_are_not(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{-1, ""}, {0, "1970-01-01T00:00:00.000Z"},
        {1709164799999, "2024-02-28T23:59:59.999Z"}, {1709164800000, "2024-02-29T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"}, {253402300800000, ""}, {INT64_MAX, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[TW_TEXT_TIME_BYTES];
        tw_text_time(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static int set_up(void **state)
{
    (void)state;
    arena = tw_arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tw_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escape__controls_and_broken_utf8__become_hex),
        cmocka_unit_test(is_utf8__overlong_and_surrogates__are_not),
        cmocka_unit_test(cut__inside_a_character__it_goes_whole),
        cmocka_unit_test(time__first_and_last__are_written_and_others_are_not),
        cmocka_unit_test(path__dots_and_slashes__are_resolved),
        cmocka_unit_test(path__above_the_root__is_clamped_and_told),
    };
    return cmocka_run_group_tests_name("text", tests, set_up, tear_down);
}
