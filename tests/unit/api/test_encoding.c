#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "api/encoding.h"

static void wants_gzip__by_weights__only_when_named_and_liked_as_much(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool wants;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZip", true},
        {"gzip, deflate, br", true},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
        {"gzip;q=0.001", true},
        {"gzip;q=0", false},
        {"gzip;q=0.000", false},
        {"gzip;q=x", false},
        {"gzip;q=0.1234", false}, // three decimals at most
        {"identity", false},
        {"identity, gzip", true},
        {"identity, gzip;q=0.5", false},
        {"identity;q=0.5, gzip;q=0.5", true},
        {"identity;q=0, gzip;q=0.2", true},
        {"identity;q=0", false}, // a body is better than none
        {"*", false},
        {"deflate, br", false},
        {"x-gzip", false},
        {"gzipped", false},
        {",,;q=1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (tw_wants_gzip(rows[i].header) != rows[i].wants)
            fail_msg("\"%s\"", rows[i].header ? rows[i].header : "(not sent)");
    }
}

// What an unpacker makes of the body.
static void assert_unpacks_to(const struct tw_buf *body, const char *bytes, size_t size)
{
    char out[8192];
    assert_true(size < sizeof out);
    z_stream z = {.next_in = (Bytef *)body->data,
        .avail_in = (uInt)body->size,
        .next_out = (Bytef *)out,
        .avail_out = sizeof out};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK); // gzip only
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(z.total_out, size);
    inflateEnd(&z);
    assert_memory_equal(out, bytes, size);
}

static void gzip__text__is_packed_and_may_grow_on(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(8192);
    char text[4096];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "{\"items\":[]}"[i % 12];
    assert_int_equal(tw_buf_append(&body, text, sizeof text), 0);
    assert_true(tw_gzip(&body));
    assert_true(body.size < sizeof text / 10);
    assert_int_equal(body.data[body.size], '\0');
    assert_unpacks_to(&body, text, sizeof text);
    size_t packed = body.size;
    assert_int_equal(tw_buf_puts(&body, "tail"), 0);
    assert_int_equal(body.size, packed + 4);
    assert_string_equal(body.data + packed, "tail");
}

static void gzip__without_gain__leaves_the_body(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(8192);
    assert_false(tw_gzip(&body)); // nothing
    assert_int_equal(body.size, 0);
    assert_int_equal(tw_buf_puts(&body, "ab"), 0);
    assert_false(tw_gzip(&body));
    assert_int_equal(body.size, 2);
    assert_string_equal(body.data, "ab");
    tw_buf_reset(&body);
    char noise[2048];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5; // xorshift: no packer finds a pattern
        noise[i] = (char)(x >> 24);
    }
    assert_int_equal(tw_buf_append(&body, noise, sizeof noise), 0);
    assert_false(tw_gzip(&body));
    assert_int_equal(body.size, sizeof noise);
    assert_memory_equal(body.data, noise, sizeof noise);
}

// printf abc | sha256sum
#define ABC "ba7816bf8f01cfea414140de5dae2223"

static void etag__of_bytes__strong_weak_and_of_the_packed_form(void **state)
{
    (void)state;
    char etag[TW_ETAG_BYTES];
    assert_true(tw_etag_of(tw_span_str("abc"), false, etag));
    assert_string_equal(etag, "\"" ABC "\"");
    tw_etag_of_gzip(etag);
    assert_string_equal(etag, "\"" ABC "-gzip\"");
    assert_true(tw_etag_of(tw_span_str("abc"), true, etag));
    assert_string_equal(etag, "W/\"" ABC "\"");
    tw_etag_of_gzip(etag); // weak ones do not promise the bytes
    assert_string_equal(etag, "W/\"" ABC "\"");
    etag[0] = '\0';
    tw_etag_of_gzip(etag);
    assert_string_equal(etag, "");
}

static void etag_matches__if_none_match__in_either_form_or_any(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool matches;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"*", true},
        {"\"" ABC "\"", true},
        {"W/\"" ABC "\"", true},
        {"\"" ABC "-gzip\"", true},
        {"W/\"" ABC "-gzip\"", true},
        {"\"x\", \"y,z\" ,\t\"" ABC "\"", true},
        {"\"x\",\"" ABC "-gzip\",\"y\"", true},
        {"\"x, " ABC "\"", false}, // a comma inside of a tag parts nothing
        {"\"*\"", false},
        {"\"" ABC "0\"", false},
        {"\"0" ABC "\"", false},
        {"\"" ABC "-br\"", false},
        {"\"\"", false},
        {"\"-gzip\"", false},
        {ABC, false}, // without quotes it is no tag
        {"w/\"" ABC "\"", false},
        {"\"x\" " ABC, false},
        {",,, ", false},
        {"W/", false},
        {"\"", false},
    };
    static const char *const ours[] = {"\"" ABC "\"", "W/\"" ABC "\"", "\"" ABC "-gzip\""};
    for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (tw_etag_matches(rows[i].header, ours[k]) != rows[i].matches)
                fail_msg("%s against %s", rows[i].header ? rows[i].header : "(none)", ours[k]);
        }
    }
    assert_false(tw_etag_matches("\"\"", "")); // an answer without a tag
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_gzip__by_weights__only_when_named_and_liked_as_much),
        cmocka_unit_test(gzip__text__is_packed_and_may_grow_on),
        cmocka_unit_test(gzip__without_gain__leaves_the_body),
        cmocka_unit_test(etag__of_bytes__strong_weak_and_of_the_packed_form),
        cmocka_unit_test(etag_matches__if_none_match__in_either_form_or_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
