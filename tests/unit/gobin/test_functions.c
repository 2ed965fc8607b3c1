// Names packed and unpacked, and the -X flags of a build.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "scanner/gobin/functions.h"
#include "scanner/gobin/ldflags.h"
#include "scanner/gobin/packages.h"

struct texts {
    char text[4096];
    unsigned count, stop_after;
};

static bool add_name(void *ctx, struct tw_span name)
{
    struct texts *t = ctx;
    size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof t->text - n, "%.*s\n", (int)name.n, (const char *)name.p);
    return ++t->count != t->stop_after;
}

static const char names[] = "main.main\0main.mainly\0\0net/http.(*Server).Serve\0m\0";

static struct tw_pclntab table_of_names(void)
{
    return (struct tw_pclntab){.names = tw_span_of(names, sizeof names - 1), .function_count = 4};
}

static void functions__packed__come_out_in_order(void **state)
{
    (void)state;
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_pclntab table = table_of_names();
    struct tw_span packed;
    bool complete = false;
    struct texts all = {0}, some = {.stop_after = 2};
    assert_int_equal(tw_functions_pack(&table, &tw_limits_default, arena, &packed, &complete), 0);
    assert_true(complete);
    assert_int_equal(tw_functions_unpack(packed, &tw_limits_default, add_name, &all, NULL), 0);
    assert_string_equal(all.text, "main.main\nmain.mainly\nnet/http.(*Server).Serve\nm\n");
    assert_int_equal(tw_functions_unpack(packed, &tw_limits_default, add_name, &some, NULL), 0);
    assert_string_equal(some.text, "main.main\nmain.mainly\n");
    tw_arena_free(arena);
}

static void functions__more_than_the_limit__the_rest_is_left_out(void **state)
{
    (void)state;
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_pclntab table = table_of_names();
    struct tw_limits limits = tw_limits_default;
    struct tw_span packed;
    bool complete = true;
    struct texts all = {0};
    limits.binary_names_bytes = 25; // two names
    assert_int_equal(tw_functions_pack(&table, &limits, arena, &packed, &complete), 0);
    assert_false(complete);
    assert_int_equal(tw_functions_unpack(packed, &limits, add_name, &all, NULL), 0);
    assert_string_equal(all.text, "main.main\nmain.mainly\n");
    tw_arena_free(arena);
}

static void functions__damaged__refused(void **state)
{
    (void)state;
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_pclntab table = table_of_names();
    struct tw_span packed;
    bool complete;
    assert_int_equal(tw_functions_pack(&table, &tw_limits_default, arena, &packed, &complete), 0);
    for (uint64_t size = 0; size < packed.n; size++) {
        struct texts all = {0};
        struct tw_err err = {0};
        assert_int_equal(tw_functions_unpack(
                             tw_span_of(packed.p, size), &tw_limits_default, add_name, &all, &err),
            TW_E_CAGE);
        assert_string_equal(all.text, "");
    }
    struct tw_limits limits = tw_limits_default;
    limits.binary_names_bytes = limits.binary_functions = 1; // it unpacks to more
    assert_int_equal(
        tw_functions_unpack(packed, &limits, add_name, &(struct texts){0}, NULL), TW_E_CAGE);
    tw_arena_free(arena);
}

// Go 1.15's form: all functions have one name, which is long. The walk costs no square.
static void functions__names_that_overlap__walked_up_to_the_limit(void **state)
{
    (void)state;
    enum { FUNCTIONS = 100, NAME_BYTES = 1000, PAIRS_AT = 16, FUNCTION_AT = 16 * (FUNCTIONS + 1) };
    uint8_t bytes[FUNCTION_AT + 12 + NAME_BYTES + 1] = {0};
    struct tw_pclntab table = {.table = tw_span_of(bytes, sizeof bytes),
        .pointer_bytes = 8,
        .function_count = FUNCTIONS,
        .functions_at = PAIRS_AT};
    struct tw_limits limits = tw_limits_default;
    struct texts all = {0};
    limits.binary_names_bytes = 10 * NAME_BYTES;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        bytes[PAIRS_AT + 16 * i + 8] = FUNCTION_AT & 255;
        bytes[PAIRS_AT + 16 * i + 9] = FUNCTION_AT >> 8;
    }
    bytes[FUNCTION_AT + 8] = (FUNCTION_AT + 12) & 255;
    bytes[FUNCTION_AT + 9] = (FUNCTION_AT + 12) >> 8;
    memset(bytes + FUNCTION_AT + 12, 'f', NAME_BYTES);
    tw_pclntab_names(&table, &limits, add_name, &all);
    assert_int_equal(all.count, 11);
}

static void packages__of_functions__up_to_the_first_dot_behind_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *function, *package;
    } rows[] = {
        {"net/http.(*Server).Serve", "net/http"},
        {"main.main", "main"},
        {"gopkg.in/yaml%2ev3.(*Node).Decode", "gopkg.in/yaml%2ev3"},
        {"slices.Sort[go.shape.[]example.org/x.T]", "slices"},
        {"gogo", ""},
        {"", ""},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_span package = tw_package_of_function(tw_span_str(rows[i].function));
        assert_true(tw_span_equals(package, rows[i].package));
    }
}

static void add_definition(void *ctx, struct tw_span variable, struct tw_span value)
{
    struct texts *t = ctx;
    size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof t->text - n, "%.*s|%.*s\n", (int)variable.n,
        (const char *)variable.p, (int)value.n, (const char *)value.p);
}

static void ldflags__every_way_to_write_x__its_definitions(void **state)
{
    (void)state;
    struct texts t = {0};
    tw_ldflags_definitions(
        tw_span_str("-s -w -X main.a=1 -X=main.b=2 --X main.c=3 --X=main.d=4 "
                    "-X 'main.e=five words' \"-X=main.f=six = 6\" -Xmain.g=7 -X main.h -X"),
        add_definition, &t);
    assert_string_equal(
        t.text, "main.a|1\nmain.b|2\nmain.c|3\nmain.d|4\nmain.e|five words\nmain.f|six = 6\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions__packed__come_out_in_order),
        cmocka_unit_test(functions__more_than_the_limit__the_rest_is_left_out),
        cmocka_unit_test(functions__damaged__refused),
        cmocka_unit_test(functions__names_that_overlap__walked_up_to_the_limit),
        cmocka_unit_test(packages__of_functions__up_to_the_first_dot_behind_the_path),
        cmocka_unit_test(ldflags__every_way_to_write_x__its_definitions),
    };
    return cmocka_run_group_tests_name("functions", tests, NULL, NULL);
}
