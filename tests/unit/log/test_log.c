#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log/log.h"
#include "scanner/base/mem.h"

enum { CAUGHT_BYTES = 70000 };

static char caught[CAUGHT_BYTES];
static int kept, pipes[2];

static void catch_stderr(void)
{
    assert_int_equal(pipe(pipes), 0);
    kept = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    close(pipes[1]);
}

// What was written since, behind the time of day.
static const char *let_go(void)
{
    dup2(kept, STDERR_FILENO);
    close(kept);
    ssize_t n = read(pipes[0], caught, sizeof caught - 1);
    close(pipes[0]);
    caught[n > 0 ? n : 0] = '\0';
    const char *z = strchr(caught, 'Z');
    return z ? z + 1 : caught;
}

#define LOGS(json, expected, call)                                                                 \
    do {                                                                                           \
        tw_log_init(TW_LOG_INFO, json);                                                            \
        catch_stderr();                                                                            \
        call;                                                                                      \
        assert_string_equal(let_go(), expected);                                                   \
    } while (0)

static void text__fields__stand_behind_the_message(void **state)
{
    (void)state;
    LOGS(false, " info done scan=a1 duration_ms=0\n",
        tw_log_about(TW_LOG_INFO,
            TW_LOG_ABOUT(TW_LOG_TEXT("scan", "a1"), TW_LOG_TEXT("digest", ""),
                TW_LOG_TEXT("request", NULL), TW_LOG_NUMBER("duration_ms", 0)),
            "done"));
    LOGS(false, " error 7 \\x1b[31m\\x0a \\xff\n", tw_log(TW_LOG_ERROR, "%d \x1b[31m\n \xff", 7));
    LOGS(false, " info x a=\"b c\" d=\"=\" e=\"\\x22\\x0a\" f=\xc3\xa4\n",
        tw_log_about(TW_LOG_INFO,
            TW_LOG_ABOUT(TW_LOG_TEXT("a", "b c"), TW_LOG_TEXT("d", "="), TW_LOG_TEXT("e", "\"\n"),
                TW_LOG_TEXT("f", "\xc3\xa4")),
            "x"));
}

static void json__fields__are_members(void **state)
{
    (void)state;
    LOGS(true,
        "\",\"level\":\"warning\",\"message\":\"a \\\"b\\\" "
        "\\\\x0a\",\"scan\":\"\\\\xff\",\"n\":-5}\n",
        tw_log_about(TW_LOG_WARNING,
            TW_LOG_ABOUT(
                TW_LOG_TEXT("scan", "\xff"), TW_LOG_TEXT("x", NULL), TW_LOG_NUMBER("n", -5)),
            "a \"b\" \n"));
}

static void level__above_the_threshold__is_dropped(void **state)
{
    (void)state;
    LOGS(false, "", tw_log(TW_LOG_DEBUG, "x"));
    enum tw_log_level level = TW_LOG_INFO;
    struct tw_err err = {0};
    assert_int_equal(tw_log_level_parse("debug", &level, &err), 0);
    assert_int_equal(level, TW_LOG_DEBUG);
    assert_int_equal(tw_log_level_parse("loud", &level, &err), TW_E_USAGE);
}

// Cut between characters: never a half one, however long.
static void long_texts__are_cut(void **state)
{
    (void)state;
    static char text[9000];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    tw_log_init(TW_LOG_INFO, false);
    catch_stderr();
    tw_log_about(
        TW_LOG_INFO, TW_LOG_ABOUT(TW_LOG_TEXT("a", text), TW_LOG_TEXT("b", "1")), "%s", text);
    const char *line = let_go();
    assert_int_equal(
        strlen(line), strlen(" info ") + 2048 + strlen(" a=") + 1024 + strlen(" b=1\n"));
    assert_null(strstr(line, "\\x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__fields__stand_behind_the_message),
        cmocka_unit_test(json__fields__are_members),
        cmocka_unit_test(level__above_the_threshold__is_dropped),
        cmocka_unit_test(long_texts__are_cut),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
