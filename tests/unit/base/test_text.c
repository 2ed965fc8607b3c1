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
        cmocka_unit_test(path__dots_and_slashes__are_resolved),
        cmocka_unit_test(path__above_the_root__is_clamped_and_told),
    };
    return cmocka_run_group_tests_name("text", tests, set_up, tear_down);
}
