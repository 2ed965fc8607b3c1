#include "scanner/image/manifest.h"

#include <strings.h>

#include "scanner/base/json.h"
#include "scanner/image/member.h"

#define OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_ARTIFACT "application/vnd.oci.artifact.manifest.v1+json"
#define DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+json"
#define DOCKER_SCHEMA1_SIGNED "application/vnd.docker.distribution.manifest.v1+prettyjws"
#define OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"

const char tw_manifest_accept[] = OCI_INDEX ", " OCI_MANIFEST ", " DOCKER_LIST ", " DOCKER_MANIFEST;

enum shape { SHAPE_NONE, SHAPE_INDEX, SHAPE_MANIFEST, SHAPE_SCHEMA1, SHAPE_ARTIFACT };

static const struct known_type {
    const char *name;
    enum shape shape;
} known_types[] = {
    {OCI_INDEX, SHAPE_INDEX},
    {OCI_MANIFEST, SHAPE_MANIFEST},
    {DOCKER_LIST, SHAPE_INDEX},
    {DOCKER_MANIFEST, SHAPE_MANIFEST},
    {DOCKER_SCHEMA1, SHAPE_SCHEMA1},
    {DOCKER_SCHEMA1_SIGNED, SHAPE_SCHEMA1},
    {OCI_ARTIFACT, SHAPE_ARTIFACT},
};

static const struct known_type *type_of(const char *media_type)
{
    for (size_t i = 0; media_type && i < TW_COUNT(known_types); i++) {
        if (strcasecmp(media_type, known_types[i].name) == 0)
            return &known_types[i];
    }
    return NULL;
}

static bool has_shape(const char *media_type, enum shape shape)
{
    const struct known_type *type = type_of(media_type);
    return type && type->shape == shape;
}

bool tw_media_type_is_index(const char *media_type)
{
    return has_shape(media_type, SHAPE_INDEX);
}

bool tw_media_type_is_manifest(const char *media_type)
{
    return has_shape(media_type, SHAPE_INDEX) || has_shape(media_type, SHAPE_MANIFEST);
}

// What the keys of the body say. Several at once is the confusion attack that the
// specifications warn of: two readers of the same bytes see two different images.
static int shape_of_body(const json_t *json, enum shape *ret_shape, struct tw_err *err)
{
    static const struct {
        const char *key;
        enum shape shape;
    } marks[] = {
        {"manifests", SHAPE_INDEX},
        {"layers", SHAPE_MANIFEST},
        {"fsLayers", SHAPE_SCHEMA1},
        {"blobs", SHAPE_ARTIFACT},
    };
    const char *seen = NULL;
    for (size_t i = 0; i < TW_COUNT(marks); i++) {
        if (!tw_member(json, marks[i].key))
            continue;
        if (seen)
            return tw_err_set(err, TW_E_FORMAT,
                "a manifest with both \"%s\" and \"%s\" is ambiguous and is refused", seen,
                marks[i].key);
        seen = marks[i].key;
        *ret_shape = marks[i].shape;
    }
    return 0;
}

// "type/subtype; charset=utf-8" -> the known type in it, or NULL (application/json and the
// like say nothing about the kind).
static const struct known_type *type_of_content(const char *content_type)
{
    char name[128];
    size_t n = content_type ? strcspn(content_type, "; \t") : 0;
    if (n == 0 || n >= sizeof name)
        return NULL;
    memcpy(name, content_type, n);
    name[n] = '\0';
    return type_of(name);
}

static int check_version(const json_t *json, enum shape *shape, struct tw_err *err)
{
    const json_t *version = tw_member(json, "schemaVersion");
    if (!version)
        return 0;
    if (!json_is_integer(version))
        return tw_err_set(err, TW_E_FORMAT, "\"schemaVersion\" must be a number");
    if (json_integer_value(version) == 1)
        *shape = SHAPE_SCHEMA1;
    else if (json_integer_value(version) != 2)
        return tw_err_set(err, TW_E_UNSUPPORTED, "schemaVersion %lld is not known, only 2 is read",
            (long long)json_integer_value(version));
    return 0;
}

// Content-Type, then mediaType, then the keys of the body; all that is said must agree.
static int decide(const json_t *json, const char *content_type, struct tw_manifest *m,
    enum shape *ret_shape, struct tw_err *err)
{
    const char *media_type = NULL;
    int r = tw_member_string(m->arena, json, "mediaType", &media_type, err);
    enum shape shape = SHAPE_NONE;
    if (r == 0)
        r = shape_of_body(json, &shape, err);
    if (r == 0)
        r = check_version(json, &shape, err);
    if (r < 0)
        return r;
    const struct known_type *by_header = type_of_content(content_type);
    const struct known_type *by_body = type_of(media_type);
    if (media_type && media_type[0] && !by_body)
        return tw_err_set(err, TW_E_UNSUPPORTED,
            "media type \"%.120s\" is no image manifest and no image index", media_type);
    if (by_header && by_body && by_header != by_body && by_body->shape != SHAPE_SCHEMA1 &&
        by_header->shape != SHAPE_SCHEMA1)
        return tw_err_set(err, TW_E_FORMAT,
            "Content-Type says %s, but mediaType in the manifest says %s", by_header->name,
            by_body->name);
    const struct known_type *said = by_header ? by_header : by_body;
    if (said && shape == SHAPE_NONE && said->shape == SHAPE_ARTIFACT)
        shape = SHAPE_ARTIFACT; // `blobs` is optional there
    if (said && said->shape != shape && shape != SHAPE_NONE && said->shape != SHAPE_SCHEMA1 &&
        shape != SHAPE_SCHEMA1)
        return tw_err_set(err, TW_E_FORMAT,
            "the media type is %s, but the content is of another kind", said->name);
    if (said && said->shape == SHAPE_SCHEMA1)
        shape = SHAPE_SCHEMA1;
    m->media_type = said                      ? said->name
                    : shape == SHAPE_INDEX    ? OCI_INDEX
                    : shape == SHAPE_MANIFEST ? OCI_MANIFEST
                                              : "";
    *ret_shape = shape;
    return 0;
}

static int read_platform(
    struct tw_arena *arena, const json_t *json, struct tw_descriptor *d, struct tw_err *err)
{
    const json_t *platform = NULL;
    int r = tw_member_object(json, "platform", &platform, err);
    if (r < 0 || !platform)
        return r;
    const struct {
        const char *key;
        const char **value;
    } fields[] = {{"os", &d->os}, {"architecture", &d->architecture}, {"variant", &d->variant},
        {"os.version", &d->os_version}};
    for (size_t i = 0; i < TW_COUNT(fields); i++) {
        r = tw_member_string(arena, platform, fields[i].key, fields[i].value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is(const char *text, const char *wanted)
{
    return text && strcmp(text, wanted) == 0;
}

// Children of an index that are about an image rather than one: BuildKit's attestations, SOCI
// indexes, signatures.
static bool is_attestation(const json_t *json, const struct tw_descriptor *d)
{
    const char *type =
        tw_json_string(json_object_get(json, "annotations"), "vnd.docker.reference.type");
    bool no_platform = is(d->os, "unknown") && is(d->architecture, "unknown");
    bool other_type = d->media_type[0] && !tw_media_type_is_manifest(d->media_type) &&
                      !has_shape(d->media_type, SHAPE_SCHEMA1);
    return is(type, "attestation-manifest") || no_platform || other_type ||
           tw_member(json, "artifactType");
}

// "OFFSET:BYTES:...", decimal.
static bool read_position(const char *text, struct tw_seekable *seekable)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    seekable->offset = strtoull(text, &end, 10);
    if (end[0] != ':' || end[1] < '0' || end[1] > '9')
        return false;
    seekable->size_bytes = strtoull(end + 1, &end, 10);
    return *end == ':';
}

// Annotations that bind a table of contents to the manifest; what is no digest binds nothing.
static void read_seekable(const json_t *json, struct tw_seekable *ret_seekable)
{
    static const struct {
        enum tw_seekable_kind kind;
        const char *digest, *position;
    } rows[] = {
        {TW_SEEKABLE_ZSTD_CHUNKED, "io.github.containers.zstd-chunked.manifest-checksum",
            "io.github.containers.zstd-chunked.manifest-position"},
        {TW_SEEKABLE_ZSTD_CHUNKED, "io.containers.zstd-chunked.manifest-checksum",
            "io.containers.zstd-chunked.manifest-position"},
        // Last: stargz-snapshotter's zstd:chunked has this one too, of the table as JSON.
        {TW_SEEKABLE_STARGZ, "containerd.io/snapshot/stargz/toc.digest", NULL},
    };
    const json_t *annotations = json_object_get(json, "annotations");
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_seekable s = {.kind = rows[i].kind};
        const char *digest = tw_json_string(annotations, rows[i].digest);
        if (!digest || tw_digest_parse(digest, &s.digest, NULL) < 0 ||
            (rows[i].position && !read_position(tw_json_string(annotations, rows[i].position), &s)))
            continue;
        *ret_seekable = s;
        return;
    }
}

static int read_descriptor(
    struct tw_arena *arena, const json_t *json, struct tw_descriptor *d, struct tw_err *err)
{
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_FORMAT, "a descriptor must be an object");
    const char *media_type = NULL;
    int r = tw_member_string(arena, json, "mediaType", &media_type, err);
    d->media_type = media_type ? media_type : "";
    if (r == 0)
        r = tw_member_digest(json, "digest", &d->digest, err);
    if (r == 0)
        r = tw_member_size(json, "size", &d->size_bytes, err);
    if (r == 0)
        r = read_platform(arena, json, d, err);
    read_seekable(json, &d->seekable);
    d->foreign = strstr(d->media_type, ".nondistributable.") || strstr(d->media_type, ".foreign.");
    return r;
}

static int read_descriptors(struct tw_arena *arena, const json_t *json, const char *key,
    uint64_t max_count, const char *limit, struct tw_descriptor **ret_items, size_t *ret_count,
    struct tw_err *err)
{
    const json_t *array = NULL;
    int r = tw_member_array(json, key, max_count, limit, &array, err);
    if (r < 0)
        return r;
    size_t count = json_array_size(array);
    struct tw_descriptor *items = tw_arena_alloc(arena, (count + 1) * sizeof *items);
    if (!items)
        return tw_member_nomem(err);
    for (size_t i = 0; i < count; i++) {
        r = read_descriptor(arena, json_array_get(array, i), &items[i], err);
        if (r < 0)
            return tw_err_wrap(err, r, "%s[%zu]", key, i);
    }
    *ret_items = items;
    *ret_count = count;
    return 0;
}

// Signatures and attestations come with an image's config media type: their layers tell.
static bool is_file_system_layer(const char *media_type)
{
    return media_type[0] == '\0' || strcmp(media_type, "application/octet-stream") == 0 ||
           strstr(media_type, ".image.layer.") || strstr(media_type, ".image.rootfs.") ||
           strstr(media_type, "tar") || ends_with(media_type, "gzip");
}

static const char *artifact_of(const struct tw_manifest *m, const char *artifact_type)
{
    const char *config = m->config.media_type;
    if (artifact_type && artifact_type[0])
        return artifact_type;
    // Docker 1.10 called its configurations application/octet-stream.
    bool old_docker =
        strcmp(m->media_type, DOCKER_MANIFEST) == 0 && is(config, "application/octet-stream");
    if (strcmp(config, OCI_CONFIG) != 0 && strcmp(config, DOCKER_CONFIG) != 0 && !old_docker)
        return config[0] ? config : "a manifest whose config has no media type";
    for (size_t i = 0; i < m->layer_count; i++) {
        if (is_file_system_layer(m->layers[i].media_type))
            return NULL;
    }
    return m->layer_count > 0 ? m->layers[0].media_type : NULL;
}

static int read_image(
    const json_t *json, const struct tw_limits *limits, struct tw_manifest *m, struct tw_err *err)
{
    const char *artifact_type = NULL;
    int r = tw_member_string(m->arena, json, "artifactType", &artifact_type, err);
    if (r < 0)
        return r;
    r = read_descriptor(m->arena, json_object_get(json, "config"), &m->config, err);
    if (r < 0)
        return tw_err_wrap(err, r, "config");
    r = read_descriptors(m->arena, json, "layers", limits->image_layers, "image_layers", &m->layers,
        &m->layer_count, err);
    if (r < 0)
        return r;
    m->artifact_type = artifact_of(m, artifact_type);
    m->kind = m->artifact_type ? TW_MANIFEST_ARTIFACT : TW_MANIFEST_IMAGE;
    return 0;
}

static int read_index(
    const json_t *json, const struct tw_limits *limits, struct tw_manifest *m, struct tw_err *err)
{
    m->kind = TW_MANIFEST_INDEX;
    int r = read_descriptors(m->arena, json, "manifests", limits->index_manifests,
        "index_manifests", &m->manifests, &m->manifest_count, err);
    const json_t *array = json_object_get(json, "manifests");
    for (size_t i = 0; r == 0 && i < m->manifest_count; i++)
        m->manifests[i].attestation = is_attestation(json_array_get(array, i), &m->manifests[i]);
    return r;
}

static int read_artifact(
    const json_t *json, const struct tw_limits *limits, struct tw_manifest *m, struct tw_err *err)
{
    (void)limits;
    m->kind = TW_MANIFEST_ARTIFACT;
    int r = tw_member_string(m->arena, json, "artifactType", &m->artifact_type, err);
    if (r == 0 && !m->artifact_type)
        m->artifact_type = "an artifact";
    return r;
}

static int refuse_schema1(
    const json_t *json, const struct tw_limits *limits, struct tw_manifest *m, struct tw_err *err)
{
    (void)json, (void)limits, (void)m;
    return tw_err_set(err, TW_E_UNSUPPORTED,
        "a Docker schema 1 manifest: this format of 2016 is not read; push the image again with "
        "a current tool, or copy it with skopeo copy --format v2s2");
}

static int refuse_unknown(
    const json_t *json, const struct tw_limits *limits, struct tw_manifest *m, struct tw_err *err)
{
    (void)json, (void)limits, (void)m;
    return tw_err_set(err, TW_E_UNSUPPORTED,
        "JSON that is no image manifest: it has neither \"layers\" nor \"manifests\"");
}

static int (*const readers[])(const json_t *json, const struct tw_limits *limits,
    struct tw_manifest *m, struct tw_err *err) = {
    [SHAPE_NONE] = refuse_unknown,
    [SHAPE_INDEX] = read_index,
    [SHAPE_MANIFEST] = read_image,
    [SHAPE_SCHEMA1] = refuse_schema1,
    [SHAPE_ARTIFACT] = read_artifact,
};

int tw_manifest_parse(struct tw_span text, const char *content_type, const struct tw_limits *limits,
    struct tw_manifest **ret_manifest, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    int r = tw_json_parse(text,
        (struct tw_json_caps){limits->manifest_bytes, limits->json_depth, limits->json_values},
        &json, err);
    if (r < 0)
        return tw_err_wrap(err, r, "manifest");
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_FORMAT, "manifest: not a JSON object");
    // Copies and descriptors of all that the text can hold; descriptors are the larger part.
    TW_AUTO(tw_manifest_freep) struct tw_manifest *m = calloc(1, sizeof *m);
    struct tw_arena *arena = tw_arena_new(
        limits->manifest_bytes * 4 + (limits->image_layers + limits->index_manifests + 2) *
                                         (sizeof(struct tw_descriptor) + 256));
    if (!m || !arena) {
        tw_arena_free(arena);
        return tw_member_nomem(err);
    }
    m->arena = arena;
    m->config.media_type = "";
    enum shape shape = SHAPE_NONE;
    r = decide(json, content_type, m, &shape, err);
    if (r == 0)
        r = readers[shape](json, limits, m, err);
    if (r < 0)
        return tw_err_wrap(err, r, "manifest");
    r = tw_digest_of(text.p, text.n, &m->digest);
    if (r < 0)
        return tw_err_set(err, r, "manifest: the digest could not be computed");
    *ret_manifest = TW_TAKE(m);
    return 0;
}

void tw_manifest_free(struct tw_manifest *manifest)
{
    if (!manifest)
        return;
    tw_arena_free(manifest->arena);
    free(manifest);
}
