// The lines between a cage and its parent about a layer in parts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "scanner/base/seekable.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void line__as_formatted__is_parsed_to_the_same(void **state)
{
    (void)state;
    const struct tw_seekable from = {.kind = TW_SEEKABLE_ZSTD_CHUNKED,
        .digest = {DIGEST},
        .offset = 7,
        .size_bytes = UINT64_MAX};
    struct tw_seekable to = {0};
    uint64_t blob_bytes = 0;
    char line[TW_SEEKABLE_LINE_BYTES];
    tw_seekable_format(&from, 1234, line);
    assert_string_equal(line, "zstd:chunked " DIGEST " 1234 7 18446744073709551615\n");
    assert_true(tw_seekable_parse(line, &to, &blob_bytes));
    assert_int_equal(to.kind, TW_SEEKABLE_ZSTD_CHUNKED);
    assert_string_equal(to.digest.text, DIGEST);
    assert_int_equal(to.offset, 7);
    assert_true(to.size_bytes == UINT64_MAX);
    assert_int_equal(blob_bytes, 1234);

    struct tw_range range = {0};
    char asked[TW_RANGE_LINE_BYTES];
    tw_range_format((struct tw_range){12, 34}, asked);
    assert_string_equal(asked, "range 12 34\n");
    assert_true(tw_range_parse(asked, &range));
    assert_int_equal(range.offset, 12);
    assert_int_equal(range.size_bytes, 34);
}

static void line__of_any_other_form__is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "\n", "eStargz\n", "estargz " DIGEST " 1 0 0\n",
        "eStargz sha256:12 1 0 0\n", "eStargz " DIGEST " 1 0\n", "eStargz " DIGEST " 1 0 0",
        "eStargz " DIGEST " 1 0 0\n\n", "eStargz " DIGEST " -1 0 0\n",
        "eStargz " DIGEST " 1 0 0x1\n", "eStargz " DIGEST " 18446744073709551616 0 0\n"};
    static const char *const ranges[] = {"", "range", "range 1\n", "range 1 2", "range 1 2 3\n",
        "range  1 2\n", "range 1 2\nx", "Range 1 2\n", "range -1 2\n", "range 1 +2\n"};
    struct tw_seekable seekable;
    struct tw_range range;
    uint64_t blob_bytes;
    for (size_t i = 0; i < TW_COUNT(lines); i++)
        assert_false(tw_seekable_parse(lines[i], &seekable, &blob_bytes));
    for (size_t i = 0; i < TW_COUNT(ranges); i++)
        assert_false(tw_range_parse(ranges[i], &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line__as_formatted__is_parsed_to_the_same),
        cmocka_unit_test(line__of_any_other_form__is_refused),
    };
    return cmocka_run_group_tests_name("seekable", tests, NULL, NULL);
}
