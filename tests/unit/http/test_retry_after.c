#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/http/retry_after.h"

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7.
enum { THEN = 784111777 };
#define AFTER_A_MINUTE "Sun, 06 Nov 1994 08:50:37 GMT"

static void retry_after__seconds__as_they_are(void **state)
{
    (void)state;
    assert_int_equal(tw_retry_after_parse("120", NULL, THEN), 120);
    assert_int_equal(tw_retry_after_parse("1", NULL, THEN), 1);
}

static void retry_after__too_much_or_nothing__between_a_second_and_a_day(void **state)
{
    (void)state;
    assert_int_equal(tw_retry_after_parse("0", NULL, THEN), 1);
    assert_int_equal(tw_retry_after_parse("86401", NULL, THEN), 86400);
    assert_int_equal(tw_retry_after_parse("99999999999999999999999999", NULL, THEN), 86400);
    assert_int_equal(tw_retry_after_parse("Sun, 06 Nov 2094 08:50:37 GMT", NULL, THEN), 86400);
    assert_int_equal(tw_retry_after_parse("Sun, 06 Nov 1994 08:00:00 GMT", NULL, THEN), 1);
}

static void retry_after__a_date__from_now(void **state)
{
    (void)state;
    assert_int_equal(tw_retry_after_parse(AFTER_A_MINUTE, NULL, THEN), 60);
    assert_int_equal(tw_retry_after_parse("Sunday, 06-Nov-94 08:50:37 GMT", NULL, THEN), 60);
}

static void retry_after__a_date_and_their_own_clock__the_difference_of_both(void **state)
{
    (void)state;
    const char *date = "Sun, 06 Nov 1994 08:50:07 GMT";
    assert_int_equal(tw_retry_after_parse(AFTER_A_MINUTE, date, THEN - 5000), 30);
    assert_int_equal(tw_retry_after_parse(AFTER_A_MINUTE, "no date", THEN), 60);
}

static void retry_after__absent_or_meaningless__nothing(void **state)
{
    (void)state;
    const char *const rows[] = {NULL, "", "soon", "-5", "12 parsecs"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tw_retry_after_parse(rows[i], NULL, THEN), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after__seconds__as_they_are),
        cmocka_unit_test(retry_after__too_much_or_nothing__between_a_second_and_a_day),
        cmocka_unit_test(retry_after__a_date__from_now),
        cmocka_unit_test(retry_after__a_date_and_their_own_clock__the_difference_of_both),
        cmocka_unit_test(retry_after__absent_or_meaningless__nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
