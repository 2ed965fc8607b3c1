#include "reading.h"

#include <signal.h>
#include <stdlib.h>

#define MANIFEST_1_0 "sha256:723cb91f9fca3b13985cef12825c98e3f4c78e5924482406e0c5305853af37c9"
#define CONFIG_1_0 "sha256:8ba8f60bf496aca5ba04106e130ce5e5d2096e9c3e393feede8809f2b2584ed6"
// The layer uncompressed, as docker's archives have it.
#define DIFF_ID "sha256:9b81f1d57b0e9e529b9b8daa10ab4e8ba4f79b26de8f5fcfb4c1ba7488dacfb9"

static void oci_archive__with_and_without_its_tag__the_image(void **state)
{
    (void)state;
    expect_image("oci-archive:" TEST_DATA "/oci.tar", MANIFEST_1_0, CONFIG_1_0, 1);
    expect_image("oci-archive:" TEST_DATA "/oci.tar:1.0", MANIFEST_1_0, CONFIG_1_0, 1);
    expect_refused("oci-archive:" TEST_DATA "/oci.tar:2", TW_E_NOT_FOUND, "it has: 1.0");
}

static void docker_archive__that_is_a_layout_too__read_as_one(void **state)
{
    (void)state; // docker save since 25.0
    expect_image("docker-archive:" TEST_DATA "/oci.tar", MANIFEST_1_0, CONFIG_1_0, 1);
}

static void docker_archive__of_skopeo__a_manifest_is_made_for_it(void **state)
{
    (void)state;
    expect_image("docker-archive:" TEST_DATA "/docker.tar", NULL, CONFIG_1_0, 1);
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source("docker-archive:" TEST_DATA "/docker.tar", &source, NULL), 0);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, NULL, type);
    assert_string_equal(type, "application/vnd.docker.distribution.manifest.v2+json");
    assert_string_equal(m->layers[0].digest.text, DIFF_ID);
    assert_int_equal(m->layers[0].size_bytes, 518);
    // That manifest is there by its digest, and no other is.
    TW_AUTO(tw_manifest_freep) struct tw_manifest *again = read_manifest(source, &m->digest, type);
    assert_string_equal(again->digest.text, m->digest.text);
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1000);
    assert_int_equal(
        source->ops->manifest(source, &m->config.digest, &bytes, type, NULL), TW_E_NOT_FOUND);
}

static void docker_archive__names_as_people_write_them__the_image(void **state)
{
    (void)state;
    const char *const tags[] = {"1.0", "team/app:1.0", "docker.io/team/app:1.0"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        char name[400];
        snprintf(name, sizeof name, "docker-archive:%s/docker.tar:%s", TEST_DATA, tags[i]);
        expect_image(name, NULL, CONFIG_1_0, 1);
    }
    expect_refused("docker-archive:" TEST_DATA "/docker.tar:team/app:2", TW_E_NOT_FOUND,
        "it has: docker.io/team/app:1.0");
}

static void docker_archive__two_images__one_has_to_be_named(void **state)
{
    (void)state;
    expect_image("docker-archive:" TEST_DATA "/docker-two.tar:stable", NULL, CONFIG_1_0, 1);
    expect_image("docker-archive:" TEST_DATA "/docker-two.tar:other/app:2", NULL, CONFIG_1_0, 1);
    expect_refused(
        "docker-archive:" TEST_DATA "/docker-two.tar", TW_E_USAGE, "2 images that may be meant");
}

static void docker_archive__a_blob_it_does_not_have__not_found(void **state)
{
    (void)state;
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source("docker-archive:" TEST_DATA "/docker.tar", &source, NULL), 0);
    struct tw_descriptor blob = {.media_type = "", .size_bytes = 345};
    assert_int_equal(tw_digest_parse(MANIFEST_1_0, &blob.digest, NULL), 0);
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1000);
    struct tw_err err = {0};
    assert_int_equal(read_blob(source, &blob, &bytes, &err), TW_E_NOT_FOUND);
    assert_non_null(strstr(err.msg, MANIFEST_1_0));
}

static void archive__compressed__says_what_to_do(void **state)
{
    (void)state;
    expect_refused("oci-archive:" TEST_DATA "/oci.tar.gz", TW_E_UNSUPPORTED, "decompress");
}

static void archive__no_image_inside_or_no_archive__says_so(void **state)
{
    (void)state;
    expect_refused(
        "oci-archive:" TEST_DATA "/docker.tar", TW_E_FORMAT, "this is no OCI image layout");
    expect_refused("docker-archive:" TEST_DATA, TW_E_USAGE, "is no regular file");
    expect_refused("docker-archive:/nonexistent.tar", TW_E_NOT_FOUND, "/nonexistent.tar");
    expect_refused("docker-archive:/dev/null", TW_E_USAGE, "is no regular file");
}

// ---- archives that lie: the real one with bytes changed in place ----

static char copy[] = "/tmp/tw-test-archive-XXXXXX";

// Replaces `from` by `to` (as long) in the first member whose bytes have it.
static void patch(const char *from, const char *to)
{
    static char bytes[20480];
    FILE *f = fopen(TEST_DATA "/docker.tar", "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    assert_int_equal(fclose(f), 0);
    char *at = memmem(bytes, n, from, strlen(from));
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    snprintf(copy, sizeof copy, "/tmp/tw-test-archive-XXXXXX");
    int fd = mkstemp(copy);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static void expect_patched(const char *from, const char *to, int code, const char *says)
{
    char name[100];
    patch(from, to);
    snprintf(name, sizeof name, "docker-archive:%s", copy);
    expect_refused(name, code, says);
    assert_int_equal(unlink(copy), 0);
}

static void docker_archive__that_lies__refused(void **state)
{
    (void)state;
    // the configuration has other bytes than its name promises
    expect_patched("\"architecture\":\"amd64\"", "\"architecture\":\"amd65\"", TW_E_DIGEST,
        "image configuration");
    expect_patched("\"Config\":\"8ba8f60b", "\"Config\":\"../../et", TW_E_FORMAT, "\"Config\"");
    expect_patched("\"Config\":\"8ba8f60b", "\"Config\":\"9ba8f60b", TW_E_NOT_FOUND, "9ba8f60b");
    expect_patched("\"Layers\":[\"9b81f1d5", "\"Layers\":[\"../../..", TW_E_NOT_FOUND, "no ");
    expect_patched("\"Layers\":[\"", "\"Slayer\":[\"", TW_E_FORMAT, "names 0 layers");
    expect_patched("[{\"Config\"", "7{\"Config\"", TW_E_FORMAT, "manifest.json");
}

static void docker_archive__layer_of_other_bytes__digest(void **state)
{
    (void)state;
    patch("hello\n", "jello\n");
    char name[100];
    snprintf(name, sizeof name, "docker-archive:%s", copy);
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source(name, &source, NULL), 0);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, NULL, type);
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1000);
    struct tw_err err = {0};
    assert_int_equal(read_blob(source, &m->layers[0], &bytes, &err), TW_E_DIGEST);
    assert_non_null(strstr(err.msg, DIFF_ID));
    assert_int_equal(unlink(copy), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oci_archive__with_and_without_its_tag__the_image),
        cmocka_unit_test(docker_archive__that_is_a_layout_too__read_as_one),
        cmocka_unit_test(docker_archive__of_skopeo__a_manifest_is_made_for_it),
        cmocka_unit_test(docker_archive__names_as_people_write_them__the_image),
        cmocka_unit_test(docker_archive__two_images__one_has_to_be_named),
        cmocka_unit_test(docker_archive__a_blob_it_does_not_have__not_found),
        cmocka_unit_test(archive__compressed__says_what_to_do),
        cmocka_unit_test(archive__no_image_inside_or_no_archive__says_so),
        cmocka_unit_test(docker_archive__that_lies__refused),
        cmocka_unit_test(docker_archive__layer_of_other_bytes__digest),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
