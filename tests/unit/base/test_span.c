#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/span.h"

static const uint8_t bytes[] = {0x80, 0x01, 0x02, 0xff, 'a', 'b', 0, 'c'};
#define ALL tw_span_of(bytes, sizeof bytes)

static void span__offsets_that_overflow__are_outside(void **state)
{
    (void)state;
    struct tw_span sub = {0};
    assert_true(tw_span_sub(ALL, 8, 0, &sub));
    assert_false(tw_span_sub(ALL, 8, 1, &sub));
    assert_false(tw_span_sub(ALL, 1, UINT64_MAX, &sub));
    assert_false(tw_span_sub(ALL, UINT64_MAX, 1, &sub));
    assert_false(tw_span_from(ALL, 9, &sub));
}

static void span__integers__in_both_byte_orders(void **state)
{
    (void)state;
    uint16_t v16 = 0;
    uint64_t v = 0;
    assert_true(tw_span_u16(ALL, 1, true, &v16));
    assert_int_equal(v16, 0x0102);
    assert_true(tw_span_u16(ALL, 1, false, &v16));
    assert_int_equal(v16, 0x0201);
    assert_true(tw_span_uint(ALL, 0, 3, true, &v));
    assert_int_equal(v, 0x800102);
    assert_false(tw_span_u16(ALL, 7, false, &v16));
    assert_false(tw_span_uint(ALL, 0, 9, false, &v));
}

static void span__uvarint__is_bounded(void **state)
{
    (void)state;
    uint64_t v = 0;
    unsigned size = 0;
    assert_true(tw_span_uvarint(ALL, 0, &v, &size));
    assert_int_equal(v, 128);
    assert_int_equal(size, 2);
    assert_false(tw_span_uvarint(tw_span_of("\xff\xff", 2), 0, &v, &size));
    assert_false(
        tw_span_uvarint(tw_span_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10), 0, &v, &size));
}

static void span__text__ends_at_its_nul(void **state)
{
    (void)state;
    struct tw_span text = {0};
    assert_true(tw_span_cstr(ALL, 4, &text));
    assert_true(tw_span_equals(text, "ab"));
    assert_false(tw_span_cstr(ALL, 7, &text));
    assert_true(tw_span_starts_with(text, "a"));
    uint64_t at = 0;
    assert_true(tw_span_find(ALL, 0, tw_span_str("ab"), &at));
    assert_int_equal(at, 4);
    assert_false(tw_span_find(ALL, 5, tw_span_str("ab"), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span__offsets_that_overflow__are_outside),
        cmocka_unit_test(span__integers__in_both_byte_orders),
        cmocka_unit_test(span__uvarint__is_bounded),
        cmocka_unit_test(span__text__ends_at_its_nul),
    };
    return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
