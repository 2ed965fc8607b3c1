#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/worker/retry.h"
#include "scanner/base/mem.h"

enum { MANY = 100, MIDDLE = 1000 }; // MIDDLE: the random number that changes nothing

static int64_t delay(int code, unsigned attempts, uint32_t random)
{
    return tw_retry_delay_ms(&(struct tw_err){.code = code}, attempts, MANY, random);
}

static void delay__temporary__doubles_from_two_seconds_to_ten_minutes(void **state)
{
    (void)state;
    static const int64_t expected_s[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600};
    for (unsigned i = 0; i < TW_COUNT(expected_s); i++)
        assert_int_equal(delay(TW_E_UNAVAILABLE, i + 1, MIDDLE), expected_s[i] * 1000);
    assert_int_equal(delay(TW_E_UNAVAILABLE, MANY - 1, MIDDLE), 600000);
}

static void delay__random__stays_within_a_quarter(void **state)
{
    (void)state;
    bool below = false, above = false;
    for (uint32_t random = 0; random < 5000; random++) {
        int64_t ms = delay(TW_E_UNAVAILABLE, 3, random);
        assert_in_range(ms, 6000, 10000);
        below |= ms == 6000;
        above |= ms == 10000;
    }
    assert_true(below && above);
    assert_in_range(delay(TW_E_UNAVAILABLE, 1, UINT32_MAX), 1500, 2500);
}

static void delay__told_to_wait__counts_when_it_is_longer(void **state)
{
    (void)state;
    struct tw_err why = {.code = TW_E_UNAVAILABLE, .retry_after_s = 7};
    assert_int_equal(tw_retry_delay_ms(&why, 1, MANY, MIDDLE), 7000);
    assert_int_equal(tw_retry_delay_ms(&why, 3, MANY, MIDDLE), 8000);
    why.retry_after_s = UINT32_MAX;
    assert_int_equal(tw_retry_delay_ms(&why, 1, MANY, MIDDLE), (int64_t)UINT32_MAX * 1000);
}

static void delay__last_attempt__is_none(void **state)
{
    (void)state;
    struct tw_err why = {.code = TW_E_UNAVAILABLE, .retry_after_s = 7};
    assert_int_equal(tw_retry_delay_ms(&why, 8, 8, MIDDLE), 0);
    assert_int_equal(tw_retry_delay_ms(&why, 9, 8, MIDDLE), 0);
    assert_int_equal(tw_retry_delay_ms(&why, 1, 1, MIDDLE), 0);
}

static void delay__by_code__is_tried_as_often_as_it_can_help(void **state)
{
    (void)state;
    static const struct {
        int code;
        unsigned attempts; // 0: as many as are configured
    } rows[] = {
        {TW_E_UNAVAILABLE, 0},
        {TW_E_STORE, 0},
        {TW_E_IO, 0},
        {TW_E_NOMEM, 0},
        {TW_E_CAGE, 0},
        {TW_E_NOT_FOUND, 3},
        {TW_E_DIGEST, 3},
        {TW_E_DENIED, 3},
        {TW_E_INTERNAL, 3},
        {TW_E_FORMAT, 1},
        {TW_E_TRUNCATED, 1},
        {TW_E_LIMIT, 1},
        {TW_E_UNSUPPORTED, 1},
        {TW_E_NOT_ALLOWED, 1},
        {TW_E_USAGE, 1},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        unsigned made = 1;
        while (delay(rows[i].code, made, MIDDLE) > 0)
            made++;
        assert_int_equal(made, rows[i].attempts ? rows[i].attempts : MANY);
    }
}

static void settles__from_the_last_attempt_that_a_missing_layer_gets(void **state)
{
    (void)state;
    assert_false(tw_retry_settles(1, "", 8));
    assert_false(tw_retry_settles(2, "cage", 8));
    assert_true(tw_retry_settles(3, "cage", 8));
    assert_false(tw_retry_settles(5, "interrupted", 8)); // killed five times, tried never
    assert_true(tw_retry_settles(8, "interrupted", 8));
    assert_true(tw_retry_settles(1, "", 1));
    for (unsigned attempts = 1; attempts < 9; attempts++) {
        bool last = delay(TW_E_NOT_FOUND, attempts, MIDDLE) == 0;
        assert_int_equal(tw_retry_settles(attempts, "cage", 8), last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delay__temporary__doubles_from_two_seconds_to_ten_minutes),
        cmocka_unit_test(delay__random__stays_within_a_quarter),
        cmocka_unit_test(delay__told_to_wait__counts_when_it_is_longer),
        cmocka_unit_test(delay__last_attempt__is_none),
        cmocka_unit_test(delay__by_code__is_tried_as_often_as_it_can_help),
        cmocka_unit_test(settles__from_the_last_attempt_that_a_missing_layer_gets),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
