#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/filter.h"
#include "scanner/base/goversion.h"

#define DAY_MS 1795996800000 // 2026-11-30T00:00:00Z
#define HOUR_MS 3600000
#define NO_MS (-7) // what is there when nothing is written

// A query of one parameter; NULL: of none.
static struct tw_query of(const char *name, const char *value)
{
    return (struct tw_query){.parameters = {{name, value}}, .count = value != NULL};
}

static void time__in_every_form__is_told_in_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {NULL, NO_MS},
        {"2026-11-30", DAY_MS},
        {"2026-11-30T00:00:00Z", DAY_MS},
        {"2026-11-30t12:00:00z", DAY_MS + 12 * HOUR_MS},
        {"2026-11-30 12:00:00Z", DAY_MS + 12 * HOUR_MS},
        {"2026-11-30T12:00:00+08:00", DAY_MS + 4 * HOUR_MS},
        {"2026-11-29T18:30:00-05:30", DAY_MS},
        {"2026-11-30T00:00:00.5Z", DAY_MS + 500},
        {"2026-11-30T00:00:00.0379Z", DAY_MS + 37},
        {"2026-11-30T00:00:00.123456789012345Z", DAY_MS + 123},
        {"2016-12-31T23:59:60Z", 1483228800000}, // a leap second is the next one
        {"2024-02-29", 1709164800000},
        {"1970-01-01", 0},
        {"1970-01-01T01:00:00+01:00", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query = of("since", rows[i].text);
        int64_t ms = 1;
        assert_int_equal(tw_filter_time(&query, "since", NO_MS, &ms, NULL), 0);
        if (ms != rows[i].ms)
            fail_msg("%s: %lld", rows[i].text, (long long)ms);
    }
}

static void time__anything_else__is_told_how_it_reads(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "yesterday", "2026", "2026-11", "2026-11-3", "2026-13-01",
        "2026-00-01", "2026-11-00", "2026-11-31", "2026-02-29", "1969-12-31", "2026/11/30",
        "2026-11-30T", "2026-11-30T12:00", "2026-11-30T12:00Z", "2026-11-30T12:00:00",
        "2026-11-30T24:00:00Z", "2026-11-30T12:60:00Z", "2026-11-30T12:00:61Z",
        "2026-11-30T12:00:00.Z", "2026-11-30T12:00:00ZZ", "2026-11-30T12:00:00+8:00",
        "2026-11-30T12:00:00+0800", "2026-11-30T12:00:00+24:00", "2026-11-30T12:00:00+08:60",
        "2026-11-30T12:00:00 08:00", " 2026-11-30", "2026-11-30 ", "1796040000",
        "1970-01-01T00:00:00+00:01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tw_query query = of("until", bad[i]);
        struct tw_err err = {0};
        int64_t ms = NO_MS;
        char says[200];
        if (tw_filter_time(&query, "until", 0, &ms, &err) != TW_E_USAGE)
            fail_msg("\"%s\" is a time: %lld", bad[i], (long long)ms);
        snprintf(says, sizeof says,
            "until \"%s\" is no time; it reads like 2026-11-30T12:00:00Z or 2026-11-30", bad[i]);
        assert_string_equal(err.msg, says);
        assert_int_equal(ms, NO_MS); // untouched
    }
}

static void word__of_a_list__is_its_number(void **state)
{
    (void)state;
    static const char *const words[] = {"-pushed", "pushed", "go", NULL};
    struct tw_err err = {0};
    int index = 9;
    struct tw_query query = of("sort", "go");
    assert_int_equal(tw_filter_word(&query, "sort", words, 0, &index, &err), 0);
    assert_int_equal(index, 2);
    query = of("sort", NULL);
    assert_int_equal(tw_filter_word(&query, "sort", words, -1, &index, &err), 0);
    assert_int_equal(index, -1);
    static const char *const bad[] = {"", "GO", "g", "gone", "-pushed,pushed"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char says[120];
        query = of("sort", bad[i]);
        assert_int_equal(tw_filter_word(&query, "sort", words, 0, &index, &err), TW_E_USAGE);
        snprintf(says, sizeof says, "sort \"%s\" is none of: -pushed, pushed, go", bad[i]);
        assert_string_equal(err.msg, says);
        assert_int_equal(index, -1); // untouched
    }
}

static void word__of_a_list_too_long_to_tell__is_cut(void **state)
{
    (void)state;
    static const char long_word[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"; // 52
    static const char *const words[] = {
        long_word, long_word, long_word, long_word, long_word, NULL};
    struct tw_err err = {0};
    int index;
    struct tw_query query = of("sort", "x");
    assert_int_equal(tw_filter_word(&query, "sort", words, 0, &index, &err), TW_E_USAGE);
    assert_int_equal(strlen(err.msg), strlen("sort \"x\" is none of: ") + 159);
}

static void bool__true_or_false__nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result, value;
    } rows[] = {{NULL, 0, 5}, {"true", 0, 1}, {"false", 0, 0}, {"1", TW_E_USAGE, 9},
        {"yes", TW_E_USAGE, 9}, {"True", TW_E_USAGE, 9}, {"", TW_E_USAGE, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query = of("current", rows[i].text);
        int value = 9;
        assert_int_equal(tw_filter_bool(&query, "current", 5, &value, NULL), rows[i].result);
        assert_int_equal(value, rows[i].value);
    }
}

static void severity__exactly_or_at_least__is_a_range(void **state)
{
    (void)state;
    static const struct {
        const char *exact, *least;
        enum tw_severity from, to;
    } rows[] = {
        {NULL, NULL, TW_INFO, TW_CRITICAL}, {"medium", NULL, TW_MEDIUM, TW_MEDIUM},
        {"info", NULL, TW_INFO, TW_INFO}, {NULL, "high", TW_HIGH, TW_CRITICAL},
        {NULL, "critical", TW_CRITICAL, TW_CRITICAL}, {"high", "low", TW_HIGH, TW_HIGH},
        {"low", "high", TW_HIGH, TW_LOW}, // both hold of nothing
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query = {0};
        if (rows[i].exact)
            query.parameters[query.count++] = (struct tw_parameter){"severity", rows[i].exact};
        if (rows[i].least)
            query.parameters[query.count++] = (struct tw_parameter){"min_severity", rows[i].least};
        enum tw_severity from, to;
        assert_int_equal(tw_filter_severity(&query, &from, &to, NULL), 0);
        if (from != rows[i].from || to != rows[i].to)
            fail_msg("row %zu: %d to %d", i, from, to);
    }
    static const char *const names[] = {"severity", "min_severity"};
    for (size_t i = 0; i < 2; i++) {
        struct tw_query query = of(names[i], "HIGH");
        struct tw_err err = {0};
        enum tw_severity from, to;
        char says[120];
        assert_int_equal(tw_filter_severity(&query, &from, &to, &err), TW_E_USAGE);
        snprintf(says, sizeof says, "%s \"HIGH\" is none of: info, low, medium, high, critical",
            names[i]);
        assert_string_equal(err.msg, says);
    }
}

static void place__current_unless_told_otherwise(void **state)
{
    (void)state;
    struct tw_place place;
    struct tw_query query = {0};
    assert_int_equal(tw_filter_place(&query, &place, NULL), 0);
    assert_null(place.registry);
    assert_null(place.repository);
    assert_null(place.tag);
    assert_true(place.current);
    query = (struct tw_query){.parameters = {{"registry", "r.example"}, {"repository", "team/app"},
                                  {"tag", "1"}, {"current", "false"}},
        .count = 4};
    assert_int_equal(tw_filter_place(&query, &place, NULL), 0);
    assert_string_equal(place.registry, "r.example");
    assert_string_equal(place.repository, "team/app");
    assert_string_equal(place.tag, "1");
    assert_false(place.current);
    query = of("current", "all");
    assert_int_equal(tw_filter_place(&query, &place, NULL), TW_E_USAGE);
    assert_string_equal(place.tag, "1"); // untouched
}

static bool is_found(const char *release, int64_t from, int64_t until)
{
    struct tw_goversion v;
    assert_true(tw_goversion_parse(tw_span_str(release), &v));
    int64_t n = tw_goversion_number(v);
    return n >= from && (until == 0 || n < until);
}

static void go__releases_lines_and_bounds__hold_of_exactly_these(void **state)
{
    (void)state;
    static const char *const releases[] = {
        "1.24.9", "1.25beta1", "1.25rc2", "1.25", "1.25.4", "1.25.10", "1.26rc1", "1.26.0"};
    static const struct {
        const char *go, *below, *found; // a mark for each of the releases
    } rows[] = {
        {NULL, NULL, "11111111"},
        {"1.25", NULL, "01111100"},
        {"go1.25", NULL, "01111100"},
        {"1.25.4", NULL, "00001000"},
        {"1.25.0", NULL, "00010000"},
        {"1.25rc2", NULL, "00100000"},
        {NULL, "1.25.4", "11110000"},
        {NULL, "1.25", "11100000"},
        {NULL, "1.26rc1", "11111100"},
        {"1.25", "1.25.4", "01110000"},
        {"1.25", "1.27", "01111100"},
        {"1.25.4", "1.25.4", "00000000"},
        {"1.26", "1.25", "00000000"},
        {"1.4", NULL, "00000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query = {0};
        if (rows[i].go)
            query.parameters[query.count++] = (struct tw_parameter){"go", rows[i].go};
        if (rows[i].below)
            query.parameters[query.count++] = (struct tw_parameter){"go_below", rows[i].below};
        int64_t from = -1, until = -1;
        char found[16] = "";
        assert_int_equal(tw_filter_go(&query, &from, &until, NULL), 0);
        for (size_t k = 0; k < sizeof releases / sizeof releases[0]; k++)
            found[k] = is_found(releases[k], from, until) ? '1' : '0';
        if (strcmp(found, rows[i].found) != 0)
            fail_msg("row %zu: %s", i, found);
    }
}

static void go__no_release__is_told_how_it_reads(void **state)
{
    (void)state;
    static const char *const names[] = {"go", "go_below"};
    static const char *const bad[] = {
        "", "1", "go", "1.", "one", "v1.25", "1.25.4.1", "1.25x", "1.25-rc1", " 1.25", "1.99999"};
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            struct tw_query query = of(names[n], bad[i]);
            struct tw_err err = {0};
            int64_t from = -1, until = -1;
            char says[160];
            assert_int_equal(tw_filter_go(&query, &from, &until, &err), TW_E_USAGE);
            snprintf(says, sizeof says,
                "%s \"%s\" is no Go release; it reads like 1.25.4, 1.27rc1, or 1.25 for the line",
                names[n], bad[i]);
            assert_string_equal(err.msg, says);
            assert_int_equal(from, -1); // untouched
            assert_int_equal(until, -1);
        }
    }
}

static void pair__parted_at_the_first_sign(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char at;
        const char *name, *value;
    } rows[] = {
        {NULL, '@', NULL, NULL},
        {"", '@', "", NULL},
        {"golang.org/x/net", '@', "golang.org/x/net", NULL},
        {"golang.org/x/net@v0.30.0", '@', "golang.org/x/net", "v0.30.0"},
        {"a@", '@', "a", ""},
        {"@v1", '@', "", "v1"},
        {"a@b@c", '@', "a", "b@c"},
        {"tls10server=1", '=', "tls10server", "1"},
        {"k=a=b", '=', "k", "a=b"},
        {"k@1", '=', "k@1", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TW_AUTO(tw_freep) char *copy = NULL;
        const char *got[2] = {"?", "?"}, *const wanted[2] = {rows[i].name, rows[i].value};
        assert_int_equal(
            tw_filter_pair(rows[i].text, rows[i].at, &copy, &got[0], &got[1], NULL), 0);
        for (int k = 0; k < 2; k++) {
            if ((got[k] == NULL) != (wanted[k] == NULL) ||
                (wanted[k] && strcmp(got[k], wanted[k]) != 0))
                fail_msg("row %zu: %s", i, got[k] ? got[k] : "(none)");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time__in_every_form__is_told_in_milliseconds),
        cmocka_unit_test(time__anything_else__is_told_how_it_reads),
        cmocka_unit_test(word__of_a_list__is_its_number),
        cmocka_unit_test(word__of_a_list_too_long_to_tell__is_cut),
        cmocka_unit_test(bool__true_or_false__nothing_else),
        cmocka_unit_test(severity__exactly_or_at_least__is_a_range),
        cmocka_unit_test(place__current_unless_told_otherwise),
        cmocka_unit_test(go__releases_lines_and_bounds__hold_of_exactly_these),
        cmocka_unit_test(go__no_release__is_told_how_it_reads),
        cmocka_unit_test(pair__parted_at_the_first_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
