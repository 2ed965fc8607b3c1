// Package URLs and URIs out of texts that anybody may have written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/report/purl.h"

static void golang__modules__as_the_specification_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *module, *version, *package, *purl;
    } rows[] = {
        {"golang.org/x/net", "v0.1.0", NULL, "pkg:golang/golang.org/x/net@v0.1.0"},
        {"github.com/BurntSushi/toml", "v1.3.2", NULL,
            "pkg:golang/github.com/BurntSushi/toml@v1.3.2"},
        {"github.com/docker/docker", "v24.0.7+incompatible", NULL,
            "pkg:golang/github.com/docker/docker@v24.0.7%2Bincompatible"},
        {"example.org/a/v2", "v2.0.0-20240102030405-0123456789ab", NULL,
            "pkg:golang/example.org/a/v2@v2.0.0-20240102030405-0123456789ab"},
        {"stdlib", "1.26.5", NULL, "pkg:golang/stdlib@1.26.5"},
        {"example.org/a", NULL, "example.org/a/cmd/x", "pkg:golang/example.org/a#cmd/x"},
        {"example.org/a", "", "example.org/a", "pkg:golang/example.org/a"},
        {"example.org/a", "v1", "example.org/ab", "pkg:golang/example.org/a@v1"},
        {"//../a?b#c@d/./%2e%2e/é ", "v@?#/1", NULL,
            "pkg:golang/a%3Fb%23c%40d/%252e%252e/%C3%A9%20@v%40%3F%23%2F1"},
        {"a\r\n\033b", NULL, NULL, "pkg:golang/a%0D%0A%1Bb"},
        {"", "v1.0.0", NULL, NULL},
        {"../..", "v1.0.0", NULL, NULL},
    };
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(1 << 16);
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        const char *purl = tw_purl_golang(&room, rows[i].module, rows[i].version, rows[i].package);
        assert_int_equal(room.status, 0);
        if (rows[i].purl)
            assert_string_equal(purl, rows[i].purl);
        else
            assert_null(purl);
    }
}

static void golang__longer_than_the_room__left_out_without_a_failure(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(20);
    assert_null(tw_purl_golang(&room, "example.org/a/b/c", NULL, NULL));
    assert_int_equal(room.status, 0);
    assert_string_equal(tw_purl_golang(&room, "a", NULL, NULL), "pkg:golang/a");
}

static void oci__image__digest_and_sorted_qualifiers(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(1 << 16);
    struct tw_image_inventory image = {.registry = "reg.example:5000",
        .repository = "team/app",
        .tag = "1.4",
        .architecture = "amd64"};
    assert_int_equal(tw_digest_of("", 0, &image.digest), 0);
    assert_string_equal(tw_purl_oci(&room, &image),
        "pkg:oci/app@sha256%3A"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        "?arch=amd64&repository_url=reg.example%3A5000/team/app&tag=1.4");
    image.repository = NULL;
    assert_null(tw_purl_oci(&room, &image));
    image = (struct tw_image_inventory){.repository = "team/app"};
    assert_null(tw_purl_oci(&room, &image));
}

static void uri__paths__relative_and_of_the_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *path, *uri;
    } rows[] = {
        {"usr/bin/app", "usr/bin/app"},
        {"/usr//bin/./app/", "usr/bin/app"},
        {"../../etc/x", "etc/x"},
        {"a b/c:d?e#f%41", "a%20b/c%3Ad%3Fe%23f%2541"},
        {"a\\x1b[31m\\x5c\\xff", "a%1B%5B31m%5C%FF"}, // as tw_text_path() escapes
        {"a\\x1", "a%5Cx1"},
        {"...", "..."},
        {"http://x", "http%3A/x"},
        {"", NULL},
        {"/", NULL},
        {"./..", NULL},
    };
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(1 << 16);
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        const char *uri = tw_uri_of_path(&room, rows[i].path);
        if (rows[i].uri)
            assert_string_equal(uri, rows[i].uri);
        else
            assert_null(uri);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golang__modules__as_the_specification_has_it),
        cmocka_unit_test(golang__longer_than_the_room__left_out_without_a_failure),
        cmocka_unit_test(oci__image__digest_and_sorted_qualifiers),
        cmocka_unit_test(uri__paths__relative_and_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
