#include "daemon/worker/attempt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/scan/platform.h"
#include "daemon/scan/scan.h"
#include "daemon/worker/retry.h"
#include "scanner/rules/verdict.h"

int64_t tw_attempt_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- layers that are known already ----

static bool is_cancelled(void *ctx)
{
    const struct tw_attempt *attempt = ctx;
    return atomic_load(attempt->cancelled);
}

static int look_up(struct tw_attempt *attempt, const struct tw_digest *digest,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    const struct tw_workers_options *o = attempt->options;
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(o->limits->inventory_bytes);
    int r = tw_store_layer_get(o->store, digest, TW_INVENTORY_READER_VERSION, &json, err);
    if (r == 0)
        r = tw_layer_inventory_from_json(tw_buf_span(&json), o->limits, ret_inventory, err);
    // A stored layer that cannot be read is read anew, and replaced.
    return r == TW_E_CAGE || r == TW_E_LIMIT ? TW_E_NOT_FOUND : r;
}

static int get(void *ctx, const struct tw_digest *digest, struct tw_layer_inventory **ret_inventory,
    struct tw_err *err)
{
    struct tw_attempt *attempt = ctx;
    int r = look_up(attempt, digest, ret_inventory, err);
    if (r == TW_E_NOT_FOUND) {
        if (!tw_flight_begin(attempt->flight, digest, is_cancelled, attempt))
            return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
        // Somebody may have read it between the first look and now.
        r = look_up(attempt, digest, ret_inventory, err);
        if (r != TW_E_NOT_FOUND)
            tw_flight_end(attempt->flight, digest);
    }
    attempt->layers_cached += r == 0;
    attempt->layers_read += r == TW_E_NOT_FOUND;
    return r;
}

static int put(void *ctx, const struct tw_digest *digest,
    const struct tw_layer_inventory *inventory, struct tw_err *err)
{
    struct tw_attempt *attempt = ctx;
    const struct tw_workers_options *o = attempt->options;
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(o->limits->inventory_bytes);
    int r = tw_layer_inventory_to_json(inventory, &json, err);
    return r < 0 ? r
                 : tw_store_layer_put(o->store, digest, TW_INVENTORY_READER_VERSION,
                       tw_buf_span(&json), tw_attempt_now_ms(), err);
}

static void release(void *ctx, const struct tw_digest *digest)
{
    struct tw_attempt *attempt = ctx;
    tw_flight_end(attempt->flight, digest);
}

// Bytes are told as a running sum for each layer; what never became an inventory counts too.
static void start_layer(void *ctx, size_t index, size_t count, uint64_t size_bytes, bool cached)
{
    (void)index, (void)count, (void)size_bytes, (void)cached;
    struct tw_attempt *attempt = ctx;
    attempt->layer_done_bytes = 0;
}

static void add_bytes(void *ctx, uint64_t done_bytes)
{
    struct tw_attempt *attempt = ctx;
    attempt->layer_bytes += done_bytes - attempt->layer_done_bytes;
    attempt->layer_done_bytes = done_bytes;
}

// ---- what is stored of an image ----

struct results {
    struct tw_stored_image *items;
    struct tw_buf *jsons; // of the images
    struct tw_digest *children;
    size_t count, json_count;
};

static void results_done(struct results *results)
{
    for (size_t i = 0; i < results->json_count; i++)
        tw_buf_done(&results->jsons[i]);
    free(results->items);
    free(results->jsons);
    free(results->children);
}

static int summarise(const struct tw_image_inventory *image, struct tw_image_summary *ret_summary,
    struct tw_err *err)
{
    TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
    struct tw_image_summary s = {
        .digest = image->digest, .kind = "image", .go_binaries = (unsigned)image->binary_count};
    struct tw_judge_options judge = {.policy = &tw_policy_default, .lang = TW_EN};
    int r = tw_judge(image, &judge, &verdict, err);
    if (r < 0)
        return r;
    if (image->os || image->architecture) {
        char platform[TW_PLATFORM_TEXT_MAX + 1];
        tw_platform_format(image->os, image->architecture, image->variant, platform);
        snprintf(s.platform, sizeof s.platform, "%.63s", platform);
    }
    snprintf(s.completeness, sizeof s.completeness, "%s", tw_completeness_name(image->status));
    snprintf(s.decision, sizeof s.decision, "%s", tw_decision_name(verdict->decision));
    memcpy(s.counts, verdict->counts, sizeof s.counts);
    *ret_summary = s;
    return 0;
}

static int add_image(struct results *results, const struct tw_image_inventory *image,
    const struct tw_limits *limits, struct tw_err *err)
{
    for (size_t i = 0; i < results->count; i++) {
        if (tw_digest_equal(&results->items[i].summary.digest, &image->digest))
            return 0; // an index may list one image twice
    }
    struct tw_stored_image *item = &results->items[results->count];
    struct tw_buf *json = &results->jsons[results->json_count++];
    *json = TW_BUF(limits->image_inventory_bytes);
    int r = tw_image_inventory_to_json(image, json, err);
    if (r == 0)
        r = summarise(image, &item->summary, err);
    if (r < 0)
        return r;
    item->inventory_json = json->data;
    item->inventory_size = json->size;
    item->media_type = image->media_type;
    results->count++;
    return 0;
}

// The worst of its images, and the sum of what was found in them.
static void add_index(struct results *results, const struct tw_scan_result *scanned)
{
    static const char *const worse[] = {"pass", "warn", "deny"};
    static const char *const worse_status[] = {"complete", "partial", "failed"};
    struct tw_image_summary s = {.digest = scanned->digest, .kind = "index"};
    size_t decision = 0, status = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct tw_image_summary *child = &results->items[i].summary;
        results->children[i] = child->digest;
        for (size_t j = 0; j < TW_COUNT(worse); j++) {
            if (strcmp(child->decision, worse[j]) == 0 && j > decision)
                decision = j;
            if (strcmp(child->completeness, worse_status[j]) == 0 && j > status)
                status = j;
        }
        for (int j = 0; j < TW_SEVERITY_COUNT; j++)
            s.counts[j] += child->counts[j];
        s.go_binaries += child->go_binaries;
    }
    snprintf(s.decision, sizeof s.decision, "%s", worse[decision]);
    snprintf(s.completeness, sizeof s.completeness, "%s", worse_status[status]);
    size_t children = results->count;
    results->items[results->count++] = (struct tw_stored_image){
        .summary = s,
        .children = results->children,
        .child_count = children,
        .media_type = scanned->media_type,
    };
}

static int collect(const struct tw_scan_result *scanned, const struct tw_limits *limits,
    struct results *results, struct tw_err *err)
{
    results->items = calloc(scanned->count + 1, sizeof *results->items);
    results->jsons = calloc(scanned->count + 1, sizeof *results->jsons);
    results->children = calloc(scanned->count + 1, sizeof *results->children);
    if (!results->items || !results->jsons || !results->children)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < scanned->count; i++) {
        int r = add_image(results, scanned->images[i], limits, err);
        if (r < 0)
            return r;
    }
    if (scanned->is_index)
        add_index(results, scanned);
    return 0;
}

// ---- the attempt ----

static int pull(struct tw_attempt *attempt, struct tw_scan_result *ret_result, struct tw_err *err)
{
    const struct tw_workers_options *o = attempt->options;
    struct tw_layer_cache cache = {.ctx = attempt, .get = get, .put = put, .release = release};
    struct tw_scan_progress progress = {
        .ctx = attempt, .layer = start_layer, .bytes = add_bytes, .cancelled = is_cancelled};
    struct tw_scan_options options = {
        .limits = o->limits,
        .cage_program = o->cage_program,
        .cache = &cache,
        .progress = &progress,
        .settle = tw_retry_settles(attempt->scan->attempts, o->queue.max_attempts),
    };
    struct tw_reference reference;
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    int r = tw_reference_parse(attempt->scan->reference, &reference, err);
    if (r == 0)
        r = tw_registries_check(o->registries, reference.registry, err);
    if (r == 0)
        r = tw_registry_open(&reference, o->registries, o->limits, &source, err);
    const struct tw_digest *digest = tw_digest_is_set(&reference.digest) ? &reference.digest : NULL;
    return r < 0 ? r : tw_scan_image(source, digest, &options, ret_result, err);
}

int tw_attempt_run(struct tw_attempt *attempt, struct tw_err *err)
{
    TW_AUTO(tw_scan_result_done) struct tw_scan_result scanned = {0};
    TW_AUTO(results_done) struct results results = {0};
    int r = is_cancelled(attempt) ? tw_err_set(err, TW_E_INTERRUPTED, "asked to stop")
                                  : pull(attempt, &scanned, err);
    if (r == 0)
        r = collect(&scanned, attempt->options->limits, &results, err);
    if (r == 0 && is_cancelled(attempt))
        r = tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
    if (r < 0)
        return r;
    r = tw_store_finish(attempt->options->store, attempt->scan->id, attempt->worker,
        &scanned.digest, results.items, results.count, tw_attempt_now_ms(), err);
    return r == TW_E_NOT_FOUND ? tw_err_set(err, TW_E_INTERRUPTED, "the lease was lost") : r;
}
