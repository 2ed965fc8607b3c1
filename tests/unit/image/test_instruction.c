#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/image/instruction.h"

static struct tw_arena *arena;

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

static void instruction__history_of_real_builders__as_a_person_wrote_it(void **state)
{
    (void)state;
    static const struct {
        const char *created_by, *wanted;
    } rows[] = {
        // BuildKit
        {"RUN /bin/sh -c make # buildkit", "RUN make"},
        {"RUN |2 V=1.2 W=a b /bin/sh -c make all # buildkit", "RUN make all"},
        {"RUN /bin/bash -o pipefail -c curl x | tar x # buildkit", "RUN curl x | tar x"},
        {"COPY /out/app /usr/bin/app # buildkit", "COPY /out/app /usr/bin/app"},
        {"ENV GODEBUG=gctrace=1 OTHER=a b", "ENV GODEBUG=gctrace=1 OTHER=a b"},
        {"ENTRYPOINT [\"/app\"]", "ENTRYPOINT [\"/app\"]"},
        {"WORKDIR /src", "WORKDIR /src"},
        // classic
        {"/bin/sh -c #(nop)  ENV A=b", "ENV A=b"},
        {"/bin/sh -c #(nop) COPY file:619b31c3 in /f ", "COPY file:619b31c3 in /f"},
        {"/bin/sh -c apt-get update", "RUN apt-get update"},
        {"|1 V=2 /bin/sh -c make", "RUN make"},
        {"/bin/bash -o pipefail -c #(nop)  CMD [\"a\"]", "CMD [\"a\"]"},
        // buildah, kaniko
        {"/bin/sh -c #(nop) env lower=case", "ENV lower=case"},
        {"ENV A=\"b c\" D=$E", "ENV A=\"b c\" D=$E"},
        {"RUN make", "RUN make"},
        {"cmd /S /C dir", "RUN dir"},
        // none
        {"", NULL},
        {"/bin/sh -c #(nop)", NULL},
        {"/bin/sh -c", NULL},
        {"# debian.sh --arch 'amd64' out/ 'trixie' '@1755000000'", NULL},
        {"bazel build ...", NULL},
        {"ko build ko://example.org/cmd", NULL},
        {"ENV", NULL},
        {"ENVIRONMENT A=b", NULL},
        {"|", NULL},
        {"|1 A=b", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = tw_instruction_of_history(arena, rows[i].created_by);
        if (!rows[i].wanted)
            assert_null(got);
        else
            assert_string_equal(got ? got : "(none)", rows[i].wanted);
    }
}

#define PAIRS_MAX 5
struct env_row {
    const char *instruction;
    const char *pairs[2 * PAIRS_MAX + 1];
};

static void check_env(const struct env_row *row, tw_word_lookup lookup)
{
    struct tw_assignment *a = NULL;
    size_t count = 0, wanted = 0;
    struct tw_err err = {0};
    assert_int_equal(
        tw_instruction_env_expanded(arena, row->instruction, lookup, NULL, &a, &count, &err), 0);
    while (row->pairs[2 * wanted])
        wanted++;
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(a[i].name, row->pairs[2 * i]);
        if (strcmp(row->pairs[2 * i + 1], "(unknown)") == 0)
            assert_null(a[i].value);
        else
            assert_string_equal(a[i].value ? a[i].value : "(unknown)", row->pairs[2 * i + 1]);
    }
}

// The values are what `buildah bud` and `docker build` make of them.
static void env__grammar__quotes_and_escapes_are_taken_off(void **state)
{
    (void)state;
    static const struct env_row rows[] = {
        {"ENV A=b", {"A", "b"}},
        {"ENV GOEXPERIMENT=boringcrypto GODEBUG=x509sha1=1 K=abc",
            {"GOEXPERIMENT", "boringcrypto", "GODEBUG", "x509sha1=1", "K", "abc"}},
        {"ENV A=\"b c\" D='e f'", {"A", "b c", "D", "e f"}},
        {"ENV A=b\\ c D=\"say \\\"hi\\\"\"", {"A", "b c", "D", "say \"hi\""}},
        {"ENV A=\"a\\nb\" B='C:\\\\x' C=x'y z'\"w\"", {"A", "a\\nb", "B", "C:\\\\x", "C", "xy zw"}},
        {"ENV A=$B C=${D}x", {"A", "$B", "C", "${D}x"}},
        {"ENV A= B=\"\" C=''", {"A", "", "B", "", "C", ""}},
        {"ENV A=b \\\n    C=d", {"A", "b", "C", "d"}},
        {"ENV A b c  d", {"A", "b c  d"}},
        {"ENV A b=c", {"A", "b=c"}},
        {"ENV OLD a \"b  c\" d", {"OLD", "a b  c d"}},
        {"env a=b", {"a", "b"}},
        {"ENV A=\"never closed", {"A", "never closed"}},
        {"ENV A=b\\", {"A", "b"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_env(&rows[i], NULL);
}

static const char *two_variables(void *ctx, const char *name, size_t size)
{
    (void)ctx;
    if (size == 1 && name[0] == 'X')
        return "x y";
    return size == 5 && memcmp(name, "EMPTY", 5) == 0 ? "" : NULL;
}

static void env__expanded__variables_in_all_known_forms(void **state)
{
    (void)state;
    static const struct env_row rows[] = {
        {"ENV A=$X B=${X}z C=$NONE.", {"A", "x y", "B", "x yz", "C", "."}},
        {"ENV A='$X' B=\"$X\" C=\\$X", {"A", "$X", "B", "x y", "C", "$X"}},
        {"ENV A=${NONE:-d} B=${EMPTY:-d} C=${EMPTY-d} D=${X:+s} E=${NONE+s}",
            {"A", "d", "B", "d", "C", "", "D", "s", "E", ""}},
        {"ENV A=${NONE:-${X}}", {"A", "x y"}},
        {"ENV A=${X#x} B=ok C=${X B", {NULL}},
        {"ENV A=${X@Q} B=ok C=${X", {"A", "(unknown)", "B", "ok", "C", "(unknown)"}},
        {"ENV A=${X#x} B=${X#*y} C=${X%y}. D=${X%%x*}. E=${X##z}",
            {"A", " y", "B", "", "C", "x .", "D", ".", "E", "x y"}},
        {"ENV A=\"${X/ /-}\" B=${X//?/ab} C=${X/z/-} D=${X/x}",
            {"A", "x-y", "B", "ababab", "C", "x y", "D", " y"}},
        {"ENV A=${X:?must} B=${NONE:?must} C=${EMPTY?must}",
            {"A", "x y", "B", "(unknown)", "C", ""}},
        {"ENV A=$ B=$1", {"A", "$", "B", "$1"}},
    };
    struct tw_assignment *a = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].pairs[0])
            check_env(&rows[i], two_variables);
        else
            assert_int_equal(tw_instruction_env_expanded(
                                 arena, rows[i].instruction, two_variables, NULL, &a, &count, NULL),
                TW_E_FORMAT);
    }
}

static void env__no_env_instruction__format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"RUN make", "no ENV instruction"},
        {"ENV", "no ENV instruction"},
        {"", "no ENV instruction"},
        {"ENV A", "has no value"},
        {"ENV A=b c", "\"c\" must have the form NAME=value"},
        {"ENV A=b =c", "\"=c\" must have the form NAME=value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_assignment *a = NULL;
        size_t count = 7;
        struct tw_err err = {0};
        assert_int_equal(tw_instruction_env(arena, rows[i].text, &a, &count, &err), TW_E_FORMAT);
        assert_non_null(strstr(err.msg, rows[i].says));
        assert_int_equal(count, 7);
    }
}

static void env__nested_too_deep__unknown_instead_of_recursion(void **state)
{
    (void)state;
    char text[4096] = "ENV A=";
    size_t n = strlen(text);
    for (int i = 0; i < 500; i++, n += 5)
        memcpy(text + n, "${N:-", 5);
    memset(text + n, '}', 500);
    struct env_row row = {.instruction = text, .pairs = {"A", "(unknown)"}};
    check_env(&row, two_variables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction__history_of_real_builders__as_a_person_wrote_it),
        cmocka_unit_test(env__grammar__quotes_and_escapes_are_taken_off),
        cmocka_unit_test(env__expanded__variables_in_all_known_forms),
        cmocka_unit_test(env__no_env_instruction__format),
        cmocka_unit_test(env__nested_too_deep__unknown_instead_of_recursion),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
