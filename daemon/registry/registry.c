#include "daemon/registry/registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/registry/blob.h"
#include "daemon/registry/client.h"

struct registry {
    struct tw_source source; // first
    struct tw_reference reference;
    const struct tw_limits *limits;
    struct tw_client *client;
};

const struct tw_registry_rule *tw_registries_find(
    const struct tw_registries *registries, const char *host)
{
    for (size_t i = 0; i < registries->rule_count; i++) {
        if (strcasecmp(registries->rules[i].host, host) == 0)
            return &registries->rules[i];
    }
    return NULL;
}

int tw_registries_check(
    const struct tw_registries *registries, const char *host, struct tw_err *err)
{
    if (!registries->only_listed || tw_registries_find(registries, host))
        return 0;
    return tw_err_set(err, TW_E_NOT_ALLOWED,
        "registry %.200s is not in the list of those that may be asked; add it to --registries "
        "(TIDEWAITER_REGISTRIES)",
        host);
}

// ---- manifests ----

struct document {
    const struct tw_limits *limits;
    struct tw_buf bytes;
    char content_type[128];
    char promised[TW_DIGEST_TEXT_MAX + 1]; // Docker-Content-Digest
};

static void document_done(struct document *document)
{
    tw_buf_done(&document->bytes);
}

static int too_long(const struct document *document, struct tw_err *err)
{
    return tw_err_set(err, TW_E_LIMIT, "longer than the limit manifest_bytes, %" PRIu64,
        document->limits->manifest_bytes);
}

static int begin_document(void *ctx, const struct tw_http_answer *answer, struct tw_err *err)
{
    struct document *document = ctx;
    if (answer->status != 200)
        return tw_err_set(
            err, TW_E_FORMAT, "status %ld, which is no answer to this", answer->status);
    if (answer->body_bytes > 0 && (uint64_t)answer->body_bytes > document->limits->manifest_bytes)
        return too_long(document, err);
    memcpy(document->content_type, answer->content_type, sizeof document->content_type);
    memcpy(document->promised, answer->content_digest, sizeof document->promised);
    return 0;
}

static int take_document(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct document *document = ctx;
    int r = tw_buf_append(&document->bytes, bytes, size);
    return r == TW_E_LIMIT ? too_long(document, err)
           : r < 0         ? tw_err_set(err, r, "out of memory")
                           : 0;
}

// Against the digest that was asked for, or else the one that the registry says itself.
static int verify(
    const struct document *document, const struct tw_digest *wanted, struct tw_err *err)
{
    struct tw_digest promised;
    int r = 0;
    if (!wanted && document->promised[0]) {
        r = tw_digest_parse(document->promised, &promised, err);
        if (r < 0)
            return tw_err_wrap(err, r, "Docker-Content-Digest");
        wanted = &promised;
    }
    if (!wanted)
        return 0;
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = NULL;
    r = tw_hash_new(wanted, &hash, err);
    if (r == 0 && tw_hash_update(hash, document->bytes.data, document->bytes.size) < 0)
        r = tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    return r < 0 ? r : tw_hash_finish(hash, NULL, err);
}

static int get_document(struct registry *registry, const char *path, const char *what,
    struct document *document, struct tw_err *err)
{
    struct tw_client_request request = {.path = path,
        .what = what,
        .accept = tw_manifest_accept,
        .small = true,
        .begin = begin_document,
        .body = take_document,
        .ctx = document};
    bool broke_off = false;
    int r = tw_client_get(registry->client, &request, &broke_off, err);
    // It broke off after it began: once more, from the start.
    if (r == TW_E_UNAVAILABLE && broke_off && document->bytes.size > 0) {
        tw_buf_reset(&document->bytes);
        r = tw_client_get(registry->client, &request, &broke_off, err);
    }
    return r;
}

static int registry_manifest(struct tw_source *source, const struct tw_digest *digest,
    struct tw_buf *out, char ret_content_type[128], struct tw_err *err)
{
    struct registry *registry = (struct registry *)source;
    const struct tw_reference *reference = &registry->reference;
    if (!digest && tw_digest_is_set(&reference->digest))
        digest = &reference->digest; // of a tag and a digest the digest counts
    const char *name = digest ? digest->text : reference->tag;
    char path[sizeof "manifests/" + TW_DIGEST_TEXT_MAX];
    TW_AUTO(tw_freep) char *what = NULL;
    snprintf(path, sizeof path, "manifests/%s", name);
    if (asprintf(&what, "manifest %s%s%.19s", reference->repository, digest ? "@" : ":", name) <
        0) {
        what = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    TW_AUTO(document_done)
    struct document document = {
        .limits = registry->limits, .bytes = TW_BUF(registry->limits->manifest_bytes)};
    int r = get_document(registry, path, what, &document, err);
    if (r < 0)
        return r;
    r = verify(&document, digest, err);
    if (r < 0)
        return tw_err_wrap(err, r, "%s: %s", reference->registry, what);
    r = tw_buf_append(out, document.bytes.data, document.bytes.size);
    if (r < 0)
        return tw_err_set(err, r, "%s: %s: no room for it", reference->registry, what);
    memcpy(ret_content_type, document.content_type, sizeof document.content_type);
    return 0;
}

// ---- the source ----

static int registry_blob(struct tw_source *source, const struct tw_descriptor *blob,
    tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    struct registry *registry = (struct registry *)source;
    return tw_blob_get(registry->client, blob, registry->limits->layer_bytes, sink, ctx, err);
}

static int registry_range(struct tw_source *source, const struct tw_descriptor *blob,
    struct tw_range range, tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    return tw_blob_get_range(((struct registry *)source)->client, blob, range, sink, ctx, err);
}

static void registry_set_cancel(struct tw_source *source, bool (*cancelled)(void *ctx), void *ctx)
{
    tw_client_set_cancel(((struct registry *)source)->client, cancelled, ctx);
}

static void registry_free(struct tw_source *source)
{
    struct registry *registry = (struct registry *)source;
    tw_client_free(registry->client);
    free(registry);
}

static int registry_again(
    struct tw_source *source, struct tw_source **ret_source, struct tw_err *err)
{
    struct registry *registry = (struct registry *)source;
    struct registry *other = calloc(1, sizeof *other);
    if (!other)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *other = *registry;
    int r = tw_client_again(registry->client, &other->client, err);
    if (r < 0) {
        free(other);
        return r;
    }
    *ret_source = &other->source;
    return 0;
}

static const struct tw_source_ops registry_ops = {
    .manifest = registry_manifest,
    .blob = registry_blob,
    .range = registry_range,
    .again = registry_again,
    .free = registry_free,
    .set_cancel = registry_set_cancel,
};

int tw_registry_open(const struct tw_reference *reference, const struct tw_registries *registries,
    const struct tw_limits *limits, struct tw_source **ret_source, struct tw_err *err)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    registry->source.ops = &registry_ops;
    registry->reference = *reference;
    registry->limits = limits;
    int r = tw_client_new(reference, registries, limits, &registry->client, err);
    if (r < 0) {
        free(registry);
        return r;
    }
    *ret_source = &registry->source;
    return 0;
}
