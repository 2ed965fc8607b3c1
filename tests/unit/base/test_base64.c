#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/base/base64.h"

static void base64__every_length__there_and_back(void **state)
{
    (void)state;
    uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 200);
    for (size_t n = 0; n <= sizeof bytes; n += n < 40 ? 1 : 31) {
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(8000), back = TW_BUF(8000);
        assert_int_equal(tw_base64_encode(tw_span_of(bytes, n), &text), 0);
        assert_int_equal(text.size, (n + 2) / 3 * 4);
        assert_true(tw_base64_decode(tw_buf_span(&text), &back));
        assert_int_equal(back.size, n);
        assert_memory_equal(back.data ? back.data : "", bytes, n);
    }
    // RFC 4648 section 10
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(100);
    tw_base64_encode(tw_span_str("foobar"), &text);
    assert_string_equal(text.data, "Zm9vYmFy");
}

static void base64__not_of_the_alphabet__refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"Zm9v!mFy", "Zg=a", "Zm9vY", "Zm9vYn=", "Zh==", "Zm 9v"};
    for (size_t i = 0; i < TW_COUNT(texts); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(100);
        assert_false(tw_base64_decode(tw_span_str(texts[i]), &out));
    }
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(100);
    assert_true(tw_base64_decode(tw_span_str("Zm9vYmE"), &out)); // padding left out
    assert_string_equal(out.data, "fooba");
}

static void base64url__its_own_alphabet__and_no_other(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(100);
    assert_true(tw_base64url_decode(tw_span_str("-_-_"), &out));
    assert_memory_equal(out.data, "\xfb\xff\xbf", 3);
    assert_false(tw_base64url_decode(tw_span_str("+/+/"), &out));
    assert_false(tw_base64_decode(tw_span_str("-_-_"), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64__every_length__there_and_back),
        cmocka_unit_test(base64__not_of_the_alphabet__refused),
        cmocka_unit_test(base64url__its_own_alphabet__and_no_other),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
