#include "daemon/scan/layers.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "daemon/clock/clock.h"
#include "daemon/scan/layer.h"

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

// A registry that sends a byte now and then keeps the connection alive, but not the scan.
int tw_scan_check_time(const struct tw_scan_options *options, struct tw_err *err)
{
    if (options->deadline_s == 0 || (uint64_t)tw_clock_s() < options->deadline_s)
        return 0;
    return tw_err_set(err, TW_E_LIMIT, "the scan took longer than the limit scan_seconds, %" PRIu64,
        options->limits->scan_seconds);
}

// ---- all of them, several at once ----

// Lanes are threads that each take the next layer. The first is the caller's; one more starts when
// a layer turns out to be unknown and others are left, so that an image that is known needs none.
struct reading {
    const struct tw_manifest *manifest;
    const struct tw_scan_options *options;
    pthread_mutex_t lock; // of all below, and of the progress callbacks
    pthread_cond_t ended; // a layer
    struct tw_layers *layers;
    uint64_t held_bytes;  // of inventories
    uint64_t heavy_bytes; // what the layers under way may need
    size_t next;
    struct lane *lanes;
    size_t lane_count, lanes_max;
    int failed; // of layer failed_at; the others stop
    size_t failed_at;
    struct tw_err why;
};

struct lane {
    struct reading *reading;
    struct tw_source *source; // its own, but for the first
    size_t index;             // of the layer under way
    pthread_t thread;
};

static void *run_lane(void *ctx);

// Under the lock.
static bool wants_lane(const struct reading *reading)
{
    return reading->lane_count < reading->lanes_max &&
           reading->next < reading->manifest->layer_count;
}

// Another one like `own`, which has no request under way, so that its source can be asked for a
// copy. Without memory, or another connection, the lanes that are there do it all.
static void add_lane(struct lane *own)
{
    struct reading *reading = own->reading;
    const struct tw_source_ops *ops = own->source->ops;
    const struct tw_scan_progress *progress = reading->options->progress;
    struct tw_source *source = own->source;
    if (ops->again && ops->again(own->source, &source, NULL) < 0)
        return;
    if (ops->again && ops->set_cancel && progress)
        ops->set_cancel(source, progress->cancelled, progress->ctx);
    pthread_mutex_lock(&reading->lock);
    struct lane *lane = &reading->lanes[reading->lane_count];
    bool added = false;
    if (wants_lane(reading)) {
        *lane = (struct lane){.reading = reading, .source = source};
        added = pthread_create(&lane->thread, NULL, run_lane, lane) == 0;
        reading->lane_count += added;
    }
    pthread_mutex_unlock(&reading->lock);
    if (!added && ops->again)
        tw_source_free(source);
}

static void begun(void *ctx, const struct tw_descriptor *layer, bool cached)
{
    struct lane *lane = ctx;
    struct reading *reading = lane->reading;
    const struct tw_scan_progress *progress = reading->options->progress;
    pthread_mutex_lock(&reading->lock);
    if (progress && progress->layer)
        progress->layer(
            progress->ctx, lane->index, reading->manifest->layer_count, layer->size_bytes, cached);
    bool more = !cached && wants_lane(reading);
    pthread_mutex_unlock(&reading->lock);
    if (more)
        add_lane(lane);
}

static int fed(void *ctx, size_t size, struct tw_err *err)
{
    struct lane *lane = ctx;
    struct reading *reading = lane->reading;
    const struct tw_scan_progress *progress = reading->options->progress;
    if (progress && progress->cancelled && progress->cancelled(progress->ctx))
        return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
    pthread_mutex_lock(&reading->lock);
    bool failed = reading->failed;
    if (progress && progress->bytes && !failed)
        progress->bytes(progress->ctx, size);
    pthread_mutex_unlock(&reading->lock);
    return failed ? tw_err_set(err, TW_E_INTERRUPTED, "another layer failed")
                  : tw_scan_check_time(reading->options, err);
}

// The first layer of the image with this digest.
static size_t first_of(const struct tw_manifest *manifest, size_t index)
{
    size_t i = 0;
    while (!tw_digest_equal(&manifest->layers[i].digest, &manifest->layers[index].digest))
        i++;
    return i;
}

// What a cage may come to hold of the layer: its largest executable.
static uint64_t weight(const struct reading *reading, size_t index)
{
    enum { TIMES_INFLATED = 4 };
    uint64_t most = reading->options->limits->binary_bytes;
    uint64_t size = reading->manifest->layers[index].size_bytes;
    return size < most / TIMES_INFLATED ? size * TIMES_INFLATED : most;
}

// Takes the next layer when there is memory for it; false: none is left, or one failed.
static bool take_layer(struct lane *lane)
{
    struct reading *reading = lane->reading;
    const struct tw_manifest *manifest = reading->manifest;
    for (;;) {
        while (reading->next < manifest->layer_count &&
               first_of(manifest, reading->next) != reading->next)
            reading->next++;
        if (reading->next == manifest->layer_count || reading->failed)
            return false;
        uint64_t more = weight(reading, reading->next);
        if (reading->heavy_bytes == 0 ||
            more + reading->heavy_bytes <= reading->options->layers_memory_bytes) {
            reading->heavy_bytes += more;
            lane->index = reading->next++;
            return true;
        }
        pthread_cond_wait(&reading->ended, &reading->lock);
    }
}

static void note_failure(struct reading *reading, size_t index, int r, const struct tw_err *why)
{
    if (reading->failed && (index > reading->failed_at || r == TW_E_INTERRUPTED))
        return;
    reading->failed = r;
    reading->failed_at = index;
    reading->why = *why;
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

static void *run_lane(void *ctx)
{
    struct lane *lane = ctx;
    struct reading *reading = lane->reading;
    const struct tw_layer_watch watch = {.ctx = lane, .begun = begun, .fed = fed};
    pthread_mutex_lock(&reading->lock);
    while (take_layer(lane)) {
        size_t i = lane->index;
        struct tw_layer_inventory *inventory = NULL;
        struct tw_err error = {0}, why = {0};
        pthread_mutex_unlock(&reading->lock);
        int r = tw_layer_get(lane->source, &reading->manifest->layers[i], reading->options, &watch,
            &inventory, &error, &why);
        pthread_mutex_lock(&reading->lock);
        reading->heavy_bytes -= weight(reading, i);
        reading->layers->inventories[i] = inventory;
        reading->layers->errors[i] = error;
        if (r < 0)
            note_failure(reading, i, r, &why);
        else
            hold(reading, i);
        pthread_cond_broadcast(&reading->ended);
    }
    pthread_mutex_unlock(&reading->lock);
    return NULL;
}

// Lanes are added by lanes: the count is final when all that were counted have ended.
static void end_lanes(struct reading *reading)
{
    for (size_t i = 1;; i++) {
        pthread_mutex_lock(&reading->lock);
        bool none = i == reading->lane_count;
        pthread_mutex_unlock(&reading->lock);
        if (none)
            return;
        pthread_join(reading->lanes[i].thread, NULL);
        if (reading->lanes[i].source != reading->lanes[0].source)
            tw_source_free(reading->lanes[i].source);
    }
}

static void copy_repeated(const struct reading *reading)
{
    for (size_t i = 0; i < reading->manifest->layer_count; i++) {
        size_t first = first_of(reading->manifest, i);
        reading->layers->inventories[i] = reading->layers->inventories[first];
        reading->layers->errors[i] = reading->layers->errors[first];
    }
}

int tw_layers_read(struct tw_source *source, const struct tw_manifest *manifest,
    const struct tw_scan_options *options, struct tw_layers *ret_layers, struct tw_err *err)
{
    size_t count = manifest->layer_count;
    size_t lanes_max = options->layers_at_once > 1 ? options->layers_at_once : 1;
    TW_AUTO(tw_layers_done)
    struct tw_layers layers = {
        .inventories = calloc(count + 1, sizeof(struct tw_layer_inventory *)),
        .errors = calloc(count + 1, sizeof(struct tw_err)),
    };
    TW_AUTO(tw_freep) struct lane *lanes = calloc(lanes_max, sizeof *lanes);
    if (!layers.inventories || !layers.errors || !lanes)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    layers.count = count;
    struct reading reading = {.manifest = manifest,
        .options = options,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .ended = PTHREAD_COND_INITIALIZER,
        .layers = &layers,
        .lanes = lanes,
        .lane_count = 1,
        .lanes_max = lanes_max};
    lanes[0] = (struct lane){.reading = &reading, .source = source};
    run_lane(&lanes[0]);
    end_lanes(&reading);
    pthread_mutex_destroy(&reading.lock);
    pthread_cond_destroy(&reading.ended);
    if (reading.failed) {
        if (err)
            *err = reading.why;
        return tw_err_wrap(err, reading.failed, "layer %zu of %zu (%.19s)", reading.failed_at + 1,
            count, manifest->layers[reading.failed_at].digest.text);
    }
    copy_repeated(&reading);
    *ret_layers = layers;
    layers = (struct tw_layers){0};
    return 0;
}
