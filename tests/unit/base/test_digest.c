#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/digest.h"

// `printf abc | sha256sum`, `sha512sum`
#define ABC_256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_512                                                                                    \
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                             \
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static int parse(const char *text)
{
    struct tw_digest digest = {0};
    return tw_digest_parse(text, &digest, NULL);
}

static void digest__well_formed__is_taken(void **state)
{
    (void)state;
    assert_int_equal(parse("sha256:" ABC_256), 0);
    assert_int_equal(parse("sha512:" ABC_512), 0);
}

static void digest__anything_else__is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"", "sha256:", ABC_256, "sha256:" ABC_512, "sha512:" ABC_256,
        "md5:900150983cd24fb0d6963f7d28e17f72", "SHA256:" ABC_256, "sha256:" ABC_256 "0",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:../../../../../../../../../../../../etc/passwd0000000000000000000"};
    for (size_t i = 0; i < TW_COUNT(bad); i++)
        assert_int_equal(parse(bad[i]), TW_E_FORMAT);
}

static int hash_abc(const char *expected, struct tw_err *err)
{
    struct tw_digest digest, got = {0};
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = NULL;
    assert_int_equal(tw_digest_parse(expected, &digest, NULL), 0);
    assert_int_equal(tw_hash_new(&digest, &hash, NULL), 0);
    assert_int_equal(tw_hash_update(hash, "a", 1), 0);
    assert_int_equal(tw_hash_update(hash, "bc", 2), 0);
    assert_int_equal(tw_hash_size_bytes(hash), 3);
    int r = tw_hash_finish(hash, &got, err);
    if (r == 0)
        assert_true(tw_digest_equal(&digest, &got));
    return r;
}

static void hash__expected_digest__is_compared(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(hash_abc("sha256:" ABC_256, &err), 0);
    assert_int_equal(hash_abc("sha512:" ABC_512, &err), 0);
    assert_int_equal(
        hash_abc("sha256:0000000000000000000000000000000000000000000000000000000000000000", &err),
        TW_E_DIGEST);
    assert_int_equal(err.code, TW_E_DIGEST);
}

static void digest_of__bytes__is_sha256(void **state)
{
    (void)state;
    struct tw_digest digest;
    assert_int_equal(tw_digest_of("abc", 3, &digest), 0);
    assert_string_equal(digest.text, "sha256:" ABC_256);
    assert_string_equal(tw_digest_hex(&digest), ABC_256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__well_formed__is_taken),
        cmocka_unit_test(digest__anything_else__is_refused),
        cmocka_unit_test(hash__expected_digest__is_compared),
        cmocka_unit_test(digest_of__bytes__is_sha256),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
