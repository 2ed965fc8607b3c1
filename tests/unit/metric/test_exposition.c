#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/metric/exposition.h"
#include "api/metric/histogram.h"

enum { MAX_BYTES = 4096 };

static void family__help_with_specials__is_escaped(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(MAX_BYTES);
    tw_single_count(&out, TW_COUNTER, "a_total", "one \\ two\nthree \"four\"", 7);
    assert_string_equal(out.data, "# HELP a_total one \\\\ two\\nthree \"four\"\n"
                                  "# TYPE a_total counter\n"
                                  "a_total 7\n");
}

static void sample__labels__are_escaped_in_their_order(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(MAX_BYTES);
    tw_sample_count(&out, "a", TW_LABELS({"x", "1\"2\\3\n4"}, {"y", ""}), UINT64_MAX);
    assert_string_equal(out.data, "a{x=\"1\\\"2\\\\3\\n4\",y=\"\"} 18446744073709551615\n");
}

static void sample__values__are_as_the_format_spells_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "a 0\n"},
        {0.25, "a 0.25\n"},
        {1789012345.125, "a 1789012345.125\n"},
        {-1e300, "a -1e+300\n"},
        {INFINITY, "a +Inf\n"},
        {-INFINITY, "a -Inf\n"},
        {NAN, "a NaN\n"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(MAX_BYTES);
        tw_sample(&out, "a", NULL, rows[i].value);
        assert_string_equal(out.data, rows[i].text);
    }
}

static void sample__past_the_ceiling__stays_a_failure(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(8);
    tw_single(&out, TW_GAUGE, "a", "b", 1);
    assert_int_equal(out.status, TW_E_LIMIT);
}

static void histogram__values__are_cumulative_and_on_their_bound(void **state)
{
    (void)state;
    static const struct tw_bounds bounds = {2, {0.5, 1}};
    static const double values[] = {0.5, 0.75, 1, 1.25, 4, -1, NAN};
    struct tw_histogram h = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(MAX_BYTES);
    for (size_t i = 0; i < TW_COUNT(values); i++)
        tw_histogram_add(&h, &bounds, values[i]);
    assert_int_equal(tw_histogram_count(&h, &bounds), 7);
    tw_histogram_write(&out, "d_seconds", TW_LABELS({"way", "in"}), &h, &bounds);
    assert_string_equal(out.data, "d_seconds_bucket{way=\"in\",le=\"0.5\"} 3\n"
                                  "d_seconds_bucket{way=\"in\",le=\"1\"} 5\n"
                                  "d_seconds_bucket{way=\"in\",le=\"+Inf\"} 7\n"
                                  "d_seconds_sum{way=\"in\"} 7.5\n"
                                  "d_seconds_count{way=\"in\"} 7\n");
}

static void histogram__empty_without_labels__has_all_its_samples(void **state)
{
    (void)state;
    static const struct tw_bounds bounds = {1, {10}};
    const struct tw_histogram h = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(MAX_BYTES);
    tw_histogram_write(&out, "d", NULL, &h, &bounds);
    assert_string_equal(out.data, "d_bucket{le=\"10\"} 0\n"
                                  "d_bucket{le=\"+Inf\"} 0\n"
                                  "d_sum 0\n"
                                  "d_count 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family__help_with_specials__is_escaped),
        cmocka_unit_test(sample__labels__are_escaped_in_their_order),
        cmocka_unit_test(sample__values__are_as_the_format_spells_them),
        cmocka_unit_test(sample__past_the_ceiling__stays_a_failure),
        cmocka_unit_test(histogram__values__are_cumulative_and_on_their_bound),
        cmocka_unit_test(histogram__empty_without_labels__has_all_its_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
