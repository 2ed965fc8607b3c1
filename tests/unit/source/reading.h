// For the tests of sources: opens one, and reads what an image needs.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/source/source.h"

static struct tw_limits limits;

static inline int open_source(const char *name, struct tw_source **ret_source, struct tw_err *err)
{
    static const struct tw_registries *none = NULL;
    limits = tw_limits_default;
    struct tw_source_options options = {
        .limits = &limits, .cage = {.program = TIDEWAITER_LAYER}, .registries = none};
    return tw_source_open(name, &options, ret_source, err);
}

// The manifest that the name points to; ret_type as the source says. Free the result.
static inline struct tw_manifest *read_manifest(
    struct tw_source *source, const struct tw_digest *digest, char ret_type[128])
{
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1 << 20);
    struct tw_manifest *manifest = NULL;
    struct tw_err err = {0};
    if (source->ops->manifest(source, digest, &bytes, ret_type, &err) < 0 ||
        tw_manifest_parse(tw_buf_span(&bytes), ret_type, &limits, &manifest, &err) < 0)
        fail_msg("manifest: %s", err.msg);
    return manifest;
}

static inline int read_blob(struct tw_source *source, const struct tw_descriptor *blob,
    struct tw_buf *out, struct tw_err *err)
{
    return source->ops->blob(source, blob, tw_blob_to_buf, out, err);
}

// Reads all of an image; its digests as they were checked.
static inline void expect_image(
    const char *name, const char *manifest_digest, const char *config_digest, size_t layer_count)
{
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    struct tw_err err = {0};
    if (open_source(name, &source, &err) < 0)
        fail_msg("%s: %s", name, err.msg);
    char type[128];
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = read_manifest(source, NULL, type);
    assert_int_equal(m->kind, TW_MANIFEST_IMAGE);
    if (manifest_digest)
        assert_string_equal(m->digest.text, manifest_digest);
    assert_string_equal(m->config.digest.text, config_digest);
    assert_int_equal(m->layer_count, layer_count);
    for (size_t i = 0; i <= layer_count; i++) {
        const struct tw_descriptor *blob = i ? &m->layers[i - 1] : &m->config;
        TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(1 << 20);
        if (read_blob(source, blob, &bytes, &err) < 0)
            fail_msg("%s: %s", name, err.msg);
        assert_int_equal(bytes.size, blob->size_bytes);
    }
}

static inline void expect_refused(const char *name, int code, const char *says)
{
    struct tw_source *source = NULL;
    struct tw_err err = {0};
    int r = open_source(name, &source, &err);
    if (r != code || !strstr(err.msg, says))
        fail_msg("%s: %d %s", name, r, err.msg);
    assert_null(source);
}
