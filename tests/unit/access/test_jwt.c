#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/access/jwt.h"
#include "tests/unit/access/keys.h"

enum { ISSUED_S = 1772600000, EXPIRES_S = ISSUED_S + 3600, TOKEN_MAX = 4096 };

static const struct tw_jwt_wanted wanted = {"https://tidewaiter.example/v1/webhooks/images",
    "push@project.iam.gserviceaccount.com", ISSUED_S + 10};

static int setup(void **state)
{
    struct tw_jwks *keys = NULL;
    struct tw_err err = {0};
    if (tw_jwks_parse(tw_span_str(google_keys), &keys, &err) < 0)
        fail_msg("%s", err.msg);
    *state = keys;
    return 0;
}

static int teardown(void **state)
{
    tw_jwks_free(*state);
    return 0;
}

static struct tw_span token_of(const char *name, char text[TOKEN_MAX])
{
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/%s.jwt", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no %s", path);
    size_t size = fread(text, 1, TOKEN_MAX, file);
    fclose(file);
    return tw_span_of(text, size);
}

static void jwt__tokens__taken_or_denied_with_the_reason(void **state)
{
    static const struct {
        const char *name, *says; // NULL: it fits
    } rows[] = {
        {"good", NULL},
        {"issuer_short", NULL},
        {"issuer", "not issued by Google"},
        {"audience", "audience is another one"},
        {"audience_list", "audience is another one"}, // Google sends none
        {"email", "another account"},
        {"email_not_verified", "another account"},
        {"no_expiry", "run out"},
        {"future", "in the future"},
        {"other_key", "signature does not fit"},
        {"unknown_key", "a key that google-keys does not have"},
        {"no_key_id", "a key that google-keys does not have"},
        {"algorithm", "a key that google-keys does not have"},
        {"none", "a key that google-keys does not have"},
        {"signature_cut", "signature does not fit"},
        {"two_parts", "no JSON Web Token"},
        {"claims_not_json", "no JSON Web Token"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char text[TOKEN_MAX];
        struct tw_err err = {0};
        int r = tw_jwt_check(*state, token_of(rows[i].name, text), &wanted, &err);
        if (r != (rows[i].says ? TW_E_DENIED : 0))
            fail_msg("%s: %d %s", rows[i].name, r, err.msg);
        if (rows[i].says && !strstr(err.msg, rows[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].name, err.msg, rows[i].says);
    }
}

static void jwt__time__between_its_bounds_and_a_minute_more(void **state)
{
    char text[TOKEN_MAX];
    struct tw_span token = token_of("good", text);
    static const struct {
        int64_t now_s;
        bool fits;
    } rows[] = {
        {0, false},
        {ISSUED_S - 61, false},
        {ISSUED_S - 60, true},
        {EXPIRES_S, true},
        {EXPIRES_S + 59, true},
        {EXPIRES_S + 60, false},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_jwt_wanted then = wanted;
        then.now_s = rows[i].now_s;
        assert_int_equal(tw_jwt_check(*state, token, &then, NULL), rows[i].fits ? 0 : TW_E_DENIED);
    }
}

static void jwt__every_byte_changed_or_cut__denied(void **state)
{
    char text[TOKEN_MAX];
    struct tw_span token = token_of("good", text);
    for (size_t i = 0; i < token.n; i++) {
        struct tw_err err = {0};
        assert_int_equal(tw_jwt_check(*state, tw_span_of(text, i), &wanted, &err), TW_E_DENIED);
        text[i] ^= 1;
        assert_int_equal(tw_jwt_check(*state, token, &wanted, &err), TW_E_DENIED);
        text[i] ^= 1;
    }
    assert_int_equal(tw_jwt_check(*state, token, &wanted, NULL), 0);
}

static void jwks__texts_that_are_none__refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "not JSON"},
        {"{}", "no JWK set"},
        {"{\"keys\":[]}", "no JWK set"},
        {"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\"}]}", "no JWK set"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "keys[0]: \"kid\""},
        {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}", "keys[0]: \"n\""},
        {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"+/\",\"e\":\"AQAB\"}]}", "\"n\""},
        {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
            "at least 2048 bits"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_jwks *keys = NULL;
        struct tw_err err = {0};
        assert_int_equal(tw_jwks_parse(tw_span_str(rows[i].text), &keys, &err), TW_E_FORMAT);
        assert_null(keys);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("%s: %s", rows[i].text, err.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            jwt__tokens__taken_or_denied_with_the_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(
            jwt__time__between_its_bounds_and_a_minute_more, setup, teardown),
        cmocka_unit_test_setup_teardown(jwt__every_byte_changed_or_cut__denied, setup, teardown),
        cmocka_unit_test(jwks__texts_that_are_none__refused),
    };
    return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
