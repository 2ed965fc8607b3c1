// Signatures against vectors made with Python's hmac, and what each attempt carries.
#include "daemon/notify/sign.h"
#include "tests/unit/notify/fixture.h"

#define SECRET "0123456789abcdef"

static void sign_body__known_vector__and_any_change_differs(void **state)
{
    (void)state;
    char got[TW_SIGNATURE_BYTES], other[TW_SIGNATURE_BYTES];
    assert_int_equal(tw_sign_body(SECRET, "1767323045", tw_span_str("{\"a\":1}"), got), 0);
    assert_string_equal(
        got, "sha256=4c32cf781f3565724c268f18d7bc9ba04dd466529b0127d152f7e9f20a8ea5e0");
    assert_int_equal(tw_sign_body(SECRET, "1767323046", tw_span_str("{\"a\":1}"), other), 0);
    assert_string_not_equal(got, other);
    assert_int_equal(tw_sign_body(SECRET, "1767323045", tw_span_str("{\"a\":2}"), other), 0);
    assert_string_not_equal(got, other);
}

static void sign_dingtalk__known_vector(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf got = TW_BUF(100);
    assert_int_equal(tw_sign_dingtalk("SEC" SECRET, "1577262236757", &got), 0);
    assert_string_equal(got.data, "Pgr6tpIpjVrMPPJUPkaI9sivFPPTYOy5zIOMF2GPFMA=");
}

static void sign__dingtalk_url__has_timestamp_and_encoded_signature(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_event event = event_of(TW_EVENT_TEST, NULL);
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_dingtalk, .secret = "SEC" SECRET};
    const struct tw_dispatch dispatch = {
        .id = H32, .events = &event, .count = 1, .now_ms = 1577262236757};
    struct tw_signed sign = {0};
    assert_int_equal(
        tw_url_parse("https://oapi.example/robot/send?access_token=abc", &sink.url, &err), 0);
    assert_int_equal(tw_sink_dingtalk.sign(&sink, &dispatch, tw_span_str("x"), &sign, &err), 0);
    assert_string_equal(sign.url.text,
        "https://oapi.example/robot/send?access_token=abc&timestamp="
        "1577262236757&sign=Pgr6tpIpjVrMPPJUPkaI9sivFPPTYOy5zIOMF2GPFMA%3D");
    assert_int_equal(sign.count, 0);
    tw_signed_done(&sign);
    sink.secret = NULL;
    assert_int_equal(tw_sink_dingtalk.sign(&sink, &dispatch, tw_span_str("x"), &sign, &err), 0);
    assert_null(sign.url.text);
    tw_url_done(&sink.url);
}

static void sign__webhook__names_event_delivery_and_time(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_event_finding findings[2];
    struct tw_event event = event_of(TW_EVENT_DRIFT, findings);
    struct tw_sink sink = {.name = "x", .kind = &tw_sink_webhook};
    const struct tw_dispatch dispatch = {.id = H32, .events = &event, .count = 1, .now_ms = AT};
    struct tw_signed sign = {0};
    assert_int_equal(
        tw_sink_webhook.sign(&sink, &dispatch, tw_span_str("{\"a\":1}"), &sign, &err), 0);
    assert_int_equal(sign.count, 3);
    assert_string_equal(sign.lines[0], "X-Tidewaiter-Event: drift");
    assert_string_equal(sign.lines[1], "X-Tidewaiter-Delivery: " H32);
    assert_string_equal(sign.lines[2], "X-Tidewaiter-Timestamp: 1767323045");
    tw_signed_done(&sign);
    sink.secret = SECRET;
    assert_int_equal(
        tw_sink_cloudevents.sign(&sink, &dispatch, tw_span_str("{\"a\":1}"), &sign, &err), 0);
    assert_int_equal(sign.count, 4);
    assert_string_equal(sign.lines[3],
        "X-Signature-256: "
        "sha256="
        "4c32cf781f3565724c268f18d7bc9ba04dd466529b0127d152f7e9f20a8ea5e0");
    tw_signed_done(&sign);
    assert_int_equal(sign.lines[3][0], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_body__known_vector__and_any_change_differs),
        cmocka_unit_test(sign_dingtalk__known_vector),
        cmocka_unit_test(sign__dingtalk_url__has_timestamp_and_encoded_signature),
        cmocka_unit_test(sign__webhook__names_event_delivery_and_time),
    };
    return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
