#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "daemon/config/access.h"

#define SHA "b764de29959e643536622255354ba7ca315e779d29b9af70184e7caab2d18632"

static void read__all_keys__are_taken(void **state)
{
    (void)state;
    static const char text[] = "tokens:\n"
                               "  - {name: hook, roles: [webhook, read], sha256: " SHA "}\n"
                               "  - {name: boss, roles: [admin], sha256: \"" SHA "\"}\n"
                               "certificates: [{name: 'spiffe://a/b', roles: [read]}]\n"
                               "secrets: {distribution: [0123456789abcdef, 0123456789abcdeF]}\n";
    TW_AUTO(tw_access_freep) struct tw_access *a = NULL;
    struct tw_err err = {0};
    assert_int_equal(tw_access_read(tw_span_str(text), &a, &err), 0);
    assert_int_equal(a->token_count, 2);
    assert_string_equal(a->tokens[0].name, "hook");
    assert_int_equal(a->tokens[0].roles, TW_ROLE_WEBHOOK | TW_ROLE_READ);
    assert_int_equal(a->tokens[0].sha256[0], 0xb7);
    assert_int_equal(a->tokens[1].roles, TW_ROLE_ADMIN);
    assert_string_equal(a->certificates[0].name, "spiffe://a/b");
    assert_int_equal(a->secret_count, 2);
    assert_string_equal(a->secrets[1].hook, "distribution");
    assert_true(tw_span_equals(a->secrets[1].secret, "0123456789abcdeF"));
}

static void read__mistakes__are_told_with_their_place_and_no_secret(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "neither tokens nor certificates nor secrets"},
        {"{}", "neither tokens nor certificates nor secrets"},
        {"tokens: []", "neither tokens nor certificates nor secrets"},
        {"token: []", "line 1, column 1: "},
        {"tokens: [{name: a, roles: [read], sha256: tw_CANARY}]", "column 43: must be the SHA-256"},
        {"tokens: [{name: a, roles: [read], sha256: " SHA "0}]", "must be the SHA-256"},
        {"tokens: [{name: a, roles: [write], sha256: " SHA "}]",
            "\"write\" must be one of: webhook, read, admission, admin"},
        {"tokens: [{name: a, roles: [], sha256: " SHA "}]", "no role is given"},
        {"tokens: [{roles: [read], sha256: " SHA "}]", "name"},
        {"tokens: [{name: 'a:b', roles: [read], sha256: " SHA "}]", "no colon"},
        {"tokens: [{name: a, roles: [read], sha256: " SHA "},"
         " {name: a, roles: [admin], sha256: " SHA "}]",
            "this token is there twice"},
        {"secrets: {distribution: [CANARYCANARYCAN]}", "at least 16 bytes"},
        {"anybody: [admin]", "line 1, column 10: not everybody can be admin"},
        {"anybody: [root]", "must be one of: webhook, read, admission, admin"},
        {"anybody: []", "no role is given"},
        {"webhooks: [{name: a}]", "whose notices come to \"a\"? Say its sender"},
        {"webhooks: [{name: quay, sender: harbor}]", "take another name"},
        {"webhooks: [{name: quay, sender: auto}]", "take another name"},
        {"webhooks: [{name: quay}, {name: quay}]", "is there twice"},
        {"webhooks: [{name: 'a/b', sender: quay}]", "part of its URL"},
        {"webhooks: [{name: a, sender: harbour}]", "there are no webhooks of \"harbour\""},
        {"webhooks: [{name: quay, registry: 'https://x'}]", "column 35: registry"},
        {"webhooks: [{name: quay, registry: '{x}'}]", "only {host} and {repo}"},
        {"webhooks: [{name: quay, header: 'A: b'}]", "the name of a header"},
        {"webhooks: [{name: quay, secrets: CANARYCANARYCAN}]", "at least 16 bytes"},
        {"webhooks: [{name: google, google: {audience: x}}]", "email"},
        {"secrets: {harbour: [0123456789abcdef]}", "there are no webhooks of \"harbour\""},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_access *a = NULL;
        struct tw_err err = {0};
        assert_int_equal(tw_access_read(tw_span_str(rows[i].text), &a, &err), TW_E_FORMAT);
        assert_null(a);
        if (!strstr(err.msg, rows[i].message))
            fail_msg("%s: %s", rows[i].text, err.msg);
        assert_null(strstr(err.msg, "CANARY"));
    }
}

static void read__webhooks__each_with_what_is_its_own(void **state)
{
    (void)state;
    static const char text[] = "webhooks:\n"
                               "  - {name: hub, sender: docker-hub, secrets: 0123456789abcdef}\n"
                               "  - {name: nexus, registry: 'nexus.example/{repo}',\n"
                               "     secrets: [0123456789abcdef, fedcba9876543210]}\n"
                               "  - {name: any, sender: auto, header: X-Api-Key}\n"
                               "  - name: images\n"
                               "    sender: google\n"
                               "    google: {audience: https://x/y, email: a@b}\n";
    TW_AUTO(tw_access_freep) struct tw_access *a = NULL;
    struct tw_err err = {0};
    assert_int_equal(tw_access_read(tw_span_str(text), &a, &err), 0);
    assert_int_equal(a->hook_count, 4);
    assert_string_equal(tw_access_hook(a, "hub")->sender, "docker-hub");
    assert_null(tw_access_hook(a, "hub")->registry);
    assert_string_equal(tw_access_hook(a, "nexus")->sender, "nexus");
    assert_string_equal(tw_access_hook(a, "nexus")->registry, "nexus.example/{repo}");
    assert_string_equal(tw_access_hook(a, "any")->header, "X-Api-Key");
    assert_string_equal(tw_access_hook(a, "images")->audience, "https://x/y");
    assert_string_equal(tw_access_hook(a, "images")->email, "a@b");
    assert_null(tw_access_hook(a, "docker-hub"));
    assert_int_equal(a->secret_count, 3);
    assert_true(tw_access_by_secret(a, "nexus", "fedcba9876543210"));
    assert_false(tw_access_by_secret(a, "hub", "fedcba9876543210"));
    assert_false(tw_access_by_secret(a, "hub", "0123456789abcde"));
    assert_false(tw_access_by_secret(a, "hub", "0123456789abcdef0"));
    assert_false(tw_access_by_secret(a, "hub", ""));
    assert_false(tw_access_by_secret(a, "docker-hub", "0123456789abcdef"));
}

static void listens__addresses__local_or_not(void **state)
{
    (void)state;
    static const char *const local[] = {"127.0.0.1:8055", "127.9.9.9:1", "localhost:80", "[::1]:0"};
    static const char *const others[] = {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", "example:80",
        "localhost.example:80", "1270.0.0.1:80", "[::ffff:127.0.0.1]:80", "", ":80", "127.1:80"};
    for (size_t i = 0; i < TW_COUNT(local); i++)
        assert_true(tw_listens_locally(local[i]));
    for (size_t i = 0; i < TW_COUNT(others); i++)
        assert_false(tw_listens_locally(others[i]));
}

static void load__no_setting__open_on_this_machine_only(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_settings settings = {.listen = (char *)"127.0.0.1:0"};
    struct tw_access *access = (struct tw_access *)&settings;
    assert_int_equal(tw_access_load(&settings, &access, &err), 0);
    assert_null(access);
    settings.listen = (char *)"0.0.0.0:0";
    assert_int_equal(tw_access_load(&settings, &access, &err), TW_E_USAGE);
    assert_non_null(strstr(err.msg, "--access"));
    settings.access = (char *)"open";
    assert_int_equal(tw_access_load(&settings, &access, &err), 0);
    assert_null(access);
}

static void load__google_without_keys__is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/test_access.XXXXXX";
    int fd = mkstemp(path);
    static const char text[] =
        "webhooks: [{name: images, sender: google, google: {audience: a, email: b}}]\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct tw_err err = {0};
    struct tw_access *access = NULL;
    struct tw_settings settings = {.listen = (char *)"127.0.0.1:0", .access = path};
    assert_int_equal(tw_access_load(&settings, &access, &err), TW_E_USAGE);
    assert_non_null(strstr(err.msg, "the webhook images asks for tokens of Google"));
    settings.google_keys = path; // no JWK set
    assert_int_equal(tw_access_load(&settings, &access, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "google-keys: "));
    settings.google_keys = (char *)TEST_UNIT "/access/data/keys.json";
    assert_int_equal(tw_access_load(&settings, &access, &err), 0);
    assert_non_null(access->google_keys);
    tw_access_free(access);
    unlink(path);
}

static void load__file_that_everybody_may_read__is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/test_access.XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "secrets: {distribution: [0123456789abcdef]}\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct tw_err err = {0};
    struct tw_access *access = NULL;
    struct tw_settings settings = {.listen = (char *)"127.0.0.1:0", .access = path};
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(tw_access_load(&settings, &access, &err), TW_E_USAGE);
    assert_non_null(strstr(err.msg, "chmod o-rwx"));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(tw_access_load(&settings, &access, &err), 0);
    assert_int_equal(access->secret_count, 1);
    tw_access_free(access);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__all_keys__are_taken),
        cmocka_unit_test(read__webhooks__each_with_what_is_its_own),
        cmocka_unit_test(read__mistakes__are_told_with_their_place_and_no_secret),
        cmocka_unit_test(listens__addresses__local_or_not),
        cmocka_unit_test(load__no_setting__open_on_this_machine_only),
        cmocka_unit_test(load__google_without_keys__is_refused),
        cmocka_unit_test(load__file_that_everybody_may_read__is_refused),
    };
    return cmocka_run_group_tests_name("access file", tests, NULL, NULL);
}
