// One scan, from a source to image inventories: manifest, configuration, every layer through
// the cage (or from the cache), merged. Judging and storing are others' work.
#pragma once

#include "daemon/source/source.h"
#include "scanner/inventory/image.h"

// What is known of layers already. Called from the threads that read layers, several at once.
struct tw_layer_cache {
    void *ctx;
    // TW_E_NOT_FOUND when the layer is not known (or was read by an older reader).
    int (*get)(void *ctx, const struct tw_digest *digest, struct tw_layer_inventory **ret_inventory,
        struct tw_err *err);
    // Only complete inventories are put: what stopped at a limit is read again next time.
    int (*put)(void *ctx, const struct tw_digest *digest,
        const struct tw_layer_inventory *inventory, struct tw_err *err);
    // After a get that found nothing: the layer is read no more, with or without a put. (Others
    // may be waiting for it.) NULL: nobody cares.
    void (*release)(void *ctx, const struct tw_digest *digest);
};

// Any function may be NULL. `layer` and `bytes` are never called at the same time.
struct tw_scan_progress {
    void *ctx;
    void (*layer)(void *ctx, size_t index, size_t count, uint64_t size_bytes, bool cached);
    void (*bytes)(void *ctx, uint64_t more_bytes); // came of one of the layers under way
    bool (*cancelled)(void *ctx);                  // asked between and during transfers
};

struct tw_scan_options {
    const struct tw_limits *limits;
    struct tw_cage_options cage;
    const char *platform; // "linux/arm64/v8", "linux/amd64", "all"; NULL: all
    const struct tw_layer_cache *cache;
    const struct tw_scan_progress *progress;
    // The last try: a layer that the source does not have, or sends with the wrong digest, becomes
    // a note. Otherwise it fails the scan, since a later try may get it.
    bool settle;
    bool whole_layers; // seekable layers as well; else by their tables of contents
    // Layers of one image that are read at the same time, as long as the executables in them cannot
    // take more memory than this, all together (one may always be read). 0: one after the other.
    unsigned layers_at_once;
    uint64_t layers_memory_bytes;
    // CLOCK_MONOTONIC, after which no more is downloaded; 0: never. tw_scan_image() sets it.
    uint64_t deadline_s;
};

struct tw_scan_result {
    struct tw_image_inventory **images; // one a platform
    size_t count;
    bool is_index;
    struct tw_digest digest; // of the manifest or index that was asked for
    char media_type[128];
};
void tw_scan_result_done(struct tw_scan_result *result);

// An error in one layer makes that image partial (TW901 tells it). An error that a later try
// may mend (TW_E_UNAVAILABLE and the like) fails the whole scan, so that it is tried again.
// `digest` NULL: what the source's name points to.
int tw_scan_image(struct tw_source *source, const struct tw_digest *digest,
    const struct tw_scan_options *options, struct tw_scan_result *ret_result, struct tw_err *err);

// dir:PATH and file:PATH.
int tw_scan_tree(const char *path, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err);
// What a Dockerfile will make: an image without layers.
int tw_scan_dockerfile(const char *path, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err);
int tw_scan_file(const char *path, const struct tw_scan_options *options,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);
