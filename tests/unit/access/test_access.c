#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/access/access.h"
#include "api/access/signature.h"
#include "scanner/base/base64.h"
#include "scanner/base/hmac.h"

static const struct tw_signature_form form = {"X-Signature", "sha256=", false};

static void add_token(struct tw_access *a, const char *name, unsigned roles, const char *token)
{
    struct tw_access_token *t = tw_arena_push(a->arena, &a->tokens, &a->token_count);
    *t = (struct tw_access_token){.name = name, .roles = roles};
    assert_int_equal(tw_sha256(token, strlen(token), t->sha256), 0);
}

static int setup(void **state)
{
    struct tw_access *a = tw_access_new(65536);
    add_token(a, "hook", TW_ROLE_WEBHOOK, "tw_one");
    add_token(a, "board", TW_ROLE_READ, "tw_two");
    struct tw_access_certificate *c =
        tw_arena_push(a->arena, &a->certificates, &a->certificate_count);
    *c = (struct tw_access_certificate){"api.example", TW_ROLE_READ};
    static const char *const secrets[] = {"0123456789abcdef", "fedcba9876543210"};
    for (size_t i = 0; i < TW_COUNT(secrets); i++) {
        struct tw_access_secret *s = tw_arena_push(a->arena, &a->secrets, &a->secret_count);
        *s = (struct tw_access_secret){
            "distribution", tw_span_str(tw_arena_strdup(a->arena, secrets[i]))};
    }
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    tw_access_free(*state);
    return 0;
}

static struct tw_caller ask(const struct tw_access *access, const char *header)
{
    struct tw_caller caller = {0};
    bool found = tw_access_by_header(access, header, &caller);
    assert_int_equal(found, caller.name[0] != '\0');
    return caller;
}

static struct tw_caller ask_basic(const struct tw_access *access, const char *pair, size_t size)
{
    struct tw_buf header = TW_BUF(4096);
    tw_buf_puts(&header, "Basic ");
    assert_int_equal(tw_base64_encode(tw_span_of(pair, size), &header), 0);
    struct tw_caller caller = ask(access, header.data);
    tw_buf_done(&header);
    return caller;
}

static void token__known__gives_its_name_and_roles(void **state)
{
    struct tw_caller caller = ask(*state, "Bearer tw_one");
    assert_string_equal(caller.name, "hook");
    assert_int_equal(caller.roles, TW_ROLE_WEBHOOK);
    assert_int_equal(ask(*state, "bearer   tw_two").roles, TW_ROLE_READ); // any case, RFC 7235
}

static void token__anything_else__is_nobody(void **state)
{
    static const char *const headers[] = {"", "Bearer", "Bearer ", "Bearer tw_on", "Bearer tw_one ",
        "Bearer tw_onee", "tw_one", "Token tw_one", "Bearertw_one", "Basic tw_one", "Basic ",
        "Basic ====", "Digest x", " Bearer tw_one"};
    for (size_t i = 0; i < TW_COUNT(headers); i++)
        assert_int_equal(ask(*state, headers[i]).roles, 0);
    char long_one[TW_TOKEN_MAX + 9] = "Bearer ";
    memset(long_one + 7, 'x', TW_TOKEN_MAX + 1);
    assert_int_equal(ask(*state, long_one).roles, 0);
}

static void token__at_the_limit__is_known(void **state)
{
    char header[TW_TOKEN_MAX + 8] = "Bearer ";
    memset(header + 7, 'x', TW_TOKEN_MAX);
    add_token(*state, "long", TW_ROLE_ADMIN, header + 7);
    assert_int_equal(ask(*state, header).roles, TW_ROLE_ADMIN);
}

static void basic__name_and_token__must_both_fit(void **state)
{
    assert_string_equal(ask_basic(*state, "hook:tw_one", 11).name, "hook");
    assert_int_equal(ask_basic(*state, "board:tw_one", 12).roles, 0);
    assert_int_equal(ask_basic(*state, "hook:tw_two", 11).roles, 0);
    assert_int_equal(ask_basic(*state, "hooktw_one", 10).roles, 0);
    assert_int_equal(ask_basic(*state, ":tw_one", 7).roles, 0);
    assert_int_equal(ask_basic(*state, "hook:", 5).roles, 0);
    assert_int_equal(ask_basic(*state, "hook\0x:tw_one", 13).roles, 0);
}

static void certificate__name__in_full(void **state)
{
    struct tw_caller caller = {0};
    assert_false(tw_access_by_certificate(*state, "api.exampl", &caller));
    assert_false(tw_access_by_certificate(*state, "API.example", &caller));
    assert_true(tw_access_by_certificate(*state, "api.example", &caller));
    assert_int_equal(caller.roles, TW_ROLE_READ);
    // Together with a token: the roles of both.
    assert_true(tw_access_by_header(*state, "Bearer tw_one", &caller));
    assert_int_equal(caller.roles, TW_ROLE_READ | TW_ROLE_WEBHOOK);
    assert_string_equal(caller.name, "api.example");
}

static void roles__wanted__any_of_them_and_admin_always(void **state)
{
    (void)state;
    assert_true(tw_roles_suffice(0, 0));
    assert_false(tw_roles_suffice(0, TW_ROLE_READ));
    assert_false(tw_roles_suffice(TW_ROLE_WEBHOOK, TW_ROLE_READ));
    assert_true(tw_roles_suffice(TW_ROLE_READ, TW_ROLE_READ | TW_ROLE_WEBHOOK));
    assert_true(tw_roles_suffice(TW_ROLE_ADMIN, TW_ROLE_WEBHOOK));
    assert_false(tw_roles_suffice(TW_ROLE_READ | TW_ROLE_WEBHOOK, TW_ROLE_ADMIN));
}

static const char *sign(const char *secret, const char *body)
{
    static char header[7 + 65];
    uint8_t sum[TW_SHA256_BYTES];
    assert_int_equal(tw_hmac_sha256(tw_span_str(secret), tw_span_str(body), sum), 0);
    snprintf(header, sizeof header, "sha256=");
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(header + 7 + 2 * i, 3, "%02x", sum[i]);
    return header;
}

static void signature__by_either_secret__fits(void **state)
{
    struct tw_span body = tw_span_str("{}");
    static const char *const secrets[] = {"0123456789abcdef", "fedcba9876543210"};
    for (size_t i = 0; i < TW_COUNT(secrets); i++)
        assert_true(tw_signature_fits(*state, "distribution", &form, sign(secrets[i], "{}"), body));
}

static void signature__anything_else__does_not(void **state)
{
    struct tw_span body = tw_span_str("{}");
    const char *good = sign("0123456789abcdef", "{}");
    char changed[80];
    for (size_t i = 0; i < strlen(good); i++) {
        snprintf(changed, sizeof changed, "%s", good);
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_false(tw_signature_fits(*state, "distribution", &form, changed, body));
        snprintf(changed, sizeof changed, "%.*s", (int)i, good);
        assert_false(tw_signature_fits(*state, "distribution", &form, changed, body));
    }
    assert_false(tw_signature_fits(*state, "distribution", &form, good, tw_span_str("{} ")));
    assert_false(tw_signature_fits(*state, "distribution", &form, good, tw_span_str("")));
    assert_false(tw_signature_fits(*state, "harbor", &form, good, body));
    assert_false(
        tw_signature_fits(*state, "distribution", &form, sign("another secret..", "{}"), body));
    assert_true(tw_access_has_secret(*state, "distribution"));
    assert_false(tw_access_has_secret(*state, "harbor"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(token__known__gives_its_name_and_roles),
        TEST(token__anything_else__is_nobody),
        TEST(token__at_the_limit__is_known),
        TEST(basic__name_and_token__must_both_fit),
        TEST(certificate__name__in_full),
        TEST(roles__wanted__any_of_them_and_admin_always),
        TEST(signature__by_either_secret__fits),
        TEST(signature__anything_else__does_not),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
