// oci-archive: and docker-archive:. The latter is read as the OCI layout inside when there is
// one (docker save since 25.0); else by its manifest.json, for which an OCI manifest is made.
// https://github.com/moby/moby/blob/v28.0.0/image/spec/v1.2.md
#include <string.h>

#include "daemon/source/layout.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"
#include "scanner/image/config.h"

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"

struct member { // a blob of the synthetic manifest
    struct tw_digest digest;
    struct tw_extent extent; // borrows the archive's descriptor
    bool gzip;
};

struct archive {
    struct tw_source source; // first
    struct tw_files *files;
    const struct tw_limits *limits;
    struct member config;
    struct member *layers;
    size_t layer_count;
    struct tw_buf manifest; // synthetic
    struct tw_digest digest;
};

static struct archive *archive_of(struct tw_source *source)
{
    return (struct archive *)source;
}

static void archive_free(struct tw_source *source)
{
    struct archive *archive = archive_of(source);
    tw_files_free(archive->files);
    tw_buf_done(&archive->manifest);
    free(archive->layers);
    free(archive);
}

static int archive_manifest(struct tw_source *source, const struct tw_digest *digest,
    struct tw_buf *out, char ret_content_type[128], struct tw_err *err)
{
    struct archive *archive = archive_of(source);
    if (digest && !tw_digest_equal(digest, &archive->digest))
        return tw_err_set(err, TW_E_NOT_FOUND, "the archive has no manifest %s", digest->text);
    if (tw_buf_append(out, archive->manifest.data, archive->manifest.size) < 0)
        return tw_err_set(err, out->status, "manifest: past its size limit, or out of memory");
    memset(ret_content_type, 0, 128);
    memcpy(ret_content_type, DOCKER_MANIFEST, sizeof DOCKER_MANIFEST);
    return 0;
}

static int archive_blob(struct tw_source *source, const struct tw_descriptor *blob,
    tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    struct archive *archive = archive_of(source);
    const struct member *m =
        tw_digest_equal(&archive->config.digest, &blob->digest) ? &archive->config : NULL;
    for (size_t i = 0; !m && i < archive->layer_count; i++) {
        if (tw_digest_equal(&archive->layers[i].digest, &blob->digest))
            m = &archive->layers[i];
    }
    if (!m)
        return tw_err_set(err, TW_E_NOT_FOUND, "the archive has no blob %s", blob->digest.text);
    return tw_extent_stream(
        &m->extent, blob, archive->limits->layer_bytes, "layer_bytes", sink, ctx, err);
}

static const struct tw_source_ops archive_ops = {
    .manifest = archive_manifest, .blob = archive_blob, .free = archive_free};

// "<hex>.json", "sha256:<hex>", "blobs/sha256/<hex>", "<hex>.tar.gz": the digest that the name
// of a file promises; false when it promises none.
static bool digest_in_name(const char *path, const char *suffix, struct tw_digest *ret_digest)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (strncmp(name, "sha256:", 7) == 0)
        name += 7;
    char text[TW_DIGEST_TEXT_MAX + 1] = "sha256:";
    if (strlen(name) < 64 || (name[64] && strcmp(name + 64, suffix) != 0))
        return false;
    memcpy(text + 7, name, 64);
    text[7 + 64] = '\0';
    return tw_digest_parse(text, ret_digest, NULL) == 0;
}

static int find(
    struct archive *archive, const char *path, struct member *member, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(64 * 1024);
    const char *plain = arena ? tw_text_path(arena, tw_span_str(path), NULL) : NULL;
    if (!plain)
        return tw_err_set(err, TW_E_LIMIT, "a file name in manifest.json is too long");
    return tw_files_find(archive->files, plain, &member->extent, err);
}

static int read_config(
    struct archive *archive, const json_t *image, struct tw_config **ret_config, struct tw_err *err)
{
    const char *path = tw_json_string(image, "Config");
    if (!path || !digest_in_name(path, ".json", &archive->config.digest))
        return tw_err_set(err, TW_E_FORMAT,
            "manifest.json: \"Config\" must be a file named after its sha256 digest");
    int r = find(archive, path, &archive->config, err);
    if (r < 0)
        return r;
    struct tw_descriptor blob = {
        .digest = archive->config.digest, .size_bytes = archive->config.extent.size_bytes};
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(archive->limits->config_bytes);
    r = tw_extent_stream(&archive->config.extent, &blob, archive->limits->config_bytes,
        "config_bytes", tw_blob_to_buf, &text, err);
    return r < 0 ? tw_err_wrap(err, r, "image configuration")
                 : tw_config_parse(tw_buf_span(&text), archive->limits, ret_config, err);
}

static int find_layer(struct archive *archive, const json_t *path, const struct tw_digest *diff_id,
    struct member *layer, struct tw_err *err)
{
    if (!json_is_string(path))
        return tw_err_set(err, TW_E_FORMAT, "manifest.json: \"Layers\" must be file names");
    const char *name = json_string_value(path);
    // Layers are plain tar, so that the configuration's diff id is the digest of the file.
    // Only go-containerregistry and kaniko compress them, and name them after the result.
    size_t n = strlen(name);
    layer->gzip = n > 7 && strcmp(name + n - 7, ".tar.gz") == 0 &&
                  digest_in_name(name, ".tar.gz", &layer->digest);
    if (!layer->gzip)
        layer->digest = *diff_id;
    return find(archive, name, layer, err);
}

static int read_layers(struct archive *archive, const json_t *image, struct tw_err *err)
{
    TW_AUTO(tw_config_freep) struct tw_config *config = NULL;
    int r = read_config(archive, image, &config, err);
    if (r < 0)
        return r;
    const json_t *paths = json_object_get(image, "Layers");
    size_t count = json_array_size(paths);
    if (paths && !json_is_null(paths) && !json_is_array(paths))
        return tw_err_set(err, TW_E_FORMAT, "manifest.json: \"Layers\" must be an array");
    if (count != config->diff_id_count)
        return tw_err_set(err, TW_E_FORMAT,
            "manifest.json names %zu layers, but the configuration has %zu diff_ids", count,
            config->diff_id_count);
    archive->layers = calloc(count + 1, sizeof *archive->layers);
    if (!archive->layers)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (; r == 0 && archive->layer_count < count; archive->layer_count++) {
        size_t i = archive->layer_count;
        r = find_layer(
            archive, json_array_get(paths, i), &config->diff_ids[i], &archive->layers[i], err);
    }
    return r;
}

static json_t *descriptor(const struct member *m, const char *media_type)
{
    return json_pack("{s:s, s:I, s:s}", "mediaType", media_type, "size",
        (json_int_t)m->extent.size_bytes, "digest", m->digest.text);
}

static int write_manifest(struct archive *archive, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *layers = json_array();
    for (size_t i = 0; i < archive->layer_count; i++) {
        const struct member *m = &archive->layers[i];
        json_array_append_new(layers, descriptor(m, m->gzip ? DOCKER_LAYER ".gzip" : DOCKER_LAYER));
    }
    TW_AUTO(tw_json_decrefp)
    json_t *manifest = json_pack("{s:i, s:s, s:o, s:O}", "schemaVersion", 2, "mediaType",
        DOCKER_MANIFEST, "config", descriptor(&archive->config, DOCKER_CONFIG), "layers", layers);
    TW_AUTO(tw_freep) char *text = manifest ? json_dumps(manifest, JSON_COMPACT) : NULL;
    if (!text || json_array_size(layers) != archive->layer_count)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    archive->manifest = TW_BUF(archive->limits->manifest_bytes);
    int r = tw_buf_puts(&archive->manifest, text);
    if (r == 0)
        r = tw_digest_of(archive->manifest.data, archive->manifest.size, &archive->digest);
    return r < 0 ? tw_err_set(err, r, "the archive's manifest is past its size limit") : 0;
}

static bool has_tag(const json_t *image, const char *tag)
{
    const json_t *tags = json_object_get(image, "RepoTags");
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *name = json_string_value(json_array_get(tags, i));
        const char *colon = name ? strrchr(name, ':') : NULL;
        if (name && (tw_layout_same_name(name, tag) || (colon && strcmp(colon + 1, tag) == 0)))
            return true;
    }
    return false;
}

static void list_tags(const json_t *images, struct tw_buf *out)
{
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *tags = json_object_get(json_array_get(images, i), "RepoTags");
        for (size_t k = 0; k < json_array_size(tags); k++) {
            const char *name = json_string_value(json_array_get(tags, k));
            tw_buf_puts(out, out->size ? ", " : "");
            tw_text_escape_to(out, tw_span_str(name ? name : "?"));
        }
        if (json_array_size(tags) == 0)
            tw_buf_puts(out, out->size ? ", (no tag)" : "(no tag)");
    }
}

static int choose(
    const json_t *images, const char *tag, const json_t **ret_image, struct tw_err *err)
{
    const json_t *chosen = NULL;
    size_t matches = 0;
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *image = json_array_get(images, i);
        if (tag && !has_tag(image, tag))
            continue;
        chosen = image;
        matches++;
    }
    if (matches == 1) {
        *ret_image = chosen;
        return 0;
    }
    TW_AUTO(tw_buf_done) struct tw_buf tags = TW_BUF(300);
    list_tags(images, &tags);
    const char *list = tags.data ? tags.data : "none";
    if (matches == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "no image \"%.100s\" in the archive; it has: %s",
            tag ? tag : "", list);
    return tw_err_set(err, TW_E_USAGE,
        "the archive has %zu images that may be meant; say which one by its tag (:TAG): %s",
        matches, list);
}

static int read_archive(
    struct archive *archive, const struct tw_extent *manifest, const char *tag, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(archive->limits->manifest_bytes);
    int r = tw_extent_read(manifest, "manifest_bytes", &text, err);
    TW_AUTO(tw_json_decrefp) json_t *images = NULL;
    if (r == 0)
        r = tw_json_parse(tw_buf_span(&text),
            (struct tw_json_caps){archive->limits->manifest_bytes, archive->limits->json_depth,
                archive->limits->json_values},
            &images, err);
    if (r < 0)
        return tw_err_wrap(err, r, "manifest.json");
    if (!json_is_array(images))
        return tw_err_set(err, TW_E_FORMAT, "manifest.json: not an array of images");
    const json_t *image = NULL;
    r = choose(images, tag, &image, err);
    if (r == 0)
        r = read_layers(archive, image, err);
    return r < 0 ? r : write_manifest(archive, err);
}

// Takes `files` over, also on failure.
static int open_docker(struct tw_files *files, const struct tw_extent *manifest, const char *tag,
    const struct tw_limits *limits, struct tw_source **ret_source, struct tw_err *err)
{
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive) {
        tw_files_free(files);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    archive->source.ops = &archive_ops;
    archive->files = files;
    archive->limits = limits;
    int r = read_archive(archive, manifest, tag, err);
    if (r < 0) {
        archive_free(&archive->source);
        return r;
    }
    *ret_source = &archive->source;
    return 0;
}

static int open_archive(const char *name, const struct tw_source_options *options,
    struct tw_files **ret_files, char **ret_path, const char **ret_tag, struct tw_err *err)
{
    int r = tw_files_split_name(name, ret_path, ret_tag, err);
    return r < 0 ? r : tw_files_open_archive(*ret_path, options, ret_files, err);
}

int tw_oci_archive_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *path = NULL;
    const char *tag = NULL;
    struct tw_files *files = NULL;
    int r = open_archive(name, options, &files, &path, &tag, err);
    if (r == 0)
        r = tw_layout_open(files, tag, options->limits, ret_source, err);
    return r < 0 ? tw_err_wrap(err, r, "oci-archive:%s", name) : 0;
}

int tw_docker_archive_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *path = NULL;
    const char *tag = NULL;
    TW_AUTO(tw_files_freep) struct tw_files *files = NULL;
    int r = open_archive(name, options, &files, &path, &tag, err);
    if (r < 0)
        return tw_err_wrap(err, r, "docker-archive:%s", name);
    struct tw_extent found = TW_EXTENT_NONE; // of an archive: nothing to give back
    if (tw_files_find(files, "index.json", &found, NULL) == 0)
        r = tw_layout_open(TW_TAKE(files), tag, options->limits, ret_source, err);
    else if ((r = tw_files_find(files, "manifest.json", &found, err)) == 0)
        r = open_docker(TW_TAKE(files), &found, tag, options->limits, ret_source, err);
    return r < 0 ? tw_err_wrap(err, r, "docker-archive:%s", name) : 0;
}
