#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/worker/cooling.h"

#define T0 1700000000000LL
static const char app[] = "registry.example:5000/team/app:1";
static const struct tw_err down = {.code = TW_E_UNAVAILABLE};

static int64_t pause_of(struct tw_cooling *cooling, const char *reference, int64_t now_ms)
{
    int64_t until_ms = 0;
    return tw_cooling_get(cooling, reference, now_ms, &until_ms) ? until_ms - now_ms : 0;
}

static void cooling__failures_in_a_row__pause_longer_up_to_a_minute(void **state)
{
    (void)state;
    static const int64_t expected_ms[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    int64_t now_ms = T0;
    assert_int_equal(pause_of(cooling, app, now_ms), 0);
    for (size_t i = 0; i < TW_COUNT(expected_ms); i++) {
        tw_cooling_failed(cooling, app, &down, now_ms);
        assert_int_equal(pause_of(cooling, app, now_ms), expected_ms[i]);
        now_ms += expected_ms[i];
        assert_int_equal(pause_of(cooling, app, now_ms), 0);
    }
}

static void cooling__an_answer__ends_it_and_starts_over(void **state)
{
    (void)state;
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    tw_cooling_failed(cooling, app, &down, T0);
    tw_cooling_failed(cooling, app, &down, T0 + 2000);
    tw_cooling_answered(cooling, app);
    assert_int_equal(pause_of(cooling, app, T0 + 2000), 0);
    tw_cooling_failed(cooling, app, &down, T0 + 2001);
    assert_int_equal(pause_of(cooling, app, T0 + 2001), 2000);
}

static void cooling__failures_at_once__are_one(void **state)
{
    (void)state;
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    for (int worker = 0; worker < 8; worker++)
        tw_cooling_failed(cooling, app, &down, T0 + worker);
    assert_int_equal(pause_of(cooling, app, T0), 2000);
}

static void cooling__told_to_wait__counts_in_full(void **state)
{
    (void)state;
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    struct tw_err busy = {.code = TW_E_UNAVAILABLE, .retry_after_s = 300};
    tw_cooling_failed(cooling, app, &down, T0);
    tw_cooling_failed(cooling, app, &busy, T0 + 1);
    assert_int_equal(pause_of(cooling, app, T0 + 1), 300000);
    tw_cooling_failed(cooling, app, &down, T0 + 2); // never shorter
    assert_int_equal(pause_of(cooling, app, T0 + 2), 299999);
}

static void cooling__other_hosts__are_not_touched(void **state)
{
    (void)state;
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    tw_cooling_failed(cooling, app, &down, T0);
    assert_int_equal(pause_of(cooling, "registry.example:5000/other@sha256:0", T0), 2000);
    assert_int_equal(pause_of(cooling, "registry.example:500/team/app:1", T0), 0);
    assert_int_equal(pause_of(cooling, "registry.example:50001/team/app:1", T0), 0);
    tw_cooling_answered(cooling, "registry.example/team/app:1");
    assert_int_equal(pause_of(cooling, app, T0), 2000);
}

static void cooling__more_hosts_than_room__the_oldest_goes(void **state)
{
    (void)state;
    TW_AUTO(tw_cooling_freep) struct tw_cooling *cooling = tw_cooling_new();
    char reference[64];
    for (int i = 0; i < 65; i++) {
        snprintf(reference, sizeof reference, "h%d.example/a:1", i);
        tw_cooling_failed(cooling, reference, &down, T0 + i);
    }
    assert_int_equal(pause_of(cooling, "h0.example/a:1", T0 + 65), 0);
    assert_int_equal(pause_of(cooling, "h1.example/a:1", T0 + 1), 2000);
    assert_int_equal(pause_of(cooling, "h64.example/a:1", T0 + 64), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cooling__failures_in_a_row__pause_longer_up_to_a_minute),
        cmocka_unit_test(cooling__an_answer__ends_it_and_starts_over),
        cmocka_unit_test(cooling__failures_at_once__are_one),
        cmocka_unit_test(cooling__told_to_wait__counts_in_full),
        cmocka_unit_test(cooling__other_hosts__are_not_touched),
        cmocka_unit_test(cooling__more_hosts_than_room__the_oldest_goes),
    };
    return cmocka_run_group_tests_name("cooling", tests, NULL, NULL);
}
