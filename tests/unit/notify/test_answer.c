// What receivers answer, and how long to wait.
#include "daemon/notify/answer.h"
#include "daemon/notify/courier.h"
#include "tests/unit/notify/fixture.h"

static struct tw_outcome answer(
    const struct tw_sink_kind *kind, long status, uint32_t retry_after_s, const char *body)
{
    const struct tw_http_answer got = {.status = status, .retry_after_s = retry_after_s};
    return kind->read(&got, tw_span_str(body));
}

static void read__status__is_delivered_later_never_or_stop(void **state)
{
    (void)state;
    static const struct {
        long status;
        int end, slack;
    } rows[] = {
        {200, TW_OUTCOME_DELIVERED, TW_OUTCOME_DELIVERED},
        {202, TW_OUTCOME_DELIVERED, TW_OUTCOME_DELIVERED},
        {204, TW_OUTCOME_DELIVERED, TW_OUTCOME_DELIVERED},
        {301, TW_OUTCOME_NEVER, TW_OUTCOME_NEVER},
        {307, TW_OUTCOME_NEVER, TW_OUTCOME_NEVER},
        {400, TW_OUTCOME_NEVER, TW_OUTCOME_NEVER},
        {401, TW_OUTCOME_NEVER, TW_OUTCOME_NEVER},
        {403, TW_OUTCOME_NEVER, TW_OUTCOME_STOP},
        {404, TW_OUTCOME_NEVER, TW_OUTCOME_STOP},
        {408, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {410, TW_OUTCOME_STOP, TW_OUTCOME_STOP},
        {425, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {429, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {499, TW_OUTCOME_NEVER, TW_OUTCOME_NEVER},
        {500, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {503, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {599, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {100, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {0, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
        {999, TW_OUTCOME_AGAIN, TW_OUTCOME_AGAIN},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_outcome got = answer(&tw_sink_webhook, rows[i].status, 7, "");
        assert_int_equal(got.end, rows[i].end);
        assert_int_equal(got.wait_s, rows[i].end == TW_OUTCOME_AGAIN ? 7 : 0);
        assert_true(got.end == TW_OUTCOME_DELIVERED || got.why);
        assert_int_equal(answer(&tw_sink_cloudevents, rows[i].status, 7, "").end, rows[i].end);
        assert_int_equal(answer(&tw_sink_slack, rows[i].status, 7, "").end, rows[i].slack);
    }
}

static void read__errcode_of_robots__table(void **state)
{
    (void)state;
    static const struct {
        const struct tw_sink_kind *kind;
        const char *body;
        int end;
        uint32_t wait_s;
        long code;
    } rows[] = {
        {&tw_sink_wecom, "{\"errcode\":0,\"errmsg\":\"ok\"}", TW_OUTCOME_DELIVERED, 0, 200},
        {&tw_sink_wecom, "{\"errcode\":45009}", TW_OUTCOME_AGAIN, 60, 45009},
        {&tw_sink_wecom, "{\"errcode\":-1}", TW_OUTCOME_AGAIN, 0, -1},
        {&tw_sink_wecom, "{\"errcode\":93000}", TW_OUTCOME_STOP, 0, 93000},
        {&tw_sink_wecom, "{\"errcode\":40058}", TW_OUTCOME_NEVER, 0, 40058},
        {&tw_sink_wecom, "{\"errcode\":12345}", TW_OUTCOME_NEVER, 0, 12345},
        {&tw_sink_wecom, "{\"errcode\":9223372036854775807}", TW_OUTCOME_NEVER, 0, 0},
        {&tw_sink_wecom, "{\"errcode\":\"0\"}", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "{\"errcode\":0.0}", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "{}", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "[0]", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "ok", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_wecom, "{\"errcode\":0", TW_OUTCOME_AGAIN, 0, 200},
        {&tw_sink_dingtalk, "{\"errcode\":0}", TW_OUTCOME_DELIVERED, 0, 200},
        {&tw_sink_dingtalk, "{\"errcode\":130101}", TW_OUTCOME_AGAIN, 600, 130101},
        {&tw_sink_dingtalk, "{\"errcode\":310000}", TW_OUTCOME_STOP, 0, 310000},
        {&tw_sink_dingtalk, "{\"errcode\":300001}", TW_OUTCOME_STOP, 0, 300001},
        {&tw_sink_dingtalk, "{\"errcode\":93000}", TW_OUTCOME_NEVER, 0, 93000},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_outcome got = answer(rows[i].kind, 200, 0, rows[i].body);
        assert_int_equal(got.end, rows[i].end);
        assert_int_equal(got.wait_s, rows[i].wait_s);
        assert_int_equal(got.code, rows[i].code);
    }
    assert_int_equal(answer(&tw_sink_wecom, 502, 9, "{\"errcode\":0}").end, TW_OUTCOME_AGAIN);
    assert_int_equal(answer(&tw_sink_wecom, 502, 9, "").wait_s, 9);
}

static void delay__grows_to_a_quarter_of_an_hour_and_keeps_what_was_asked(void **state)
{
    (void)state;
    assert_int_equal(tw_courier_delay_ms(1, 0, 1000), 2000);
    assert_int_equal(tw_courier_delay_ms(2, 0, 1000), 4000);
    assert_int_equal(tw_courier_delay_ms(1, 0, 0), 1500);
    assert_int_equal(tw_courier_delay_ms(1, 0, 2000), 2500);
    assert_int_equal(tw_courier_delay_ms(9, 0, 1000), 512000);
    assert_int_equal(tw_courier_delay_ms(10, 0, 1000), 900000);
    assert_int_equal(tw_courier_delay_ms(4000000000, 0, 2000), 1125000);
    assert_int_equal(tw_courier_delay_ms(1, 60, 1000), 60000);
    assert_int_equal(tw_courier_delay_ms(10, 60, 1000), 900000);
    assert_int_equal(tw_courier_delay_ms(1, UINT32_MAX, 1000), 86400000);
}

static void rate__twenty_a_minute__the_next_waits_for_the_first_to_be_old(void **state)
{
    (void)state;
    struct tw_account account = {.name = "x"};
    int64_t now_ms = 1000000;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tw_account_wait_ms(&account, 20, now_ms + i * 100), 0);
        tw_account_sent(&account, now_ms + i * 100);
    }
    assert_int_equal(tw_account_wait_ms(&account, 20, now_ms + 2000), 58000);
    assert_int_equal(tw_account_wait_ms(&account, 20, now_ms + 59999), 1);
    assert_int_equal(tw_account_wait_ms(&account, 20, now_ms + 60000), 0);
    assert_int_equal(tw_account_wait_ms(&account, 0, now_ms + 2000), 0);
    assert_int_equal(tw_account_wait_ms(&account, 60, now_ms + 2000), 0);
    tw_account_sent(&account, now_ms + 60000);
    assert_int_equal(tw_account_wait_ms(&account, 20, now_ms + 60000), 100);
    for (int i = 0; i < 60; i++)
        tw_account_sent(&account, now_ms + 70000);
    assert_int_equal(tw_account_wait_ms(&account, 60, now_ms + 70000), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__status__is_delivered_later_never_or_stop),
        cmocka_unit_test(read__errcode_of_robots__table),
        cmocka_unit_test(delay__grows_to_a_quarter_of_an_hour_and_keeps_what_was_asked),
        cmocka_unit_test(rate__twenty_a_minute__the_next_waits_for_the_first_to_be_old),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
