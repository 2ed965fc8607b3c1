#include "daemon/scan/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cage/cage.h"
#include "daemon/clock/clock.h"
#include "daemon/scan/parts.h"

// Everything else (no memory, registry down, store, interrupted, a bug) is nobody's layer.
static const struct {
    int code;
    bool only_at_last; // a later try may get it right
} notes[] = {
    {TW_E_FORMAT, false},
    {TW_E_TRUNCATED, false},
    {TW_E_LIMIT, false},
    {TW_E_UNSUPPORTED, false},
    {TW_E_CAGE, true}, // somebody may have killed it
    {TW_E_DIGEST, true},
    {TW_E_NOT_FOUND, true},
};

bool tw_scan_is_note(int code, const struct tw_scan_options *options)
{
    for (size_t i = 0; i < TW_COUNT(notes); i++) {
        if (notes[i].code == code)
            return options->settle || !notes[i].only_at_last;
    }
    return false;
}

void tw_layers_done(struct tw_layers *layers)
{
    // A layer that an image lists twice is read once: free it once.
    for (size_t i = 0; i < layers->count; i++) {
        struct tw_layer_inventory *inventory = layers->inventories[i];
        for (size_t j = i + 1; inventory && j < layers->count; j++) {
            if (layers->inventories[j] == inventory)
                layers->inventories[j] = NULL;
        }
        tw_layer_inventory_free(inventory);
    }
    free(layers->inventories);
    free(layers->errors);
    *layers = (struct tw_layers){0};
}

// ---- one layer ----

// A registry that sends a byte now and then keeps the connection alive, but not the scan.
int tw_scan_check_time(const struct tw_scan_options *options, struct tw_err *err)
{
    if (options->deadline_s == 0 || (uint64_t)tw_clock_s() < options->deadline_s)
        return 0;
    return tw_err_set(err, TW_E_LIMIT, "the scan took longer than the limit scan_seconds, %" PRIu64,
        options->limits->scan_seconds);
}

struct feed {
    struct tw_cage *cage;
    const struct tw_scan_options *options;
    uint64_t done_bytes;
};

static int feed_cage(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct feed *feed = ctx;
    const struct tw_scan_progress *progress = feed->options->progress;
    if (progress && progress->cancelled && progress->cancelled(progress->ctx))
        return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
    int r = tw_scan_check_time(feed->options, err);
    if (r < 0)
        return r;
    feed->done_bytes += size;
    if (progress && progress->bytes)
        progress->bytes(progress->ctx, feed->done_bytes);
    return tw_cage_write(feed->cage, bytes, size, err);
}

static int check(
    const struct tw_descriptor *layer, const struct tw_scan_options *options, struct tw_err *err)
{
    const struct tw_limits *limits = options->limits;
    const char *suffix = strrchr(layer->media_type, '+');
    if (suffix && strcmp(suffix, "+encrypted") == 0)
        return tw_err_set(
            err, TW_E_UNSUPPORTED, "the layer is encrypted (media type %s)", layer->media_type);
    if (layer->size_bytes > limits->layer_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "the layer has %" PRIu64 " bytes; the limit layer_bytes is %" PRIu64, layer->size_bytes,
            limits->layer_bytes);
    return tw_scan_check_time(options, err);
}

static int read_layer(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options, struct tw_cage *cage,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    struct feed feed = {.cage = cage, .options = options};
    int r = source->ops->blob(source, layer, feed_cage, &feed, err);
    if (r == TW_E_NOT_FOUND && layer->foreign)
        r = tw_err_set(err, TW_E_UNSUPPORTED,
            "a layer that may not be distributed; the registry does not have it");
    return r < 0 ? r : tw_cage_finish(cage, ret_inventory, err);
}

// ---- all of them ----

struct reading {
    struct tw_source *source;
    const struct tw_manifest *manifest;
    const struct tw_scan_options *options;
    struct tw_layers *layers;
    uint64_t held_bytes;
};

static void announce(const struct reading *reading, size_t index, bool cached)
{
    const struct tw_scan_progress *progress = reading->options->progress;
    if (progress && progress->layer)
        progress->layer(progress->ctx, index, reading->manifest->layer_count,
            reading->manifest->layers[index].size_bytes, cached);
}

static bool seen_before(const struct reading *reading, size_t index)
{
    const struct tw_descriptor *all = reading->manifest->layers;
    for (size_t i = 0; i < index; i++) {
        if (tw_digest_equal(&all[i].digest, &all[index].digest)) {
            reading->layers->inventories[index] = reading->layers->inventories[i];
            reading->layers->errors[index] = reading->layers->errors[i];
            return true;
        }
    }
    return false;
}

// 1: read. 0: it has to be read whole, `why` says why when its manifest says otherwise. Negative:
// nobody can read it now.
static int try_parts(struct reading *reading, const struct tw_descriptor *layer,
    struct tw_layer_inventory **ret_inventory, struct tw_err *why, struct tw_err *err)
{
    const struct tw_scan_options *options = reading->options;
    if (!tw_parts_wanted(reading->source, layer, options))
        return 0;
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    int r = tw_cage_start(&options->cage, TW_CAGE_PARTS, options->limits, &cage, err);
    if (r < 0)
        return r;
    struct feed feed = {.cage = cage, .options = options};
    r = tw_parts_read(reading->source, layer, cage, feed_cage, &feed, ret_inventory, why);
    if (r == 0)
        return 1;
    switch (r) {
    case TW_E_DIGEST:
    case TW_E_FORMAT:
    case TW_E_TRUNCATED:
    case TW_E_LIMIT:
    case TW_E_UNSUPPORTED:
    case TW_E_CAGE:
        return tw_scan_check_time(options, err);
    default:
        if (err)
            *err = *why;
        return r;
    }
}

// Says of a layer with a table of contents why it was read whole all the same.
static int tell_whole(const struct tw_descriptor *layer, const struct tw_err *why,
    struct tw_layer_inventory *inventory, struct tw_err *err)
{
    char text[sizeof why->msg + 128];
    if (!inventory || why->code == 0)
        return 0;
    snprintf(text, sizeof text, "its %s table of contents was not used, it was read whole: %s",
        tw_seekable_kind_name(layer->seekable.kind), why->msg);
    return tw_layer_inventory_note(inventory, "read-whole", text, err);
}

// A layer that nobody knows yet. What goes wrong with it lands in its `ret_error`.
static int read_unknown(struct reading *reading, size_t index, struct tw_err *ret_error,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    const struct tw_scan_options *options = reading->options;
    const struct tw_descriptor *layer = &reading->manifest->layers[index];
    announce(reading, index, false);
    int r = check(layer, options, ret_error);
    if (r < 0)
        return 0;
    struct tw_err not_parts = {0};
    r = try_parts(reading, layer, ret_inventory, &not_parts, err);
    if (r != 0)
        return r < 0 ? r : 0;
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    r = tw_cage_start(&options->cage, TW_CAGE_LAYER, options->limits, &cage, err);
    if (r < 0)
        return r; // no layer's fault
    struct tw_err why = {0};
    r = read_layer(reading->source, layer, options, cage, ret_inventory, &why);
    if (r == 0)
        return tell_whole(layer, &not_parts, *ret_inventory, err);
    if (r < 0 && tw_scan_is_note(r, options)) {
        *ret_error = why;
        return 0;
    }
    if (r < 0 && err)
        *err = why;
    return r;
}

static int get_layer(struct reading *reading, size_t index, struct tw_err *err)
{
    const struct tw_layer_cache *cache = reading->options->cache;
    const struct tw_descriptor *layer = &reading->manifest->layers[index];
    struct tw_digest parts_key;
    const struct tw_digest *digest = &layer->digest;
    if (tw_parts_wanted(reading->source, layer, reading->options)) {
        parts_key = tw_parts_key(layer);
        digest = &parts_key;
    }
    struct tw_layer_inventory **at = &reading->layers->inventories[index];
    int r = cache ? cache->get(cache->ctx, digest, at, err) : TW_E_NOT_FOUND;
    if (r == 0)
        announce(reading, index, true);
    if (r != TW_E_NOT_FOUND)
        return r;
    r = read_unknown(reading, index, &reading->layers->errors[index], at, err);
    if (r == 0 && cache && *at && (*at)->complete)
        r = cache->put(cache->ctx, digest, *at, err);
    if (cache && cache->release)
        cache->release(cache->ctx, digest);
    return r;
}

// Many layers, each with as large an inventory as is allowed, must not fill the memory.
static void hold(struct reading *reading, size_t index)
{
    struct tw_layer_inventory **at = &reading->layers->inventories[index];
    uint64_t limit = reading->options->limits->image_inventory_bytes;
    if (!*at)
        return;
    uint64_t size = tw_arena_used((*at)->arena);
    if (size <= limit - reading->held_bytes) {
        reading->held_bytes += size;
        return;
    }
    tw_layer_inventory_free(*at);
    *at = NULL;
    tw_err_set(&reading->layers->errors[index], TW_E_LIMIT,
        "the inventories of this image's layers are over the limit image_inventory_bytes, %" PRIu64,
        limit);
}

int tw_layers_read(struct tw_source *source, const struct tw_manifest *manifest,
    const struct tw_scan_options *options, struct tw_layers *ret_layers, struct tw_err *err)
{
    size_t count = manifest->layer_count;
    TW_AUTO(tw_layers_done)
    struct tw_layers layers = {
        .inventories = calloc(count + 1, sizeof(struct tw_layer_inventory *)),
        .errors = calloc(count + 1, sizeof(struct tw_err)),
    };
    if (!layers.inventories || !layers.errors)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    layers.count = count;
    struct reading reading = {
        .source = source, .manifest = manifest, .options = options, .layers = &layers};
    for (size_t i = 0; i < count; i++) {
        if (seen_before(&reading, i))
            continue;
        int r = get_layer(&reading, i, err);
        if (r < 0)
            return tw_err_wrap(
                err, r, "layer %zu of %zu (%.19s)", i + 1, count, manifest->layers[i].digest.text);
        hold(&reading, i);
    }
    *ret_layers = layers;
    layers = (struct tw_layers){0};
    return 0;
}
