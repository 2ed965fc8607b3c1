#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/limits.h"
#include "scanner/base/mem.h"

static void limits__every_row__has_a_default_within_its_maximum(void **state)
{
    (void)state;
    for (unsigned i = 0; i < tw_limit_row_count; i++) {
        const struct tw_limit_row *row = &tw_limit_rows[i];
        const char *at = (const char *)&tw_limits_default + row->offset;
        assert_int_equal(*(const uint64_t *)(const void *)at, row->default_value);
        assert_true(row->default_value > 0 && row->default_value <= row->hard_maximum);
        assert_true(strlen(row->why) > 0 && strlen(row->unit) > 0);
    }
}

static void limits__set__takes_up_to_the_maximum(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    assert_int_equal(tw_limits_set(&limits, "redirects=20", NULL), 0);
    assert_int_equal(limits.redirects, 20);
    assert_int_equal(tw_limits_set(&limits, "redirects=21", NULL), TW_E_USAGE);
    assert_int_equal(limits.redirects, 20);
}

static void limits__nonsense__is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"", "redirects", "redirects=", "redirects=0", "redirects=-1",
        "redirects=5x", "redirects= 5", "redirect=5", "redirects=99999999999999999999999"};
    struct tw_limits limits = tw_limits_default;
    for (size_t i = 0; i < TW_COUNT(bad); i++)
        assert_int_equal(tw_limits_set(&limits, bad[i], NULL), TW_E_USAGE);
    assert_memory_equal(&limits, &tw_limits_default, sizeof limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits__every_row__has_a_default_within_its_maximum),
        cmocka_unit_test(limits__set__takes_up_to_the_maximum),
        cmocka_unit_test(limits__nonsense__is_refused),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
