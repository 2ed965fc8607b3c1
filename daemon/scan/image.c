#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock/clock.h"
#include "daemon/scan/layers.h"
#include "daemon/scan/scan.h"
#include "scanner/image/platform.h"

enum { PLATFORM_LIST_BYTES = 1024 };

void tw_scan_result_done(struct tw_scan_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        tw_image_inventory_free(result->images[i]);
    free(result->images);
    *result = (struct tw_scan_result){0};
}

// The walk from the manifest that was asked for down to single images.
struct walk {
    struct tw_source *source;
    const struct tw_scan_options *options;
    struct tw_scan_result result;
    uint64_t manifests;      // seen in indexes so far
    struct tw_buf platforms; // that there are, for the message when none fits
};

static int add(struct walk *walk, struct tw_image_inventory *image, struct tw_err *err)
{
    struct tw_scan_result *result = &walk->result;
    struct tw_image_inventory **more =
        reallocarray(result->images, result->count + 1, sizeof *more);
    if (!more) {
        tw_image_inventory_free(image);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    result->images = more;
    result->images[result->count++] = image;
    return 0;
}

static bool wanted(struct walk *walk, const char *os, const char *architecture, const char *variant)
{
    char text[TW_PLATFORM_TEXT_MAX + 1];
    tw_platform_format(os, architecture, variant, text);
    tw_buf_printf(&walk->platforms, "%s%s", walk->platforms.size ? ", " : "", text);
    return tw_platform_matches(walk->options->platform, os, architecture, variant);
}

static int read_config(struct walk *walk, const struct tw_manifest *manifest,
    struct tw_config **ret, struct tw_err *err)
{
    const struct tw_limits *limits = walk->options->limits;
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(limits->config_bytes);
    int r = 0;
    if (manifest->config.size_bytes > limits->config_bytes)
        r = tw_err_set(err, TW_E_LIMIT, "%" PRIu64 " bytes; the limit config_bytes is %" PRIu64,
            manifest->config.size_bytes, limits->config_bytes);
    if (r == 0)
        r = walk->source->ops->blob(walk->source, &manifest->config, tw_blob_to_buf, &bytes, err);
    if (r == 0)
        r = tw_config_parse(tw_buf_span(&bytes), limits, ret, err);
    return r < 0 ? tw_err_wrap(err, r, "image configuration") : 0;
}

static int scan_one(struct walk *walk, const struct tw_manifest *manifest, struct tw_err *err)
{
    TW_AUTO(tw_config_freep) struct tw_config *config = NULL;
    int r = read_config(walk, manifest, &config, err);
    if (r < 0)
        return r;
    if (!wanted(walk, config->os, config->architecture, config->variant))
        return 0;
    TW_AUTO(tw_layers_done) struct tw_layers layers = {0};
    r = tw_layers_read(walk->source, manifest, walk->options, &layers, err);
    struct tw_image_inventory *image = NULL;
    if (r == 0)
        r = tw_image_inventory_merge(manifest, config, layers.inventories, layers.errors,
            walk->options->limits, &image, err);
    return r < 0 ? r : add(walk, image, err);
}

// ---- indexes ----

static int scan_manifest(
    struct walk *walk, const struct tw_digest *digest, unsigned depth, struct tw_err *err);

static int scan_child(
    struct walk *walk, const struct tw_descriptor *child, unsigned depth, struct tw_err *err)
{
    if (child->attestation || !tw_media_type_is_manifest(child->media_type))
        return 0; // a signature, an SBOM: no image
    if (++walk->manifests > walk->options->limits->index_manifests)
        return tw_err_set(err, TW_E_LIMIT, "more images than the limit index_manifests, %" PRIu64,
            walk->options->limits->index_manifests);
    bool is_image = !tw_media_type_is_index(child->media_type);
    if (is_image && child->os && !wanted(walk, child->os, child->architecture, child->variant))
        return 0;
    struct tw_err why = {0};
    int r = scan_manifest(walk, &child->digest, depth + 1, &why);
    if (r < 0 && is_image && tw_scan_is_note(r, walk->options)) {
        // The other images of the index still count.
        struct tw_image_inventory *image = NULL;
        r = tw_image_inventory_of_failure(child, &why, &image, err);
        return r < 0 ? r : add(walk, image, err);
    }
    if (r < 0 && err)
        *err = why;
    return r < 0 ? tw_err_wrap(err, r, "%.19s", child->digest.text) : 0;
}

static int scan_index(
    struct walk *walk, const struct tw_manifest *index, unsigned depth, struct tw_err *err)
{
    if (depth >= walk->options->limits->index_depth)
        return tw_err_set(err, TW_E_LIMIT,
            "indexes inside indexes, deeper than the limit index_depth, %" PRIu64,
            walk->options->limits->index_depth);
    for (size_t i = 0; i < index->manifest_count; i++) {
        int r = scan_child(walk, &index->manifests[i], depth, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int scan_manifest(
    struct walk *walk, const struct tw_digest *digest, unsigned depth, struct tw_err *err)
{
    char content_type[128] = "";
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(walk->options->limits->manifest_bytes);
    TW_AUTO(tw_manifest_freep) struct tw_manifest *manifest = NULL;
    int r = tw_scan_check_time(walk->options, err);
    if (r == 0)
        r = walk->source->ops->manifest(walk->source, digest, &bytes, content_type, err);
    if (r < 0)
        return r;
    r = tw_manifest_parse(tw_buf_span(&bytes), content_type, walk->options->limits, &manifest, err);
    tw_buf_done(&bytes); // not held while layers are read
    if (r < 0)
        return tw_err_wrap(err, r, "manifest");
    if (depth == 0) {
        walk->result.digest = digest ? *digest : manifest->digest;
        walk->result.is_index = manifest->kind == TW_MANIFEST_INDEX;
        snprintf(
            walk->result.media_type, sizeof walk->result.media_type, "%s", manifest->media_type);
    }
    if (manifest->kind == TW_MANIFEST_ARTIFACT)
        return tw_err_set(err, TW_E_UNSUPPORTED,
            "this is no image but an artifact (%s); there is nothing to scan",
            manifest->artifact_type ? manifest->artifact_type : "of no type");
    return manifest->kind == TW_MANIFEST_INDEX ? scan_index(walk, manifest, depth, err)
                                               : scan_one(walk, manifest, err);
}

int tw_scan_image(struct tw_source *source, const struct tw_digest *digest,
    const struct tw_scan_options *options, struct tw_scan_result *ret_result, struct tw_err *err)
{
    struct tw_scan_options timed = *options;
    timed.deadline_s = (uint64_t)tw_clock_s() + options->limits->scan_seconds;
    struct walk walk = {
        .source = source, .options = &timed, .platforms = TW_BUF(PLATFORM_LIST_BYTES)};
    const struct tw_scan_progress *progress = options->progress;
    if (source->ops->set_cancel && progress)
        source->ops->set_cancel(source, progress->cancelled, progress->ctx);
    int r = scan_manifest(&walk, digest, 0, err);
    if (r == 0 && walk.result.count == 0)
        r = walk.platforms.size
                ? tw_err_set(err, TW_E_NOT_FOUND, "there is no image for %s; there is: %s",
                      options->platform, walk.platforms.data)
                : tw_err_set(err, TW_E_UNSUPPORTED, "the index lists no image");
    tw_buf_done(&walk.platforms);
    if (r < 0)
        tw_scan_result_done(&walk.result);
    else
        *ret_result = walk.result;
    return r;
}
