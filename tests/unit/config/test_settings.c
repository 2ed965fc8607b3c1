#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config/current.h"

static void read_text(struct tw_settings *settings, const char *text)
{
    struct tw_err err = {0};
    if (tw_settings_read_text(settings, "t.yaml", tw_span_str(text), &err) < 0)
        fail_msg("%s", err.msg);
}

static struct tw_settings made(const char *text)
{
    struct tw_settings settings;
    struct tw_err err = {0};
    assert_int_equal(tw_settings_init(&settings, &err), 0);
    read_text(&settings, text);
    return settings;
}

static void order__a_flag__counts_more_than_the_file_whenever_it_is_read(void **state)
{
    (void)state;
    struct tw_err err = {0};
    TW_AUTO(tw_settings_done) struct tw_settings s = made("{workers: 5, grace: 3}");
    assert_int_equal(s.workers, 5);
    assert_int_equal(tw_settings_set(&s, TW_FOR_DAEMON, "workers", "7", &err), 0);
    assert_int_equal(tw_settings_set(&s, TW_FOR_DAEMON, "limit", "redirects=2", &err), 0);
    read_text(&s, "workers: 6\ngrace: 4\nlimits: {redirects: 9}\n");
    assert_int_equal(s.workers, 7);
    assert_int_equal(s.grace_s, 4);
    assert_int_equal(s.limits.redirects, 2);
}

static void file__a_mistake_that_a_flag_hides__is_told_all_the_same(void **state)
{
    (void)state;
    struct tw_err err = {0};
    TW_AUTO(tw_settings_done) struct tw_settings s = made("");
    assert_int_equal(tw_settings_set(&s, TW_FOR_DAEMON, "workers", "7", &err), 0);
    assert_int_equal(
        tw_settings_read_text(&s, "t.yaml", tw_span_str("workers: 65"), &err), TW_E_FORMAT);
    assert_string_equal(err.msg, "t.yaml:1:10: workers: \"65\" must be a number from 1 to 64");
    assert_int_equal(s.workers, 7);
}

struct told {
    char names[200];
};

static void tell(void *ctx, const char *name)
{
    struct told *told = ctx;
    size_t n = strlen(told->names);
    snprintf(told->names + n, sizeof told->names - n, "%s ", name);
}

static void keep__what_needs_a_restart__stays_and_is_named(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct told told = {0};
    TW_AUTO(tw_settings_done) struct tw_settings now = made("{listen: 'a:1', workers: 1}");
    TW_AUTO(tw_settings_done)
    struct tw_settings fresh = made(
        "{listen: 'b:1', workers: 2, tls-cert: x, server: 'http://x', limits: {redirects: 1}}");
    assert_int_equal(tw_settings_keep(&fresh, &now, tell, &told, &err), 0);
    assert_string_equal(told.names, "listen tls-cert limits ");
    assert_string_equal(fresh.listen, "a:1");
    assert_null(fresh.tls_cert);
    assert_int_equal(fresh.workers, 2);
    assert_int_equal(fresh.limits.redirects, now.limits.redirects);
    told.names[0] = '\0';
    assert_int_equal(tw_settings_keep(&fresh, &now, tell, &told, &err), 0);
    assert_string_equal(told.names, "");
}

static void current__held_settings__outlive_their_replacement(void **state)
{
    (void)state;
    struct tw_err err = {0};
    TW_AUTO(tw_settings_done) struct tw_settings first = made("workers: 1");
    struct tw_settings second = made("workers: 2"), third = made("workers: 3");
    TW_AUTO(tw_current_freep) struct tw_current *current = tw_current_new(&first);
    TW_AUTO(tw_held_dropp) struct tw_held *one = tw_current_hold(current);
    assert_int_equal(tw_current_replace(current, &second, &err), 0);
    TW_AUTO(tw_held_dropp) struct tw_held *two = tw_current_hold(current);
    assert_int_equal(tw_current_replace(current, &third, &err), 0);
    TW_AUTO(tw_held_dropp) struct tw_held *three = tw_current_hold(current);
    assert_int_equal(one->settings->workers, 1);
    assert_int_equal(two->settings->workers, 2);
    assert_string_equal(two->settings->profile, "default");
    assert_int_equal(three->settings->workers, 3);
    assert_null(third.profile); // it was taken
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order__a_flag__counts_more_than_the_file_whenever_it_is_read),
        cmocka_unit_test(file__a_mistake_that_a_flag_hides__is_told_all_the_same),
        cmocka_unit_test(keep__what_needs_a_restart__stays_and_is_named),
        cmocka_unit_test(current__held_settings__outlive_their_replacement),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
