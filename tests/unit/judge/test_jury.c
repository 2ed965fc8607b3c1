// The policy in force, and the mark that tells when to judge again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/judge/jury.h"
#include "scanner/facts/release.h"

#define WAIVER "waivers: [{rule: TW206, reason: r, who: w, until: 2999-01-01}]\n"

struct fixture {
    char path[64];
    struct tw_settings settings;
    struct tw_jury *jury;
    struct tw_err err;
    char mark[TW_JURY_MARK_BYTES];
};

static void write_policy(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *mark(struct fixture *f)
{
    tw_jury_mark(f->jury, f->mark);
    return f->mark;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/tidewaiter-policy-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    write_policy(f, "fail_on: low\n");
    assert_int_equal(tw_settings_init(&f->settings, &f->err), 0);
    assert_int_equal(tw_settings_set(&f->settings, TW_FOR_DAEMON, "policy", f->path, &f->err), 0);
    assert_int_equal(tw_jury_new(&f->settings, &f->jury, &f->err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tw_jury_free(f->jury);
    tw_settings_done(&f->settings);
    unlink(f->path);
    free(f);
    return 0;
}

static void mark__names_program_facts_and_policy(void **state)
{
    struct fixture *f = *state;
    char start[TW_JURY_MARK_BYTES];
    snprintf(start, sizeof start, "%s %s ", TW_VERSION, tw_facts_version());
    assert_memory_equal(mark(f), start, strlen(start));
    assert_int_equal(strlen(f->mark), strlen(start) + 32);
}

static void mark__policy_with_waivers__holds_the_day(void **state)
{
    struct fixture *f = *state;
    struct tw_day before = tw_today();
    write_policy(f, WAIVER);
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), 0);
    const char *day = mark(f) + strlen(f->mark) - 11;
    struct tw_day after = tw_today(); // midnight may pass
    assert_int_equal(day[0], ' ');
    assert_true(strcmp(day + 1, before.text) == 0 || strcmp(day + 1, after.text) == 0);
}

static void reload__changed_file__another_mark_and_back(void **state)
{
    struct fixture *f = *state;
    char first[TW_JURY_MARK_BYTES];
    strcpy(first, mark(f));
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), 0);
    assert_string_equal(mark(f), first);
    write_policy(f, "fail_on: info\n");
    assert_string_equal(mark(f), first); // not before it is read
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), 0);
    assert_string_not_equal(mark(f), first);
    write_policy(f, "fail_on: low\n");
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), 0);
    assert_string_equal(mark(f), first);
}

static void reload__bad_or_missing_file__the_old_one_stays(void **state)
{
    struct fixture *f = *state;
    char first[TW_JURY_MARK_BYTES], says[160];
    strcpy(first, mark(f));
    write_policy(f, "name: x\nfail_on: never\n");
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), TW_E_FORMAT);
    snprintf(says, sizeof says,
        "policy: %s: line 2, column 10: \"never\" must be one of: critical, high, medium, low, "
        "info",
        f->path);
    assert_string_equal(f->err.msg, says);
    assert_string_equal(mark(f), first);
    unlink(f->path);
    assert_true(tw_jury_reload(f->jury, &f->settings, &f->err) < 0);
    assert_string_equal(mark(f), first);
}

static void reload__profile_of_the_settings_differs__refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tw_settings_set(&f->settings, TW_FOR_DAEMON, "profile", "strict", &f->err), 0);
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), TW_E_USAGE);
    write_policy(f, "profile: strict\n");
    assert_int_equal(tw_jury_reload(f->jury, &f->settings, &f->err), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mark__names_program_facts_and_policy),
        TEST(mark__policy_with_waivers__holds_the_day),
        TEST(reload__changed_file__another_mark_and_back),
        TEST(reload__bad_or_missing_file__the_old_one_stays),
        TEST(reload__profile_of_the_settings_differs__refused),
    };
    return cmocka_run_group_tests_name("jury", tests, NULL, NULL);
}
