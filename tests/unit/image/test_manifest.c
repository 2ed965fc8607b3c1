#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/image/manifest.h"

#define D "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OCI "application/vnd.oci.image."
#define DOCKER "application/vnd.docker.distribution."
#define DESC(type) "{\"mediaType\":\"" type "\",\"digest\":\"" D "\",\"size\":5}"
#define OCI_CONFIG DESC(OCI "config.v1+json")
#define OCI_LAYER DESC(OCI "layer.v1.tar+gzip")

static int parse(
    const char *json, const char *content_type, struct tw_manifest **m, struct tw_err *err)
{
    struct tw_limits limits = tw_limits_default;
    limits.image_layers = 3;
    limits.index_manifests = 3;
    return tw_manifest_parse(tw_span_str(json), content_type, &limits, m, err);
}

static struct tw_manifest *parsed(const char *json, const char *content_type)
{
    struct tw_manifest *m = NULL;
    struct tw_err err = {0};
    if (parse(json, content_type, &m, &err) < 0)
        fail_msg("%s: %s", json, err.msg);
    return m;
}

static void manifest__of_buildah__image(void **state)
{
    (void)state;
    char text[20000];
    FILE *f = fopen(TEST_DATA "/buildah-env-manifest.json", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = parsed(text, NULL);
    assert_int_equal(m->kind, TW_MANIFEST_IMAGE);
    assert_string_equal(m->media_type, OCI "manifest.v1+json");
    assert_string_equal(
        m->digest.text, "sha256:4e384ba222c77d19f4d51657ba670fdccef8b8e758eeba0353d90316b01dcfbc");
    assert_string_equal(m->config.digest.text,
        "sha256:101f2ec0a1c71a7ea5f2aef29bd8fed10e897a3fd8834dc75ffb42542102f270");
    assert_int_equal(m->config.size_bytes, 2621);
    assert_int_equal(m->layer_count, 1);
    assert_int_equal(m->layers[0].size_bytes, 101);
    assert_string_equal(m->layers[0].media_type, OCI "layer.v1.tar+gzip");
    assert_false(m->layers[0].foreign);
    assert_false(m->layers[0].attestation);
}

static void manifest__kinds__decided(void **state)
{
    (void)state;
    static const struct {
        const char *json, *content_type, *media_type, *artifact;
        enum tw_manifest_kind kind;
    } rows[] = {
        {"{\"schemaVersion\":2,\"config\":" OCI_CONFIG ",\"layers\":[" OCI_LAYER "]}",
            OCI "manifest.v1+json; charset=utf-8", OCI "manifest.v1+json", NULL, TW_MANIFEST_IMAGE},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[]}", "application/json", OCI "manifest.v1+json",
            NULL, TW_MANIFEST_IMAGE},
        {"{\"mediaType\":\"" DOCKER "manifest.v2+json\",\"config\":" DESC(
             "application/vnd.docker.container.image.v1+json") ",\"layers\":[]}",
            NULL, DOCKER "manifest.v2+json", NULL, TW_MANIFEST_IMAGE},
        {"{\"mediaType\":\"" DOCKER
         "manifest.v2+json\",\"config\":" DESC("application/octet-stream") ",\"layers\":[]}",
            NULL, DOCKER "manifest.v2+json", NULL, TW_MANIFEST_IMAGE},
        {"{\"manifests\":[]}", "", OCI "index.v1+json", NULL, TW_MANIFEST_INDEX},
        {"{\"manifests\":[]}", DOCKER "manifest.list.v2+json", DOCKER "manifest.list.v2+json", NULL,
            TW_MANIFEST_INDEX},
        // a Helm chart, a manifest with artifactType, a cosign signature, an attestation
        {"{\"config\":" DESC("application/vnd.cncf.helm.config.v1+json") ",\"layers\":[]}", NULL,
            OCI "manifest.v1+json", "application/vnd.cncf.helm.config.v1+json",
            TW_MANIFEST_ARTIFACT},
        {"{\"artifactType\":\"x/sbom\",\"config\":" OCI_CONFIG ",\"layers\":[]}", NULL,
            OCI "manifest.v1+json", "x/sbom", TW_MANIFEST_ARTIFACT},
        {"{\"config\":" OCI_CONFIG
         ",\"layers\":[" DESC("application/vnd.dev.cosign.simplesigning.v1+json") "]}",
            NULL, OCI "manifest.v1+json", "application/vnd.dev.cosign.simplesigning.v1+json",
            TW_MANIFEST_ARTIFACT},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[" DESC("application/vnd.in-toto+json") "]}", NULL,
            OCI "manifest.v1+json", "application/vnd.in-toto+json", TW_MANIFEST_ARTIFACT},
        {"{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}", NULL,
            "application/vnd.oci.artifact.manifest.v1+json", "an artifact", TW_MANIFEST_ARTIFACT},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_manifest_freep)
        struct tw_manifest *m = parsed(rows[i].json, rows[i].content_type);
        assert_int_equal(m->kind, rows[i].kind);
        assert_string_equal(m->media_type, rows[i].media_type);
        if (rows[i].artifact)
            assert_string_equal(m->artifact_type, rows[i].artifact);
        else
            assert_null(m->artifact_type);
    }
}

static void index__children__platforms_and_attestations(void **state)
{
    (void)state;
    TW_AUTO(tw_manifest_freep)
    struct tw_manifest *m = parsed(
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI "manifest.v1+json\",\"digest\":"
        "\"" D "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\","
        "\"variant\":\"v7\",\"os.version\":\"1\"}},"
        "{\"mediaType\":\"" OCI "manifest.v1+json\",\"digest\":\"" D "\",\"size\":1,"
        "\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},"
        "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}},"
        "{\"mediaType\":\"" OCI "index.v1+json\",\"digest\":\"" D "\",\"size\":1}]}",
        OCI "index.v1+json");
    assert_int_equal(m->manifest_count, 3);
    assert_string_equal(m->manifests[0].os, "linux");
    assert_string_equal(m->manifests[0].architecture, "arm");
    assert_string_equal(m->manifests[0].variant, "v7");
    assert_string_equal(m->manifests[0].os_version, "1");
    assert_false(m->manifests[0].attestation);
    assert_true(m->manifests[1].attestation);
    assert_false(m->manifests[2].attestation);
    assert_null(m->manifests[2].os);
}

static void layers__foreign__marked(void **state)
{
    (void)state;
    TW_AUTO(tw_manifest_freep)
    struct tw_manifest *m =
        parsed("{\"config\":" OCI_CONFIG ",\"layers\":[" OCI_LAYER
               "," DESC(OCI "layer.nondistributable.v1.tar+gzip") "," DESC(
                   "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") "]}",
            NULL);
    assert_false(m->layers[0].foreign);
    assert_true(m->layers[1].foreign);
    assert_true(m->layers[2].foreign);
}

static void layers__annotations__bind_a_table_of_contents_or_none(void **state)
{
    (void)state;
#define STORAGE "io.github.containers.zstd-chunked."
#define STARGZ "io.containers.zstd-chunked."
#define TOC "\"containerd.io/snapshot/stargz/toc.digest\":"
    static const struct {
        const char *annotations;
        enum tw_seekable_kind kind;
        uint64_t offset, size_bytes;
    } rows[] = {
        {"", TW_SEEKABLE_NONE, 0, 0},
        {TOC "\"" D "\"", TW_SEEKABLE_STARGZ, 0, 0},
        {TOC "\"sha256:12\"", TW_SEEKABLE_NONE, 0, 0},
        {TOC "7", TW_SEEKABLE_NONE, 0, 0},
        {"\"" STORAGE "manifest-checksum\":\"" D "\",\"" STORAGE "manifest-position\":\"7:8:9:1\"",
            TW_SEEKABLE_ZSTD_CHUNKED, 7, 8},
        {TOC "\"" D "\",\"" STARGZ "manifest-checksum\":\"" D "\",\"" STARGZ
             "manifest-position\":\"70:80:90:1\"",
            TW_SEEKABLE_ZSTD_CHUNKED, 70, 80},
        {"\"" STORAGE "manifest-checksum\":\"" D "\"", TW_SEEKABLE_NONE, 0, 0},
        {"\"" STORAGE "manifest-checksum\":\"" D "\",\"" STORAGE "manifest-position\":\"7:8\"",
            TW_SEEKABLE_NONE, 0, 0},
        {"\"" STORAGE "manifest-checksum\":\"" D "\",\"" STORAGE "manifest-position\":\"-7:8:9\"",
            TW_SEEKABLE_NONE, 0, 0},
        {"\"" STARGZ "manifest-checksum\":\"" D "\",\"" STORAGE "manifest-position\":\"7:8:9:1\"",
            TW_SEEKABLE_NONE, 0, 0},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char json[2000];
        snprintf(json, sizeof json,
            "{\"schemaVersion\":2,\"config\":" OCI_CONFIG ",\"layers\":[{\"mediaType\":\"" OCI
            "layer.v1.tar+gzip\",\"digest\":\"" D "\",\"size\":5,\"annotations\":{%s}}]}",
            rows[i].annotations);
        TW_AUTO(tw_manifest_freep) struct tw_manifest *m = parsed(json, NULL);
        const struct tw_seekable *got = &m->layers[0].seekable;
        if (got->kind != rows[i].kind)
            fail_msg("%s: kind %d", rows[i].annotations, got->kind);
        assert_int_equal(got->offset, rows[i].offset);
        assert_int_equal(got->size_bytes, rows[i].size_bytes);
        assert_string_equal(got->digest.text, rows[i].kind ? D : "");
    }
}

static void manifest__something_wrong__code_and_message(void **state)
{
    (void)state;
    static const struct {
        const char *json, *content_type;
        int code;
        const char *says;
    } rows[] = {
        {"<html>", NULL, TW_E_FORMAT, "not JSON"},
        {"[]", NULL, TW_E_FORMAT, "not a JSON object"},
        {"{}", NULL, TW_E_UNSUPPORTED, "neither \"layers\" nor \"manifests\""},
        {"{\"errors\":[]}", OCI "index.v1+json", TW_E_UNSUPPORTED, "neither"},
        {"{\"mediaType\":\"text/x\",\"layers\":[]}", NULL, TW_E_UNSUPPORTED, "text/x"},
        {"{\"schemaVersion\":1,\"fsLayers\":[],\"history\":[]}", NULL, TW_E_UNSUPPORTED,
            "schema 1"},
        {"{\"layers\":[]}", DOCKER "manifest.v1+prettyjws", TW_E_UNSUPPORTED, "skopeo copy"},
        {"{\"schemaVersion\":3,\"layers\":[]}", NULL, TW_E_UNSUPPORTED, "schemaVersion 3"},
        {"{\"schemaVersion\":\"2\",\"layers\":[]}", NULL, TW_E_FORMAT, "schemaVersion"},
        {"{\"manifests\":[],\"layers\":[]}", NULL, TW_E_FORMAT,
            "both \"manifests\" and \"layers\""},
        {"{\"mediaType\":\"" OCI "index.v1+json\",\"manifests\":[]}", OCI "manifest.v1+json",
            TW_E_FORMAT, "Content-Type says"},
        {"{\"mediaType\":\"" OCI "index.v1+json\",\"config\":" OCI_CONFIG ",\"layers\":[]}", NULL,
            TW_E_FORMAT, "content is of another kind"},
        {"{\"manifests\":[]}", OCI "manifest.v1+json", TW_E_FORMAT, "content is of another kind"},
        {"{\"layers\":[]}", NULL, TW_E_FORMAT, "config: a descriptor must be an object"},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"" D "\",\"size\":-1}]}", NULL,
            TW_E_FORMAT, "layers[0]: \"size\""},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"" D "\",\"size\":1.0}]}", NULL,
            TW_E_FORMAT, "layers[0]: \"size\""},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"" D "\",\"size\":\"1\"}]}", NULL,
            TW_E_FORMAT, "layers[0]: \"size\""},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"" D "\"}]}", NULL, TW_E_FORMAT,
            "layers[0]: \"size\""},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"" D
         "\",\"size\":18446744073709551616}]}",
            NULL, TW_E_FORMAT, "not JSON"},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[{\"digest\":\"sha256:../../etc\",\"size\":1}]}",
            NULL, TW_E_FORMAT, "layers[0]: digest"},
        {"{\"config\":" OCI_CONFIG ",\"layers\":[" OCI_LAYER "," OCI_LAYER "," OCI_LAYER
         "," OCI_LAYER "]}",
            NULL, TW_E_LIMIT, "\"layers\" has 4 entries"},
        {"{\"manifests\":[1,2,3,4]}", NULL, TW_E_LIMIT, "\"manifests\" has 4 entries"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_manifest *m = NULL;
        struct tw_err err = {0};
        assert_int_equal(parse(rows[i].json, rows[i].content_type, &m, &err), rows[i].code);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("%s: %s", rows[i].json, err.msg);
        assert_null(m);
    }
}

static void manifest__larger_or_deeper_than_the_limits__limit(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    struct tw_manifest *m = NULL;
    limits.manifest_bytes = 10;
    assert_int_equal(
        tw_manifest_parse(tw_span_str("{\"layers\":[]}"), NULL, &limits, &m, NULL), TW_E_LIMIT);
    limits = tw_limits_default;
    limits.json_depth = 2;
    assert_int_equal(
        tw_manifest_parse(tw_span_str("{\"layers\":[[]]}"), NULL, &limits, &m, NULL), TW_E_LIMIT);
}

static void media_type__families__told_apart(void **state)
{
    (void)state;
    assert_true(tw_media_type_is_manifest(OCI "manifest.v1+json"));
    assert_true(tw_media_type_is_manifest(DOCKER "manifest.list.v2+json"));
    assert_true(tw_media_type_is_index(OCI "index.v1+json"));
    assert_false(tw_media_type_is_index(DOCKER "manifest.v2+json"));
    assert_false(tw_media_type_is_manifest(DOCKER "manifest.v1+json"));
    assert_false(tw_media_type_is_manifest(OCI "config.v1+json"));
    assert_false(tw_media_type_is_manifest(""));
    assert_non_null(strstr(tw_manifest_accept, OCI "index.v1+json, " OCI "manifest.v1+json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest__of_buildah__image),
        cmocka_unit_test(manifest__kinds__decided),
        cmocka_unit_test(index__children__platforms_and_attestations),
        cmocka_unit_test(layers__foreign__marked),
        cmocka_unit_test(layers__annotations__bind_a_table_of_contents_or_none),
        cmocka_unit_test(manifest__something_wrong__code_and_message),
        cmocka_unit_test(manifest__larger_or_deeper_than_the_limits__limit),
        cmocka_unit_test(media_type__families__told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
