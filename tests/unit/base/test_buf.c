#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/buf.h"

static void buf__past_its_ceiling__fails_and_stays_failed(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf buf = TW_BUF(5);
    assert_int_equal(tw_buf_puts(&buf, "12345"), 0);
    assert_int_equal(tw_buf_puts(&buf, "6"), TW_E_LIMIT);
    assert_int_equal(tw_buf_puts(&buf, ""), TW_E_LIMIT);
    assert_string_equal(buf.data, "12345");
    tw_buf_reset(&buf);
    assert_int_equal(tw_buf_printf(&buf, "%d", 42), 0);
    assert_string_equal(buf.data, "42");
}

static void buf__taken__is_empty(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf buf = TW_BUF(100);
    size_t size = 0;
    tw_buf_append(&buf, "a\0b", 3);
    TW_AUTO(tw_freep) char *bytes = tw_buf_take(&buf, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "a\0b", 4);
    assert_int_equal(buf.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf__past_its_ceiling__fails_and_stays_failed),
        cmocka_unit_test(buf__taken__is_empty),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
