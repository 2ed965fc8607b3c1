#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "api/access/rate.h"

static unsigned take_all(struct tw_rate *rate, const char *who, int64_t now_ms)
{
    uint8_t key[TW_RATE_KEY_BYTES] = {0};
    unsigned n = 0, wait_s = 0;
    memcpy(key, who, strlen(who));
    while (n < 10000 && tw_rate_take(rate, key, now_ms, &wait_s))
        n++;
    assert_true(n == 10000 || wait_s >= 1);
    return n;
}

static void bucket__empty__refills_with_time(void **state)
{
    (void)state;
    struct tw_bucket bucket = {.last_ms = 1000};
    unsigned wait_s = 0;
    for (int i = 0; i < 5; i++)
        assert_true(tw_bucket_take(&bucket, 0.5, 5, 1000, NULL));
    assert_false(tw_bucket_take(&bucket, 0.5, 5, 1000, &wait_s));
    assert_int_equal(wait_s, 3); // 2 s for one, and never 0
    assert_false(tw_bucket_take(&bucket, 0.5, 5, 2999, NULL));
    assert_true(tw_bucket_take(&bucket, 0.5, 5, 3001, NULL));
    assert_false(tw_bucket_take(&bucket, 0.5, 5, 3001, NULL));
}

static void rate__one_client__two_seconds_of_burst_then_the_rate(void **state)
{
    (void)state;
    struct tw_rate *rate = tw_rate_new(100);
    assert_int_equal(take_all(rate, "a", 5000), 200);
    assert_int_equal(take_all(rate, "a", 5500), 50);
    assert_int_equal(take_all(rate, "a", 1000000), 200);
    tw_rate_free(rate);
}

static void rate__another_client__has_its_own(void **state)
{
    (void)state;
    struct tw_rate *rate = tw_rate_new(10);
    assert_int_equal(take_all(rate, "a", 5000), 20);
    assert_int_equal(take_all(rate, "b", 5000), 20);
    assert_int_equal(take_all(rate, "a", 5000), 0);
    tw_rate_free(rate);
}

static void rate__zero__no_limit(void **state)
{
    (void)state;
    struct tw_rate *rate = tw_rate_new(0);
    assert_int_equal(take_all(rate, "a", 5000), 10000);
    tw_rate_free(rate);
}

static void rate__more_clients_than_fit__all_are_served(void **state)
{
    (void)state;
    struct tw_rate *rate = tw_rate_new(10);
    for (uint32_t i = 0; i < 100000; i++) {
        uint8_t key[TW_RATE_KEY_BYTES] = {0};
        memcpy(key, &i, sizeof i);
        assert_true(tw_rate_take(rate, key, 5000 + i, NULL));
    }
    tw_rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket__empty__refills_with_time),
        cmocka_unit_test(rate__one_client__two_seconds_of_burst_then_the_rate),
        cmocka_unit_test(rate__another_client__has_its_own),
        cmocka_unit_test(rate__zero__no_limit),
        cmocka_unit_test(rate__more_clients_than_fit__all_are_served),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
