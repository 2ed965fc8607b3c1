#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/secret.h"

static void cover__texts_of_images__secrets_are_gone_and_the_rest_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text, *covered; // NULL: as it is
    } rows[] = {
        {"", NULL},
        {"GODEBUG=gctrace=1,http2client=0", NULL},
        {"GOEXPERIMENT=runtimesecret", NULL},
        {"GOAUTH=netrc", NULL},
        {"ENV GODEBUG=tokens=1,tokens=2", NULL},
        {"/usr/local/go", NULL},
        {"https://proxy.example,direct", NULL},
        {"https://me:hunter2@proxy.example/x,direct", "https://me:***@proxy.example/x,direct"},
        {"https://ghtoken123@host/", "https://***@host/"},
        {"https://u:p@a https://v:q@b", "https://u:***@a https://v:***@b"},
        {"https://$USER:x@a", "https://$USER:***@a"},
        {"https://${T}@a", NULL},
        {"mail me@example.org //x:y@z", NULL},
        {"ENV DB_PASSWORD=hunter2 GODEBUG=x=1", "ENV DB_PASSWORD=*** GODEBUG=x=1"},
        {"ENV DB_PASSWORD=\"a b\" X=1", "ENV DB_PASSWORD=*** X=1"},
        {"ENV DB_PASSWORD=\"a b", "ENV DB_PASSWORD=***"},
        {"ENV TOKEN='x'", "ENV TOKEN=***"},
        {"ENV TOKEN=$OTHER", NULL},
        {"ENV TOKEN=", NULL},
        {"-s -w -X main.apiKey=abc -X main.version=1",
            "-s -w -X main.apiKey=*** -X main.version=1"},
        {"-X 'main.secret=a' -w", "-X 'main.secret=***' -w"},
        {"login --password hunter2 host", "login --password *** host"},
        {"login --password-stdin host", "login --password-stdin ***"},
        {"login --password --force", NULL},
        {"the password is not told", NULL},
        {"SSH_PRIVATE_KEY=x&&make", "SSH_PRIVATE_KEY=***&&make"},
        {"a AKIA0123456789ABCDEF b", "a AKIA*** b"},
        {"xAKIA0123456789ABCDEF", NULL},
        {"AKIA0123", NULL},
        {"ghp_0123456789012345678901234567890123456789;", "ghp_***;"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(65536);
        const char *covered = tw_secret_cover(arena, rows[i].text);
        assert_string_equal(covered, rows[i].covered ? rows[i].covered : rows[i].text);
        if (!rows[i].covered)
            assert_ptr_equal(covered, rows[i].text);
        struct tw_buf out = TW_BUF(1000);
        assert_int_equal(tw_secret_cover_to(&out, tw_span_str(rows[i].text)), 0);
        assert_string_equal(out.data ? out.data : "", covered);
        tw_buf_done(&out);
    }
}

static void cover__value_of_a_variable__by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *covered;
    } rows[] = {
        {"AWS_SECRET_ACCESS_KEY", "x", "***"},
        {"db_pass", "x", "***"},
        {"SIGNING_KEY", "x", "***"},
        {"KEYBOARD", "us", "us"},
        {"PASSWORD", "", ""},
        {"PASSWORD", "$(OTHER)", "$(OTHER)"},
        {"DATABASE_URL", "postgres://u:p@h/db", "postgres://u:***@h/db"},
        {"GOPROXY", "https://u:p@h", "https://u:***@h"},
        {"GODEBUG", "x509tokens=1", "x509tokens=1"},
        {"GO_SECRET", "x", "x"},
        {"PATH", "/usr/bin:/bin", "/usr/bin:/bin"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(65536);
        assert_string_equal(
            tw_secret_cover_value(arena, rows[i].name, rows[i].value), rows[i].covered);
    }
}

static void cover__long_text__in_linear_time(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    static const char *const starts[] = {"://", "=", "a", "-password ", "AKIA", "'", " "};
    for (size_t i = 0; i < TW_COUNT(starts); i++) {
        char *text = malloc(SIZE + 1);
        for (size_t at = 0; at < SIZE; at++)
            text[at] = starts[i][at % strlen(starts[i])];
        text[SIZE] = '\0';
        struct tw_buf out = TW_BUF(4 * SIZE);
        assert_int_equal(tw_secret_cover_to(&out, tw_span_str(text)), 0);
        tw_buf_done(&out);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover__texts_of_images__secrets_are_gone_and_the_rest_stays),
        cmocka_unit_test(cover__value_of_a_variable__by_its_name),
        cmocka_unit_test(cover__long_text__in_linear_time),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
