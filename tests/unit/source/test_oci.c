#include "reading.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LAYOUT TEST_DATA "/layout"
#define MANIFEST_1_0 "sha256:723cb91f9fca3b13985cef12825c98e3f4c78e5924482406e0c5305853af37c9"
#define MANIFEST_1_1 "sha256:7f5c626bc0092940b31f1d0dd62942608c60713d32c3936324e923cfa3be5332"
#define CONFIG_1_0 "sha256:8ba8f60bf496aca5ba04106e130ce5e5d2096e9c3e393feede8809f2b2584ed6"
#define CONFIG_1_1 "sha256:ac1f6f6240836490f56a0e858222d6fb8761316b04f1be9a793e5e65630c2d96"
#define LAYER "f15eb86e04dfe5f4fd0ed191410768de061f53da0d4202322dfd7ab71c3f8fba"

static void oci__tags__their_images(void **state)
{
    (void)state;
    expect_image("oci:" LAYOUT ":1.0", MANIFEST_1_0, CONFIG_1_0, 1);
    expect_image("oci:" LAYOUT ":stable", MANIFEST_1_0, CONFIG_1_0, 1);
    expect_image("oci:" LAYOUT ":1.1", MANIFEST_1_1, CONFIG_1_1, 1);
}

static void oci__no_tag_and_several_images__lists_them(void **state)
{
    (void)state;
    expect_refused("oci:" LAYOUT, TW_E_USAGE, "1.0, stable, 1.1");
}

static void oci__unknown_tag__lists_them(void **state)
{
    (void)state;
    expect_refused("oci:" LAYOUT ":2", TW_E_NOT_FOUND, "no image \"2\" in index.json; it has: 1.0");
}

static void oci__not_a_layout__says_so(void **state)
{
    (void)state;
    expect_refused("oci:" TEST_DATA, TW_E_FORMAT, "no index.json");
    expect_refused("oci:/nonexistent/x", TW_E_NOT_FOUND, "/nonexistent/x");
    expect_refused("oci:" TEST_DATA "/docker.tar", TW_E_USAGE, "is no directory");
}

static void oci__manifest_by_digest__of_that_digest_or_none(void **state)
{
    (void)state;
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source("oci:" LAYOUT ":1.0", &source, NULL), 0);
    struct tw_digest digest;
    assert_int_equal(tw_digest_parse(MANIFEST_1_1, &digest, NULL), 0);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, &digest, type);
    assert_string_equal(m->digest.text, MANIFEST_1_1);
    digest.text[10] ^= 1;
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1000);
    struct tw_err err = {0};
    assert_int_equal(source->ops->manifest(source, &digest, &bytes, type, &err), TW_E_NOT_FOUND);
    assert_int_equal(bytes.size, 0);
}

// ---- hostile layouts: a copy of the real one, with something put in place ----

static char folder[] = "/tmp/tw-test-oci-XXXXXX";

static int copy_layout(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tw-test-oci-XXXXXX");
    char command[600];
    if (!mkdtemp(folder))
        return -1;
    snprintf(command, sizeof command, "cp -r '%s/.' '%s'", LAYOUT, folder);
    return system(command);
}

static int remove_layout(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *inside(const char *name)
{
    static char path[2][300];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static const char *name_of_copy(void)
{
    static char name[200];
    snprintf(name, sizeof name, "oci:%s:1.0", folder);
    return name;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(inside(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void expect_layer(int code, const char *says)
{
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source(name_of_copy(), &source, NULL), 0);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, NULL, type);
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1 << 20);
    struct tw_err err = {0};
    int r = read_blob(source, &m->layers[0], &bytes, &err);
    if (r != code || !strstr(err.msg, says))
        fail_msg("%d %s", r, err.msg);
}

static void hostile__a_blob_is_a_link__not_followed(void **state)
{
    (void)state;
    assert_int_equal(unlink(inside("blobs/sha256/" LAYER)), 0);
    assert_int_equal(symlink(LAYOUT "/blobs/sha256/" LAYER, inside("blobs/sha256/" LAYER)), 0);
    expect_layer(TW_E_FORMAT, "is a symbolic link, which is not followed");
}

static void hostile__the_folder_of_blobs_is_a_link__not_followed(void **state)
{
    (void)state;
    assert_int_equal(rename(inside("blobs"), inside("elsewhere")), 0);
    assert_int_equal(symlink("elsewhere", inside("blobs")), 0);
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source(name_of_copy(), &source, NULL), 0);
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1000);
    char type[128];
    struct tw_err err = {0};
    assert_int_equal(source->ops->manifest(source, NULL, &bytes, type, &err), TW_E_FORMAT);
    assert_non_null(strstr(err.msg, "blobs is a symbolic link"));
}

static void hostile__the_index_is_a_link_or_fifo__refused_without_waiting(void **state)
{
    (void)state;
    assert_int_equal(unlink(inside("index.json")), 0);
    assert_int_equal(symlink("/etc/passwd", inside("index.json")), 0);
    expect_refused(name_of_copy(), TW_E_FORMAT, "symbolic link");
    assert_int_equal(unlink(inside("index.json")), 0);
    assert_int_equal(mkfifo(inside("index.json"), 0600), 0);
    expect_refused(name_of_copy(), TW_E_FORMAT, "no regular file");
}

static void hostile__a_blob_of_other_bytes__digest(void **state)
{
    (void)state;
    assert_int_equal(chmod(inside("blobs/sha256/" LAYER), 0600), 0);
    int fd = open(inside("blobs/sha256/" LAYER), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "?", 1, 50), 1);
    expect_layer(TW_E_DIGEST, LAYER);
    assert_int_equal(pwrite(fd, "?", 1, 101), 1);
    expect_layer(TW_E_DIGEST, "has 102 bytes, but the manifest says 101");
    close(fd);
    assert_int_equal(unlink(inside("blobs/sha256/" LAYER)), 0);
    expect_layer(TW_E_NOT_FOUND, LAYER);
}

static void hostile__index_that_is_none__malformed(void **state)
{
    (void)state;
    const char *const rows[] = {"", "{", "[]", "{\"manifests\":7}",
        "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:../../../../etc/"
        "passwd\",\"size\":1,"
        "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"}]}"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put("index.json", rows[i]);
        expect_refused(name_of_copy(), TW_E_FORMAT, "index.json: ");
    }
}

static void layout__one_unnamed_image__no_tag_needed(void **state)
{
    (void)state;
    put("index.json", "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" MANIFEST_1_0
                      "\",\"size\":345,\"mediaType\":"
                      "\"application/vnd.oci.image.manifest.v1+json\"}]}");
    char name[200];
    snprintf(name, sizeof name, "oci:%s", folder);
    expect_image(name, MANIFEST_1_0, CONFIG_1_0, 1);
}

static void layout__platforms_without_names__the_index_itself(void **state)
{
    (void)state;
    put("index.json",
        "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" MANIFEST_1_0 "\",\"size\":345,"
        "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"},"
        "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"},{\"digest\":\"" MANIFEST_1_1
        "\",\"size\":345,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"},"
        "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"}]}");
    char name[200];
    snprintf(name, sizeof name, "oci:%s", folder);
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    assert_int_equal(open_source(name, &source, NULL), 0);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, NULL, type);
    assert_int_equal(m->kind, TW_MANIFEST_INDEX);
    assert_int_equal(m->manifest_count, 2);
}

#define ON_A_COPY(test) cmocka_unit_test_setup_teardown(test, copy_layout, remove_layout)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oci__tags__their_images),
        cmocka_unit_test(oci__no_tag_and_several_images__lists_them),
        cmocka_unit_test(oci__unknown_tag__lists_them),
        cmocka_unit_test(oci__not_a_layout__says_so),
        cmocka_unit_test(oci__manifest_by_digest__of_that_digest_or_none),
        ON_A_COPY(hostile__a_blob_is_a_link__not_followed),
        ON_A_COPY(hostile__the_folder_of_blobs_is_a_link__not_followed),
        ON_A_COPY(hostile__the_index_is_a_link_or_fifo__refused_without_waiting),
        ON_A_COPY(hostile__a_blob_of_other_bytes__digest),
        ON_A_COPY(hostile__index_that_is_none__malformed),
        ON_A_COPY(layout__one_unnamed_image__no_tag_needed),
        ON_A_COPY(layout__platforms_without_names__the_index_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
