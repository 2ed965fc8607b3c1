#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/cors.h"

static void cors_check__origins_as_browsers_write_them__taken(void **state)
{
    (void)state;
    static const char *const good[] = {"", " ,\t", "*", "https://board.example",
        "http://localhost:3000", "https://a.example,http://[::1]:8080\thttps://b.example ,"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (tw_cors_check(good[i], NULL) != 0)
            fail_msg("\"%s\" is refused", good[i]);
    }
}

static void cors_check__anything_else__names_the_one_that_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *origins, *named;
    } rows[] = {
        {"board.example", "\"board.example\""},
        {"https://", "\"https://\""},
        {"ftp://board.example", "\"ftp://board.example\""},
        {"HTTPS://board.example", "\"HTTPS://board.example\""},
        {"null", "\"null\""},
        {"https://a.example https://b.example/ https://c.example/", "\"https://b.example/\""},
        {"https://b.example?x", "\"https://b.example?x\""},
        {"https://b.example#x", "\"https://b.example#x\""},
        {"https://user@b.example", "\"https://user@b.example\""},
        {"https://*.b.example", "\"https://*.b.example\""},
        {"https://b.example\\x", "\"https://b.example\\x\""},
        {"https://a.example *", "\"*\""},
        {"* https://a.example", "\"*\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_err err = {0};
        assert_int_equal(tw_cors_check(rows[i].origins, &err), TW_E_USAGE);
        char wanted[120];
        snprintf(wanted, sizeof wanted, "cors-origins: %s is no origin; ", rows[i].named);
        if (strncmp(err.msg, wanted, strlen(wanted)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", err.msg, wanted);
    }
}

static void cors_check__a_long_one__is_cut_in_the_message(void **state)
{
    (void)state;
    char origins[300], wanted[120];
    struct tw_err err = {0};
    memset(origins, 'x', sizeof origins - 1);
    origins[sizeof origins - 1] = '\0';
    assert_int_equal(tw_cors_check(origins, &err), TW_E_USAGE);
    snprintf(wanted, sizeof wanted, "cors-origins: \"%.80s\" is no origin", origins);
    assert_memory_equal(err.msg, wanted, strlen(wanted));
}

static void cors_allowed__of_a_list__the_origin_itself_in_full(void **state)
{
    (void)state;
    static const char list[] = "https://board.example, http://localhost:3000";
    static const struct {
        const char *origins, *origin, *allowed;
    } rows[] = {
        {list, "https://board.example", "https://board.example"},
        {list, "http://localhost:3000", "http://localhost:3000"},
        {list, "http://board.example", NULL},
        {list, "https://board.example:443", NULL},
        {list, "https://board.exampl", NULL},
        {list, "https://board.example.evil.example", NULL},
        {list, "http://localhost:300", NULL},
        {list, "https://BOARD.example", NULL},
        {list, "null", NULL},
        {list, "*", NULL},
        {list, ",", NULL},
        {list, "", NULL},
        {list, NULL, NULL},
        {"*", "https://any.example", "*"},
        {"*", "null", "*"},
        {"*", NULL, NULL},
        {"", "https://board.example", NULL},
        {"", "", NULL},
        {NULL, "https://board.example", NULL},
        {NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *allowed = tw_cors_allowed(rows[i].origins, rows[i].origin);
        const char *wanted = rows[i].allowed;
        if ((allowed == NULL) != (wanted == NULL) || (wanted && strcmp(allowed, wanted) != 0))
            fail_msg("row %zu: %s", i, allowed ? allowed : "(nothing)");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cors_check__origins_as_browsers_write_them__taken),
        cmocka_unit_test(cors_check__anything_else__names_the_one_that_is_wrong),
        cmocka_unit_test(cors_check__a_long_one__is_cut_in_the_message),
        cmocka_unit_test(cors_allowed__of_a_list__the_origin_itself_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
