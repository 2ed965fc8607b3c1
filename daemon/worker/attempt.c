#include "daemon/worker/attempt.h"

#include <stdio.h>
#include <string.h>

#include "daemon/clock/clock.h"
#include "daemon/judge/drift.h"
#include "daemon/judge/listing.h"
#include "daemon/judge/summary.h"
#include "daemon/judge/telling.h"
#include "daemon/log/log.h"
#include "daemon/scan/scan.h"
#include "daemon/worker/retry.h"
#include "scanner/rules/verdict.h"

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
    int r = tw_store_layer_get(
        o->store, digest, tw_reader_changed_in[TW_CONTENTS_NAMES], tw_clock_utc_ms(), &json, err);
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
    tw_log_about(TW_LOG_DEBUG,
        TW_LOG_ABOUT(TW_LOG_TEXT("scan", attempt->scan->id), TW_LOG_TEXT("layer", digest->text),
            TW_LOG_TEXT("worker", attempt->worker)),
        "layer read");
    int r = tw_layer_inventory_to_json(inventory, &json, err);
    return r < 0 ? r
                 : tw_store_layer_put(o->store, digest, TW_INVENTORY_READER_VERSION,
                       tw_buf_span(&json), tw_clock_utc_ms(), &o->layers, err);
}

static void release(void *ctx, const struct tw_digest *digest)
{
    struct tw_attempt *attempt = ctx;
    tw_flight_end(attempt->flight, digest);
}

// What never became an inventory counts too.
static void add_bytes(void *ctx, uint64_t more_bytes)
{
    struct tw_attempt *attempt = ctx;
    attempt->layer_bytes += more_bytes;
}

// ---- what is stored of an image ----

struct results {
    struct tw_stored_image *items;
    struct tw_buf *jsons; // of the images
    struct tw_listing *listings;
    struct tw_digest *children;
    struct tw_image_inventory **images; // those of the verdicts; not owned
    struct tw_verdict **verdicts;
    size_t count, json_count, verdict_count;
    struct tw_telling telling;
    char mark[TW_JURY_MARK_BYTES]; // what they were judged by
};

static void results_done(struct results *results)
{
    for (size_t i = 0; i < results->json_count; i++) {
        tw_buf_done(&results->jsons[i]);
        tw_listing_done(&results->listings[i]);
    }
    free(results->listings);
    for (size_t i = 0; i < results->verdict_count; i++) {
        struct tw_image_inventory *image = results->images[i];
        image->registry = image->repository = image->tag = NULL; // they were ours
        tw_verdict_free(results->verdicts[i]);
    }
    free(results->items);
    free(results->jsons);
    free(results->children);
    free(results->images);
    free(results->verdicts);
    tw_telling_done(&results->telling);
}

static int judge(struct tw_attempt *attempt, struct tw_image_inventory *image,
    struct results *results, struct tw_image_summary *ret_summary, struct tw_listing *ret_listing,
    struct tw_err *err)
{
    struct tw_verdict *verdict = NULL;
    const struct tw_reference *reference = &attempt->reference;
    // Channels of the policy go by where it was found.
    image->registry = reference->registry;
    image->repository = reference->repository;
    image->tag = reference->tag[0] ? reference->tag : NULL;
    results->images[results->verdict_count] = image;
    int r = tw_jury_judge(attempt->options->jury, image, TW_EN, &verdict, results->mark, err);
    results->verdicts[results->verdict_count++] = verdict;
    if (r == 0)
        r = tw_listing_make(image, verdict, attempt->options->limits, ret_listing, err);
    if (r == 0)
        *ret_summary = tw_summary_of_image(image, verdict);
    return r;
}

static int add_image(struct tw_attempt *attempt, struct results *results,
    struct tw_image_inventory *image, struct tw_err *err)
{
    for (size_t i = 0; i < results->count; i++) {
        if (tw_digest_equal(&results->items[i].summary.digest, &image->digest))
            return 0; // an index may list one image twice
    }
    struct tw_stored_image *item = &results->items[results->count];
    struct tw_listing *listing = &results->listings[results->json_count];
    struct tw_buf *json = &results->jsons[results->json_count++];
    *json = TW_BUF(attempt->options->limits->image_inventory_bytes);
    int r = tw_image_inventory_to_json(image, json, err);
    if (r == 0)
        r = judge(attempt, image, results, &item->summary, listing, err);
    if (r < 0)
        return r;
    if (listing->left_out > 0)
        tw_log(TW_LOG_WARNING,
            "scan %s of %s: lists leave out %zu rows of %s (limit listed_rows); its report has all",
            attempt->scan->id, attempt->scan->reference, listing->left_out, image->digest.text);
    item->listing = listing;
    item->judged_by = results->mark;
    item->inventory_json = json->data;
    item->inventory_size = json->size;
    item->media_type = image->media_type;
    results->count++;
    return 0;
}

static int add_index(
    struct results *results, const struct tw_scan_result *scanned, struct tw_err *err)
{
    size_t count = results->count;
    TW_AUTO(tw_freep) struct tw_image_summary *children = calloc(count + 1, sizeof *children);
    if (!children)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        children[i] = results->items[i].summary;
        results->children[i] = children[i].digest;
    }
    results->items[results->count++] = (struct tw_stored_image){
        .judged_by = results->mark,
        .summary = tw_summary_of_index(&scanned->digest, children, count),
        .children = results->children,
        .child_count = count,
        .media_type = scanned->media_type,
    };
    return 0;
}

static int collect(struct tw_attempt *attempt, const struct tw_scan_result *scanned,
    struct results *results, struct tw_err *err)
{
    results->items = calloc(scanned->count + 1, sizeof *results->items);
    results->jsons = calloc(scanned->count + 1, sizeof *results->jsons);
    results->children = calloc(scanned->count + 1, sizeof *results->children);
    results->images = calloc(scanned->count + 1, sizeof(struct tw_image_inventory *));
    results->verdicts = calloc(scanned->count + 1, sizeof(struct tw_verdict *));
    results->listings = calloc(scanned->count + 1, sizeof *results->listings);
    if (!results->items || !results->jsons || !results->children || !results->images ||
        !results->verdicts || !results->listings)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < scanned->count; i++) {
        int r = add_image(attempt, results, scanned->images[i], err);
        if (r < 0)
            return r;
    }
    return scanned->is_index ? add_index(results, scanned, err) : 0;
}

// What is told of an image goes into the commit that stores it. The last of the results is the one
// that was asked for.
static int add_telling(struct tw_attempt *attempt, const struct tw_scan_result *scanned,
    struct results *results, struct tw_err *err)
{
    const struct tw_workers_options *o = attempt->options;
    const struct tw_telling_court court = {o->store, o->jury, o->limits};
    struct tw_stored_image *top = &results->items[results->count - 1];
    attempt->reference.digest = scanned->digest;
    const struct tw_telling_subject subject = {.reference = &attempt->reference,
        .images = results->images,
        .verdicts = results->verdicts,
        .count = results->verdict_count,
        .decision = top->summary.decision};
    int r = tw_telling_make(&court, &subject, tw_clock_utc_ms(), &results->telling, err);
    top->telling = &results->telling;
    return r < 0 ? tw_err_wrap(err, r, "what is to be told") : 0;
}

// ---- the attempt ----

static int pull(struct tw_attempt *attempt, struct tw_scan_result *ret_result, struct tw_err *err)
{
    const struct tw_workers_options *o = attempt->options;
    struct tw_layer_cache cache = {.ctx = attempt, .get = get, .put = put, .release = release};
    struct tw_scan_progress progress = {
        .ctx = attempt, .bytes = add_bytes, .cancelled = is_cancelled};
    struct tw_scan_options options = {
        .limits = o->limits,
        .cage = o->cage,
        .whole_layers = o->whole_layers,
        .layers_at_once = o->layers_at_once,
        .layers_memory_bytes = o->layers_memory_bytes,
        .cache = &cache,
        .progress = &progress,
        .settle = tw_retry_settles(
            attempt->scan->attempts, attempt->scan->error_code, o->queue.max_attempts),
    };
    const struct tw_reference *reference = &attempt->reference;
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    int r = tw_reference_parse(attempt->scan->reference, &attempt->reference, err);
    if (r == 0)
        r = tw_registries_check(o->registries, reference->registry, err);
    if (r == 0)
        r = tw_registry_open(reference, o->registries, o->limits, &source, err);
    const struct tw_digest *digest =
        tw_digest_is_set(&reference->digest) ? &reference->digest : NULL;
    return r < 0 ? r : tw_scan_image(source, digest, &options, ret_result, err);
}

// What the push changes is told once it is stored; that it cannot be told harms nothing.
static void tell_drift(struct tw_attempt *attempt, const struct tw_digest *digest)
{
    const struct tw_workers_options *o = attempt->options;
    struct tw_push_drift drift;
    struct tw_err err = {0};
    int r = tw_push_drift(o->store, o->jury, o->limits, digest, &drift, &err);
    if (r == TW_E_NOT_FOUND)
        return;
    if (r == 0)
        tw_events_drift(o->events, digest, &drift.previous, attempt->scan->reference);
    const struct tw_log_field *about = TW_LOG_ABOUT(TW_LOG_TEXT("scan", attempt->scan->id),
        TW_LOG_TEXT("reference", attempt->scan->reference), TW_LOG_TEXT("digest", digest->text));
    if (r < 0)
        tw_log_about(TW_LOG_WARNING, about, "no comparison with the push before: %s", err.msg);
    else
        tw_log_about(TW_LOG_INFO, about,
            "against the push before: %u high, %u medium, %u other changes%s%s; GET "
            "/v1/images/%s/drift tells them",
            drift.counts[TW_HIGH] + drift.counts[TW_CRITICAL], drift.counts[TW_MEDIUM],
            drift.counts[TW_LOW] + drift.counts[TW_INFO], drift.worst[0] ? ", the worst is " : "",
            drift.worst, digest->text);
}

// Pushed under another name while it was scanned, or judged by a policy that is replaced by now.
static void look_again(struct tw_attempt *attempt, const struct results *results)
{
    char mark[TW_JURY_MARK_BYTES];
    tw_jury_mark(attempt->options->jury, mark);
    tw_rejudge_wake(attempt->options->rejudge, strcmp(mark, results->mark) != 0);
}

const char *const tw_completeness_words[TW_COMPLETENESS_WORDS] = {"complete", "partial", "failed"};
const char *const tw_decision_words[TW_DECISION_WORDS] = {"pass", "warn", "deny"};

static size_t index_of(const char *const *words, size_t count, const char *word)
{
    size_t i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static void count_images(struct tw_attempt *attempt, const struct results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct tw_image_summary *s = &results->items[i].summary;
        size_t c = index_of(tw_completeness_words, TW_COMPLETENESS_WORDS, s->completeness);
        size_t d = index_of(tw_decision_words, TW_DECISION_WORDS, s->decision);
        if (results->items[i].inventory_json && c < TW_COMPLETENESS_WORDS && d < TW_DECISION_WORDS)
            attempt->images[c][d]++;
    }
}

static void tell_stored(const struct tw_attempt *attempt, const struct results *results)
{
    const struct tw_workers_options *o = attempt->options;
    for (size_t i = 0; i < results->count; i++) {
        struct tw_image_summary image;
        const struct tw_digest *digest = &results->items[i].summary.digest;
        if (o->stored)
            o->stored(o->ctx, digest);
        if (o->events && tw_store_image_get(o->store, digest, &image, NULL) == 0)
            tw_events_image(o->events, &image, NULL); // with the place that it is known from
    }
}

int tw_attempt_run(struct tw_attempt *attempt, struct tw_err *err)
{
    TW_AUTO(tw_scan_result_done) struct tw_scan_result scanned = {0};
    TW_AUTO(results_done) struct results results = {0};
    int r = is_cancelled(attempt) ? tw_err_set(err, TW_E_INTERRUPTED, "asked to stop")
                                  : pull(attempt, &scanned, err);
    if (r == 0) {
        attempt->digest = scanned.digest;
        r = collect(attempt, &scanned, &results, err);
    }
    if (r == 0 && results.count > 0)
        r = add_telling(attempt, &scanned, &results, err);
    if (r == 0 && is_cancelled(attempt))
        r = tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
    if (r < 0)
        return r;
    r = tw_store_finish(attempt->options->store, attempt->scan->id, attempt->worker,
        &scanned.digest, results.items, results.count, tw_clock_utc_ms(), err);
    if (r == 0) {
        struct tw_scan done = *attempt->scan;
        done.digest = scanned.digest;
        tw_events_scan(attempt->options->events, &done, TW_SCAN_DONE, NULL);
        count_images(attempt, &results);
        tell_stored(attempt, &results);
        look_again(attempt, &results);
        tell_drift(attempt, &scanned.digest);
    }
    return r == TW_E_NOT_FOUND ? tw_err_set(err, TW_E_INTERRUPTED, "the lease was lost") : r;
}
