#include <stdio.h>
#include <string.h>

#include "daemon/source/layout.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"
#include "scanner/image/reference.h"

// What annotations call the name of an image in index.json; containerd's is the full one.
static const char *const name_annotations[] = {
    "org.opencontainers.image.ref.name", "io.containerd.image.name"};

struct layout {
    struct tw_source source; // first
    struct tw_files *files;
    const struct tw_limits *limits;
    struct tw_buf index;     // index.json
    struct tw_digest chosen; // empty: index.json itself
    char media_type[128];    // of the chosen manifest, as index.json says
};

static struct layout *layout_of(struct tw_source *source)
{
    return (struct layout *)source;
}

static void layout_free(struct tw_source *source)
{
    struct layout *layout = layout_of(source);
    tw_files_free(layout->files);
    tw_buf_done(&layout->index);
    free(layout);
}

static int layout_manifest(struct tw_source *source, const struct tw_digest *digest,
    struct tw_buf *out, char ret_content_type[128], struct tw_err *err)
{
    struct layout *layout = layout_of(source);
    bool named = !digest;
    if (named && !tw_digest_is_set(&layout->chosen)) {
        int r = tw_buf_append(out, layout->index.data, layout->index.size);
        if (r < 0)
            return tw_err_set(err, r, "index.json: past its size limit, or out of memory");
        memcpy(ret_content_type, layout->media_type, sizeof layout->media_type);
        return 0;
    }
    struct tw_descriptor wanted = {.digest = named ? layout->chosen : *digest};
    TW_AUTO(tw_extent_done) struct tw_extent extent = TW_EXTENT_NONE;
    int r = tw_files_find_blob(layout->files, &wanted.digest, &extent, err);
    wanted.size_bytes = extent.size_bytes; // only the digest is promised here
    if (r == 0)
        r = tw_extent_stream(&extent, &wanted, layout->limits->manifest_bytes, "manifest_bytes",
            tw_blob_to_buf, out, err);
    if (r < 0)
        return tw_err_wrap(err, r, "manifest");
    memset(ret_content_type, 0, 128);
    if (named)
        memcpy(ret_content_type, layout->media_type, sizeof layout->media_type);
    return 0;
}

static int layout_blob(struct tw_source *source, const struct tw_descriptor *blob,
    tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    struct layout *layout = layout_of(source);
    TW_AUTO(tw_extent_done) struct tw_extent extent = TW_EXTENT_NONE;
    int r = tw_files_find_blob(layout->files, &blob->digest, &extent, err);
    return r < 0 ? r
                 : tw_extent_stream(
                       &extent, blob, layout->limits->layer_bytes, "layer_bytes", sink, ctx, err);
}

static const struct tw_source_ops layout_ops = {
    .manifest = layout_manifest, .blob = layout_blob, .free = layout_free};

bool tw_layout_same_name(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    struct tw_reference x, y;
    char text_x[TW_REFERENCE_TEXT_MAX + 1], text_y[TW_REFERENCE_TEXT_MAX + 1];
    if (!strpbrk(a, ":/") || tw_reference_parse(a, &x, NULL) < 0 ||
        tw_reference_parse(b, &y, NULL) < 0)
        return false;
    tw_reference_format(&x, text_x);
    tw_reference_format(&y, text_y);
    return strcmp(text_x, text_y) == 0;
}

static const char *name_of(const json_t *entry, size_t which)
{
    return tw_json_string(json_object_get(entry, "annotations"), name_annotations[which]);
}

static bool is_named(const json_t *entry, const char *tag)
{
    for (size_t i = 0; i < TW_COUNT(name_annotations); i++) {
        const char *name = name_of(entry, i);
        if (name && tw_layout_same_name(name, tag))
            return true;
    }
    return false;
}

static bool has_name(const json_t *entry)
{
    return name_of(entry, 0) || name_of(entry, 1);
}

// "1.0, 1.1 (2 images)"
static void list_names(const json_t *entries, struct tw_buf *out)
{
    size_t count = json_array_size(entries);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *name = name_of(entry, 0) ? name_of(entry, 0) : name_of(entry, 1);
        tw_buf_puts(out, i ? ", " : "");
        tw_text_escape_to(out, tw_span_str(name ? name : "(no tag)"));
    }
    if (count == 0)
        tw_buf_puts(out, "none");
}

struct choice {
    size_t count;   // entries that could be meant
    size_t index;   // the last of them
    bool any_named; // some entry of index.json has a name
};

static struct choice choose(const json_t *entries, const struct tw_manifest *index, const char *tag)
{
    struct choice c = {0};
    for (size_t i = 0; i < index->manifest_count; i++) {
        const json_t *entry = json_array_get(entries, i);
        c.any_named |= has_name(entry);
        if (index->manifests[i].attestation || (tag && !is_named(entry, tag)))
            continue;
        // The same image under two names is one image.
        if (c.count > 0 &&
            tw_digest_equal(&index->manifests[i].digest, &index->manifests[c.index].digest))
            continue;
        c.count++;
        c.index = i;
    }
    return c;
}

static int set_choice(struct layout *layout, const json_t *entries, const struct tw_manifest *index,
    const char *tag, struct tw_err *err)
{
    struct choice c = choose(entries, index, tag);
    const char *media_type = index->media_type;
    if (c.count == 1) {
        layout->chosen = index->manifests[c.index].digest;
        media_type = index->manifests[c.index].media_type;
    } else if (c.count == 0 || tag || c.any_named) {
        TW_AUTO(tw_buf_done) struct tw_buf names = TW_BUF(300);
        list_names(entries, &names);
        const char *list = names.data ? names.data : "";
        if (c.count == 0)
            return tw_err_set(err, TW_E_NOT_FOUND, "no image \"%.100s\" in index.json; it has: %s",
                tag ? tag : "", list);
        return tw_err_set(err, TW_E_USAGE,
            "index.json has %zu images%s; say which one by its tag (:TAG): %s", c.count,
            tag ? " of that tag" : "", list);
    }
    if (strlen(media_type) < sizeof layout->media_type)
        snprintf(layout->media_type, sizeof layout->media_type, "%s", media_type);
    return 0;
}

static int read_index(struct layout *layout, const char *tag, struct tw_err *err)
{
    TW_AUTO(tw_extent_done) struct tw_extent extent = TW_EXTENT_NONE;
    int r = tw_files_find(layout->files, "index.json", &extent, err);
    if (r == TW_E_NOT_FOUND)
        return tw_err_set(err, TW_E_FORMAT, "no index.json: this is no OCI image layout");
    if (r == 0)
        r = tw_extent_read(&extent, "manifest_bytes", &layout->index, err);
    TW_AUTO(tw_manifest_freep) struct tw_manifest *index = NULL;
    if (r == 0)
        r = tw_manifest_parse(tw_buf_span(&layout->index),
            "application/vnd.oci.image.index.v1+json", layout->limits, &index, err);
    // Once more for the annotations, which an index's descriptors do not keep.
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    if (r == 0)
        r = tw_json_parse(tw_buf_span(&layout->index),
            (struct tw_json_caps){layout->limits->manifest_bytes, layout->limits->json_depth,
                layout->limits->json_values},
            &json, err);
    if (r < 0)
        return tw_err_wrap(err, r, "index.json");
    return set_choice(layout, json_object_get(json, "manifests"), index, tag, err);
}

int tw_layout_open(struct tw_files *files, const char *tag, const struct tw_limits *limits,
    struct tw_source **ret_source, struct tw_err *err)
{
    struct layout *layout = calloc(1, sizeof *layout);
    if (!layout) {
        tw_files_free(files);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    layout->source.ops = &layout_ops;
    layout->files = files;
    layout->limits = limits;
    layout->index = TW_BUF(limits->manifest_bytes);
    int r = read_index(layout, tag, err);
    if (r < 0) {
        layout_free(&layout->source);
        return r;
    }
    *ret_source = &layout->source;
    return 0;
}

int tw_oci_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *path = NULL;
    const char *tag = NULL;
    struct tw_files *files = NULL;
    int r = tw_files_split_name(name, &path, &tag, err);
    if (r == 0)
        r = tw_files_open_directory(path, &files, err);
    if (r == 0)
        r = tw_layout_open(files, tag, options->limits, ret_source, err);
    return r < 0 ? tw_err_wrap(err, r, "oci:%s", name) : 0;
}
