#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/goversion.h"

static struct tw_goversion of(const char *text)
{
    struct tw_goversion version = {0};
    assert_true(tw_goversion_parse(tw_span_str(text), &version));
    return version;
}

static void goversion__in_go_s_order__compares_so(void **state)
{
    (void)state;
    const char *const ascending[] = {"1.5", "1.20", "1.21beta1", "1.21rc1", "go1.21rc2", "1.21",
        "1.21.1", "1.21.10", "1.27rc1", "go1.27.4"};
    for (size_t i = 1; i < sizeof ascending / sizeof ascending[0]; i++) {
        assert_true(tw_goversion_compare(of(ascending[i - 1]), of(ascending[i])) < 0);
        assert_true(tw_goversion_compare(of(ascending[i]), of(ascending[i - 1])) > 0);
    }
    assert_int_equal(tw_goversion_compare(of("1.21"), of("go1.21.0")), 0);
}

static void goversion__prerelease__is_below_its_release(void **state)
{
    (void)state;
    assert_false(tw_goversion_at_least(of("1.27rc1"), 1, 27, 0));
    assert_true(tw_goversion_at_least(of("1.27"), 1, 27, 0));
    assert_true(tw_goversion_at_least(of("1.27rc1"), 1, 26, 0));
}

static void goversion__other_text__is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "", "go", "1", "1.", "v1.2", "1.2.3.4", "1.99999999999", "1.21rc", "1.21x", "-1.2"};
    struct tw_goversion version;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(tw_goversion_parse(tw_span_str(bad[i]), &version));
}

static void goversion__scanned__tells_where_it_ends(void **state)
{
    (void)state;
    struct tw_goversion version;
    uint64_t size = 0;
    assert_true(tw_goversion_scan(tw_span_str("go1.26.5-X:fieldtrack"), &version, &size));
    assert_int_equal(size, 8);
    assert_int_equal(version.patch, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goversion__in_go_s_order__compares_so),
        cmocka_unit_test(goversion__prerelease__is_below_its_release),
        cmocka_unit_test(goversion__other_text__is_refused),
        cmocka_unit_test(goversion__scanned__tells_where_it_ends),
    };
    return cmocka_run_group_tests_name("goversion", tests, NULL, NULL);
}
