#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/hmac.h"

// RFC 4231, section 4.
static void hmac__vectors_of_the_rfc__same_sum(void **state)
{
    (void)state;
    static const uint8_t key3[20] = {[0 ... 19] = 0xaa}, data3[50] = {[0 ... 49] = 0xdd};
    static const uint8_t key6[131] = {[0 ... 130] = 0xaa};
    const struct {
        struct tw_span key, message;
        const char *sum;
    } rows[] = {
        {tw_span_str("Jefe"), tw_span_str("what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {tw_span_of(key3, sizeof key3), tw_span_of(data3, sizeof data3),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {tw_span_of(key6, sizeof key6),
            tw_span_str("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        uint8_t sum[TW_SHA256_BYTES], wanted[TW_SHA256_BYTES];
        assert_int_equal(tw_hmac_sha256(rows[i].key, rows[i].message, sum), 0);
        assert_true(tw_hex_decode(tw_span_str(rows[i].sum), wanted, sizeof wanted));
        assert_memory_equal(sum, wanted, sizeof sum);
    }
}

static void hmac__no_bytes__still_a_sum(void **state)
{
    (void)state;
    uint8_t sum[TW_SHA256_BYTES], wanted[TW_SHA256_BYTES];
    assert_int_equal(tw_hmac_sha256(tw_span_of(NULL, 0), tw_span_of(NULL, 0), sum), 0);
    assert_true(tw_hex_decode(
        tw_span_str("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"), wanted,
        sizeof wanted));
    assert_memory_equal(sum, wanted, sizeof sum);
}

// RFC 2202, section 3.
static void hmac__sha1_vectors_of_the_rfc__same_sum(void **state)
{
    (void)state;
    static const uint8_t key1[20] = {[0 ... 19] = 0x0b};
    const struct {
        struct tw_span key, message;
        const char *sum;
    } rows[] = {
        {tw_span_of(key1, sizeof key1), tw_span_str("Hi There"),
            "b617318655057264e28bc0b6fb378c8ef146be00"},
        {tw_span_str("Jefe"), tw_span_str("what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        uint8_t sum[TW_SHA1_BYTES], wanted[TW_SHA1_BYTES];
        assert_int_equal(tw_hmac_sha1(rows[i].key, rows[i].message, sum), 0);
        assert_true(tw_hex_decode(tw_span_str(rows[i].sum), wanted, sizeof wanted));
        assert_memory_equal(sum, wanted, sizeof sum);
    }
}

static void secret_equal__one_bit__differs(void **state)
{
    (void)state;
    assert_true(tw_secret_equal("abc", "abc", 3));
    assert_false(tw_secret_equal("abc", "abb", 3));
    assert_true(tw_secret_equal("abc", "abd", 2));
}

static void hex__every_character__a_digit_or_refused(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        uint8_t text[2] = {'0', (uint8_t)c}, value = 0x55;
        bool fits = tw_hex_decode(tw_span_of(text, 2), &value, 1);
        const char *digits = "0123456789abcdef", *found = NULL;
        unsigned lower = c >= 'A' && c <= 'F' ? c + 32 : c;
        found = lower ? strchr(digits, (int)lower) : NULL;
        assert_int_equal(fits, found != NULL);
        if (found)
            assert_int_equal(value, found - digits);
    }
    uint8_t two[2];
    assert_true(tw_hex_decode(tw_span_str("fF0a"), two, 2));
    assert_int_equal(two[0], 0xFF);
    assert_int_equal(two[1], 0x0A);
    assert_false(tw_hex_decode(tw_span_str("ff0"), two, 2));
    assert_false(tw_hex_decode(tw_span_str("ff0a0"), two, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac__vectors_of_the_rfc__same_sum),
        cmocka_unit_test(hmac__no_bytes__still_a_sum),
        cmocka_unit_test(hmac__sha1_vectors_of_the_rfc__same_sum),
        cmocka_unit_test(secret_equal__one_bit__differs),
        cmocka_unit_test(hex__every_character__a_digit_or_refused),
    };
    return cmocka_run_group_tests_name("hmac", tests, NULL, NULL);
}
