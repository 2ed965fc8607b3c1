#include "daemon/scan/layer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cage/cage.h"
#include "daemon/scan/layers.h"
#include "daemon/scan/parts.h"

struct feed {
    struct tw_cage *cage;
    const struct tw_layer_watch *watch;
};

static int feed_cage(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct feed *feed = ctx;
    int r = feed->watch->fed(feed->watch->ctx, size, err);
    return r < 0 ? r : tw_cage_write(feed->cage, bytes, size, err);
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

static int read_whole(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_layer_watch *watch, struct tw_cage *cage,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    struct feed feed = {.cage = cage, .watch = watch};
    int r = source->ops->blob(source, layer, feed_cage, &feed, err);
    if (r == TW_E_NOT_FOUND && layer->foreign)
        r = tw_err_set(err, TW_E_UNSUPPORTED,
            "a layer that may not be distributed; the registry does not have it");
    return r < 0 ? r : tw_cage_finish(cage, ret_inventory, err);
}

// What says that a table of contents is of no use, and that the layer has to be read whole.
static bool is_of_the_table(int code)
{
    static const int codes[] = {TW_E_DIGEST, TW_E_FORMAT, TW_E_TRUNCATED, TW_E_LIMIT,
        TW_E_UNSUPPORTED, TW_E_CAGE, TW_E_NOT_FOUND}; // a registry may have parts of it elsewhere
    for (size_t i = 0; i < TW_COUNT(codes); i++) {
        if (code == codes[i])
            return true;
    }
    return false;
}

// 1: read. 0: it has to be read whole, `why` says why when its manifest has it otherwise. Negative:
// nobody can read it now.
static int try_parts(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options, const struct tw_layer_watch *watch,
    struct tw_layer_inventory **ret_inventory, struct tw_err *why, struct tw_err *err)
{
    if (!tw_parts_wanted(source, layer, options))
        return 0;
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    int r = tw_cage_start(&options->cage, TW_CAGE_PARTS, options->limits, &cage, err);
    if (r < 0)
        return r;
    struct feed feed = {.cage = cage, .watch = watch};
    r = tw_parts_read(source, layer, cage, feed_cage, &feed, ret_inventory, why);
    if (r == 0)
        return 1;
    if (is_of_the_table(r))
        return 0;
    if (err)
        *err = *why;
    return r;
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

// A layer that nobody knows yet. What is wrong with it lands in `ret_error`.
static int read_unknown(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options, const struct tw_layer_watch *watch,
    struct tw_layer_inventory **ret_inventory, struct tw_err *ret_error, struct tw_err *err)
{
    watch->begun(watch->ctx, layer, false);
    if (check(layer, options, ret_error) < 0)
        return 0;
    struct tw_err not_parts = {0};
    int r = try_parts(source, layer, options, watch, ret_inventory, &not_parts, err);
    if (r != 0)
        return r < 0 ? r : 0;
    if (tw_scan_check_time(options, ret_error) < 0)
        return 0;
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    r = tw_cage_start(&options->cage, TW_CAGE_LAYER, options->limits, &cage, err);
    if (r < 0)
        return r; // no layer's fault
    struct tw_err why = {0};
    r = read_whole(source, layer, watch, cage, ret_inventory, &why);
    if (r == 0)
        return tell_whole(layer, &not_parts, *ret_inventory, err);
    if (tw_scan_is_note(r, options)) {
        *ret_error = why;
        return 0;
    }
    if (err)
        *err = why;
    return r;
}

int tw_layer_get(struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options, const struct tw_layer_watch *watch,
    struct tw_layer_inventory **ret_inventory, struct tw_err *ret_error, struct tw_err *err)
{
    const struct tw_layer_cache *cache = options->cache;
    bool parts = tw_parts_wanted(source, layer, options);
    const struct tw_digest key = parts ? tw_parts_key(layer) : layer->digest;
    int r = cache ? cache->get(cache->ctx, &key, ret_inventory, err) : TW_E_NOT_FOUND;
    if (r == 0)
        watch->begun(watch->ctx, layer, true);
    if (r != TW_E_NOT_FOUND)
        return r;
    r = read_unknown(source, layer, options, watch, ret_inventory, ret_error, err);
    if (r == 0 && cache && *ret_inventory && (*ret_inventory)->complete)
        r = cache->put(cache->ctx, &key, *ret_inventory, err);
    if (cache && cache->release)
        cache->release(cache->ctx, &key);
    return r;
}
