#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/gobin/version.h"

static struct tw_arena *arena;

static struct tw_gobin parse(const char *text)
{
    struct tw_gobin bin = {0};
    assert_true(tw_goversion_string(tw_span_str(text), arena, &bin));
    assert_string_equal(bin.go.version, text);
    return bin;
}

static void version__plain_release__release(void **state)
{
    (void)state;
    struct tw_gobin bin = parse("go1.27.4");
    assert_string_equal(bin.go.release, "1.27.4");
    assert_int_equal(bin.go.experiment_count, 0);
    assert_null(bin.go.vendor);
    assert_false(bin.go.devel);
    assert_string_equal(parse("go1.27rc1").go.release, "1.27rc1");
    assert_string_equal(parse("go1.15").go.release, "1.15");
}

static void version__experiments_after_a_blank__are_cut(void **state)
{
    (void)state;
    struct tw_gobin bin = parse("go1.25.12 X:fieldtrack,noswissmap");
    assert_string_equal(bin.go.release, "1.25.12");
    assert_int_equal(bin.go.experiment_count, 2);
    assert_string_equal(bin.go.experiments[0], "fieldtrack");
    assert_string_equal(bin.go.experiments[1], "noswissmap");
    assert_null(bin.go.vendor);
}

static void version__experiments_after_a_dash__are_cut(void **state)
{
    (void)state;
    struct tw_gobin bin = parse("go1.27.4-X:fieldtrack");
    assert_string_equal(bin.go.release, "1.27.4");
    assert_int_equal(bin.go.experiment_count, 1);
    assert_string_equal(bin.go.experiments[0], "fieldtrack");
    assert_null(bin.go.vendor);
}

static void version__vendor_forms__are_kept_apart(void **state)
{
    (void)state;
    struct tw_gobin bin = parse("go1.26.5 (Red Hat 1.26.5-1.el10_2)");
    assert_string_equal(bin.go.release, "1.26.5");
    assert_string_equal(bin.go.vendor, "Red Hat 1.26.5-1.el10_2");
    bin = parse("go1.22.5-1");
    assert_string_equal(bin.go.release, "1.22.5");
    assert_string_equal(bin.go.vendor, "1");
    bin = parse("go1.26.5-1 X:boringcrypto");
    assert_string_equal(bin.go.vendor, "1");
    assert_string_equal(bin.go.experiments[0], "boringcrypto");
}

static void version__cl_form__release_vendor_and_experiments(void **state)
{
    (void)state;
    struct tw_gobin bin =
        parse("go1.23-20240626-RC01 cl/646990413 +5a18e79687 X:fieldtrack,boringcrypto");
    assert_string_equal(bin.go.release, "1.23");
    assert_string_equal(bin.go.vendor, "20240626-RC01 cl/646990413 +5a18e79687");
    assert_int_equal(bin.go.experiment_count, 2);
    assert_string_equal(bin.go.experiments[1], "boringcrypto");
}

static void version__devel_forms__devel(void **state)
{
    (void)state;
    struct tw_gobin bin = parse("devel go1.28-0e1bd8b5f1 Mon Jul 27 10:00:00 2026 +0000");
    assert_true(bin.go.devel);
    assert_string_equal(bin.go.release, "1.28");
    assert_null(bin.go.vendor);
    bin = parse("go1.28-devel_0e1bd8b5f1");
    assert_true(bin.go.devel);
    bin = parse("devel +0e1bd8b5f1 Thu Feb 11 05:25:00 2021 +0000");
    assert_true(bin.go.devel);
    assert_null(bin.go.release);
}

static void version__other_text__refused(void **state)
{
    (void)state;
    struct tw_gobin bin = {0};
    static const char *const texts[] = {"", "unknown", "gopher", "go", "go1", "1.27.4", "go1.x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(tw_goversion_string(tw_span_str(texts[i]), arena, &bin));
    assert_null(bin.go.version);
}

static int set_up(void **state)
{
    (void)state;
    arena = tw_arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tw_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version__plain_release__release),
        cmocka_unit_test(version__experiments_after_a_blank__are_cut),
        cmocka_unit_test(version__experiments_after_a_dash__are_cut),
        cmocka_unit_test(version__vendor_forms__are_kept_apart),
        cmocka_unit_test(version__cl_form__release_vendor_and_experiments),
        cmocka_unit_test(version__devel_forms__devel),
        cmocka_unit_test(version__other_text__refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
