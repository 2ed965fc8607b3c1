#include "daemon/admit/lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/admit/entries.h"
#include "daemon/admit/resolve.h"
#include "daemon/clock/clock.h"

enum {
    THREADS = 4, // of each queue
    ENTRIES_MAX = 10000,
    FAILED_MS = 10000,      // a registry, the store: then it is asked again
    SCAN_FAILED_MS = 60000, // a scan that was given up
    CROWDED_MS = 1000,
    // Whoever may ask may name images without end.
    SCANS_MAX = 200,  // that wait to be scanned
    QUEUED_MAX = 256, // that are looked for, in each queue; more wait for their turn
    AT_ONCE = 8,      // of one question, so that others have their turn between
};

// A registry that hangs must not keep anybody from the store: tags and images queue apart.
enum queue_kind { TAGS, IMAGES, QUEUES };

struct queue {
    struct tw_lookup *lookup;
    struct tw_entry *first, **last;
    size_t length;
    pthread_cond_t work;
    pthread_t threads[THREADS];
    size_t thread_count;
};

struct tw_lookup {
    struct tw_lookup_options options;
    pthread_mutex_t lock; // of everything below; never held across I/O
    pthread_cond_t changed;
    struct tw_entries *entries;
    struct queue queues[QUEUES];
    unsigned waiters; // requests
    bool hurrying, stopping;
};

// ---- jobs ----

static struct queue *queue_of(struct tw_lookup *lookup, const struct tw_reference *reference)
{
    return &lookup->queues[tw_digest_is_set(&reference->digest) ? IMAGES : TAGS];
}

// Under the lock.
static void ask(struct tw_lookup *lookup, struct tw_entry *entry)
{
    struct queue *queue = queue_of(lookup, &entry->reference);
    tw_entries_set_state(lookup->entries, entry, TW_ENTRY_ASKED);
    entry->next_job = NULL;
    *queue->last = entry;
    queue->last = &entry->next_job;
    queue->length++;
    pthread_cond_signal(&queue->work);
}

struct finding { // what a job brings
    struct tw_err why;
    int result;
    struct tw_digest digest;
    bool is_last_push;
    struct tw_known *known;
    struct tw_scan scan;
    bool is_crowded; // nothing may be put on the queue now
    bool is_scanning;
};

static int load(
    const struct tw_lookup_options *o, const struct tw_entry *entry, struct finding *finding)
{
    return tw_known_load(
        o->store, o->limits, &entry->reference.digest, &finding->known, &finding->why);
}

// From the store; when it is not there, it is put on the queue.
static int find_image(
    const struct tw_lookup_options *o, const struct tw_entry *entry, struct finding *finding)
{
    bool is_new;
    const struct tw_push push = {.reference = entry->reference, .requested_by = "admission"};
    int r = load(o, entry, finding);
    if (r != TW_E_NOT_FOUND || !entry->may_scan)
        return r;
    if (finding->is_crowded)
        return tw_err_set(&finding->why, TW_E_BUSY,
            "it has not been scanned, and %d others that Pods asked for wait; ask again",
            SCANS_MAX);
    r = o->push(o->push_ctx, &push, &finding->scan, &is_new, &finding->why);
    if (r < 0)
        return r;
    finding->is_scanning = finding->scan.state != TW_SCAN_DONE;
    return finding->is_scanning ? 0 : load(o, entry, finding); // it ended a moment ago
}

static void apply_tag(struct tw_lookup *lookup, struct tw_entry *entry, struct finding *finding)
{
    bool failed = finding->result < 0;
    int64_t keep_ms =
        failed || finding->is_last_push ? FAILED_MS : (int64_t)lookup->options.tag_seconds * 1000;
    if (!failed)
        entry->digest = finding->digest;
    else if (finding->result == TW_E_NOT_FOUND)
        entry->digest = (struct tw_digest){0};
    // A registry that does not answer does not make us forget what it said before.
    bool is_old = failed && tw_digest_is_set(&entry->digest);
    entry->is_last_known = finding->is_last_push || is_old;
    tw_entries_set_state(
        lookup->entries, entry, failed && !is_old ? TW_ENTRY_FAILED : TW_ENTRY_READY);
    entry->why = finding->why;
    entry->until_ms = tw_clock_ms() + keep_ms;
}

static void apply_image(struct tw_lookup *lookup, struct tw_entry *entry, struct finding *finding)
{
    if (finding->known) {
        tw_entries_set_state(lookup->entries, entry, TW_ENTRY_READY);
        tw_entries_set_known(lookup->entries, entry, TW_TAKE(finding->known));
        return;
    }
    if (finding->is_scanning) {
        tw_entries_set_state(lookup->entries, entry, TW_ENTRY_SCANNING);
        memcpy(entry->scan_id, finding->scan.id, sizeof entry->scan_id);
        memset(&entry->why, 0, sizeof entry->why);
        return;
    }
    bool is_unscanned = finding->result == TW_E_NOT_FOUND;
    tw_entries_set_state(
        lookup->entries, entry, is_unscanned ? TW_ENTRY_UNSCANNED : TW_ENTRY_FAILED);
    entry->why = finding->why;
    entry->until_ms = tw_clock_ms() + (finding->result == TW_E_BUSY ? CROWDED_MS : FAILED_MS);
}

static struct tw_entry *take_job(struct queue *queue)
{
    while (!queue->first && !queue->lookup->stopping)
        pthread_cond_wait(&queue->work, &queue->lookup->lock);
    struct tw_entry *entry = queue->lookup->stopping ? NULL : queue->first;
    if (entry) {
        queue->first = entry->next_job;
        queue->length--;
    }
    if (!queue->first)
        queue->last = &queue->first;
    return entry;
}

static void do_job(struct tw_lookup *lookup, struct tw_entry *entry)
{
    struct tw_entry asked = *entry; // the entry itself may change under the lock only
    struct finding finding = {
        .is_crowded = tw_entries_count(lookup->entries, TW_ENTRY_SCANNING) >= SCANS_MAX};
    bool is_image = tw_digest_is_set(&asked.reference.digest);
    struct tw_lookup_options now = lookup->options;
    pthread_mutex_unlock(&lookup->lock);
    struct tw_held *held = now.current ? tw_current_hold(now.current) : NULL;
    if (held)
        now.registries = &held->settings->registries;
    if (is_image)
        finding.result = find_image(&now, &asked, &finding);
    else
        finding.result = tw_resolve(
            &now, &asked.reference, &finding.digest, &finding.is_last_push, &finding.why);
    tw_held_drop(held);
    pthread_mutex_lock(&lookup->lock);
    (is_image ? apply_image : apply_tag)(lookup, entry, &finding);
    tw_known_drop(finding.known);
    // What ended meanwhile may be newer than what was found.
    if (entry->ended != asked.ended)
        ask(lookup, entry);
    pthread_cond_broadcast(&lookup->changed);
}

static void *work(void *ctx)
{
    struct queue *queue = ctx;
    struct tw_entry *entry;
    pthread_mutex_lock(&queue->lookup->lock);
    while ((entry = take_job(queue)))
        do_job(queue->lookup, entry);
    pthread_mutex_unlock(&queue->lookup->lock);
    return NULL;
}

// ---- asking ----

static void answer_nothing(struct tw_found *found, int code, const char *why)
{
    found->state = TW_FOUND_NOTHING;
    tw_err_set(&found->why, code, "%s", why);
}

// How far one image is.
enum progress { LATER, LOOKED_FOR, NAMED, SCANNED, ANSWERED };

// The entry for a key, asked for when it has to be. NULL: *ret_progress is LATER or ANSWERED, with
// nothing.
static struct tw_entry *entry_for(struct tw_lookup *lookup, const char *key,
    const struct tw_reference *reference, bool may_scan, struct tw_found *found,
    enum progress *ret_progress)
{
    bool is_full = queue_of(lookup, reference)->length >= QUEUED_MAX;
    struct tw_entry *entry =
        is_full ? tw_entries_find(lookup->entries, key) : tw_entries_get(lookup->entries, key);
    *ret_progress = LATER;
    if (!entry && is_full)
        return NULL;
    if (!entry) {
        answer_nothing(found, TW_E_BUSY, "too many images are being looked for at once");
        *ret_progress = ANSWERED;
        return NULL;
    }
    bool is_over = entry->until_ms <= tw_clock_ms();
    bool is_due = entry->state == TW_ENTRY_NEW || (entry->state == TW_ENTRY_FAILED && is_over) ||
                  (entry->state == TW_ENTRY_UNSCANNED && (may_scan || is_over)) ||
                  (entry->state == TW_ENTRY_READY && !entry->known && is_over);
    if (is_due && is_full)
        return NULL;
    if (is_due) {
        entry->reference = *reference;
        entry->may_scan = may_scan;
        ask(lookup, entry);
    }
    return entry;
}

static void answer_failed(const struct tw_entry *entry, struct tw_found *found)
{
    found->state = TW_FOUND_NOTHING;
    found->why = entry->why;
}

// NAMED: found->digest is set.
static enum progress name(
    struct tw_lookup *lookup, const struct tw_reference *reference, struct tw_found *found)
{
    char key[TW_REFERENCE_TEXT_MAX + 1];
    enum progress progress;
    if (tw_digest_is_set(&reference->digest)) {
        found->digest = reference->digest;
        return NAMED;
    }
    tw_reference_format(reference, key);
    const struct tw_entry *entry = entry_for(lookup, key, reference, false, found, &progress);
    if (!entry)
        return progress;
    if (entry->state == TW_ENTRY_FAILED) {
        answer_failed(entry, found);
        return ANSWERED;
    }
    if (entry->state != TW_ENTRY_READY)
        return LOOKED_FOR;
    found->digest = entry->digest;
    found->is_last_known = entry->is_last_known;
    return NAMED;
}

static void answer_scanning(const struct tw_entry *entry, struct tw_found *found)
{
    found->state = TW_FOUND_SCANNING;
    if (entry->state == TW_ENTRY_UNSCANNED)
        tw_err_set(&found->why, TW_E_NOT_FOUND, "it has not been scanned");
    else if (entry->why.code)
        tw_err_set(&found->why, entry->why.code, "it is being scanned; the last try: %.400s",
            entry->why.msg);
    else
        tw_err_set(&found->why, TW_E_NOT_FOUND, "it is being scanned (scan %s)", entry->scan_id);
}

// Under the lock.
static enum progress try(struct tw_lookup *lookup, const struct tw_reference *reference,
    const struct tw_lookup_wishes *wishes, struct tw_found *found)
{
    enum progress progress = name(lookup, reference, found);
    if (progress != NAMED)
        return progress;
    struct tw_reference exact = *reference;
    exact.digest = found->digest;
    // What a tag points to is the registry's to say, now: what is queued with it moves it.
    if (tw_digest_is_set(&reference->digest) || found->is_last_known)
        exact.tag[0] = '\0';
    struct tw_entry *entry =
        entry_for(lookup, found->digest.text, &exact, wishes->may_scan, found, &progress);
    if (!entry)
        return progress;
    switch (entry->state) {
    case TW_ENTRY_READY:
        found->state = TW_FOUND_KNOWN;
        found->known = tw_known_hold(entry->known);
        return ANSWERED;
    case TW_ENTRY_FAILED:
        answer_failed(entry, found);
        return ANSWERED;
    case TW_ENTRY_SCANNING:
        if (wishes->wait_for_scans)
            return SCANNED;
        answer_scanning(entry, found);
        return ANSWERED;
    case TW_ENTRY_UNSCANNED:
        answer_scanning(entry, found);
        return ANSWERED;
    case TW_ENTRY_NEW:
    case TW_ENTRY_ASKED:
        break;
    }
    return LOOKED_FOR;
}

// The digest that the tag had when it was last asked for.
static void use_last_known(
    struct tw_lookup *lookup, const struct tw_reference *reference, struct tw_found *found)
{
    char key[TW_REFERENCE_TEXT_MAX + 1];
    tw_reference_format(reference, key);
    const struct tw_entry *entry = tw_entries_find(lookup->entries, key);
    if (!entry || !tw_digest_is_set(&entry->digest))
        return;
    found->digest = entry->digest;
    found->is_last_known = true;
}

// The time is over.
static void give_up(struct tw_lookup *lookup, const struct tw_reference *reference,
    enum progress progress, struct tw_found *found)
{
    found->digest = tw_digest_is_set(&found->digest) ? found->digest : reference->digest;
    if (!tw_digest_is_set(&found->digest))
        use_last_known(lookup, reference, found);
    struct tw_entry *entry = tw_digest_is_set(&found->digest)
                                 ? tw_entries_find(lookup->entries, found->digest.text)
                                 : NULL;
    if (entry && entry->state == TW_ENTRY_READY) {
        found->state = TW_FOUND_KNOWN;
        found->known = tw_known_hold(entry->known);
    } else if (entry && entry->state == TW_ENTRY_SCANNING) {
        answer_scanning(entry, found);
    } else if (lookup->hurrying) {
        answer_nothing(found, TW_E_INTERRUPTED, "tidewaiter is being stopped; ask again");
    } else if (progress == LATER) {
        answer_nothing(found, TW_E_BUSY, "the time was over before its turn came; ask again");
    } else if (entry) {
        answer_nothing(found, TW_E_STORE, "the store does not answer in time");
    } else {
        answer_nothing(found, TW_E_UNAVAILABLE, "the registry does not answer in time");
    }
}

// Returns how many were answered; when the time is over, all that were open.
static size_t look_at_all(struct tw_lookup *lookup, const struct tw_reference *references,
    size_t count, const struct tw_lookup_wishes *wishes, bool in_time, struct tw_found *found)
{
    size_t answered = 0, looked_for = 0;
    for (size_t i = 0; i < count; i++) {
        if (found[i].state != TW_FOUND_OPEN)
            continue;
        enum progress progress =
            looked_for < AT_ONCE ? try(lookup, &references[i], wishes, &found[i]) : LATER;
        if (progress != ANSWERED && !in_time)
            give_up(lookup, &references[i], progress, &found[i]);
        answered += progress == ANSWERED || !in_time;
        looked_for += progress == LOOKED_FOR || progress == LATER;
    }
    return answered;
}

void tw_lookup_ask(struct tw_lookup *lookup, const struct tw_reference *references, size_t count,
    const struct tw_lookup_wishes *asked, struct tw_found *found)
{
    struct tw_lookup_wishes wishes = *asked;
    struct timespec until = tw_clock_at(asked->until_ms);
    bool in_time = true, is_waiter = false;
    size_t open = count;
    for (size_t i = 0; i < count; i++)
        found[i] = (struct tw_found){.state = TW_FOUND_OPEN};
    pthread_mutex_lock(&lookup->lock);
    while (open > 0) {
        in_time = in_time && !lookup->hurrying;
        open -= look_at_all(lookup, references, count, &wishes, in_time, found);
        if (open > 0 && wishes.wait_for_scans && !is_waiter) {
            is_waiter = lookup->waiters < lookup->options.waiters_max;
            lookup->waiters += is_waiter;
            wishes.wait_for_scans = is_waiter;
            if (!is_waiter)
                continue;
        }
        if (open > 0 &&
            pthread_cond_timedwait(&lookup->changed, &lookup->lock, &until) == ETIMEDOUT)
            in_time = false;
    }
    lookup->waiters -= is_waiter;
    pthread_mutex_unlock(&lookup->lock);
}

// ---- what others find out ----

// Looked for again. Under the lock.
static void look_again(struct tw_lookup *lookup, struct tw_entry *entry)
{
    entry->ended++;
    if (entry->state != TW_ENTRY_ASKED)
        ask(lookup, entry);
}

void tw_lookup_stored(struct tw_lookup *lookup, const struct tw_digest *digest)
{
    pthread_mutex_lock(&lookup->lock);
    struct tw_entry *entry = tw_entries_find(lookup->entries, digest->text);
    if (entry && entry->state != TW_ENTRY_NEW) {
        tw_entries_set_known(lookup->entries, entry, NULL);
        look_again(lookup, entry);
    }
    pthread_mutex_unlock(&lookup->lock);
}

void tw_lookup_failed(
    struct tw_lookup *lookup, const char *scan_id, const struct tw_err *why, bool again)
{
    pthread_mutex_lock(&lookup->lock);
    struct tw_entry *entry = tw_entries_of_scan(lookup->entries, scan_id);
    if (entry && entry->state == TW_ENTRY_SCANNING) {
        entry->why = *why;
        tw_entries_set_state(lookup->entries, entry, again ? TW_ENTRY_SCANNING : TW_ENTRY_FAILED);
        entry->until_ms = tw_clock_ms() + SCAN_FAILED_MS;
        pthread_cond_broadcast(&lookup->changed);
    }
    pthread_mutex_unlock(&lookup->lock);
}

void tw_lookup_pushed(struct tw_lookup *lookup, const struct tw_reference *reference)
{
    char key[TW_REFERENCE_TEXT_MAX + 1];
    struct tw_reference by_tag = *reference;
    if (!reference->tag[0])
        return;
    by_tag.digest = (struct tw_digest){0};
    tw_reference_format(&by_tag, key);
    pthread_mutex_lock(&lookup->lock);
    struct tw_entry *entry = tw_entries_find(lookup->entries, key);
    if (entry)
        entry->until_ms = 0;
    pthread_mutex_unlock(&lookup->lock);
}

// ---- starting and stopping ----

static int start_threads(struct queue *queue)
{
    int e = 0;
    for (size_t i = 0; i < THREADS && e == 0; i++) {
        e = pthread_create(&queue->threads[i], NULL, work, queue);
        queue->thread_count += e == 0;
    }
    return e;
}

static void init(struct tw_lookup *lookup)
{
    pthread_mutex_init(&lookup->lock, NULL);
    tw_clock_cond_init(&lookup->changed);
    for (size_t q = 0; q < QUEUES; q++) {
        struct queue *queue = &lookup->queues[q];
        queue->lookup = lookup;
        queue->last = &queue->first;
        pthread_cond_init(&queue->work, NULL);
    }
}

int tw_lookup_start(
    const struct tw_lookup_options *options, struct tw_lookup **ret_lookup, struct tw_err *err)
{
    struct tw_lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    lookup->options = *options;
    init(lookup);
    lookup->entries = tw_entries_new(ENTRIES_MAX, options->memory_bytes);
    int e = lookup->entries ? 0 : ENOMEM;
    for (size_t q = 0; q < QUEUES && e == 0; q++)
        e = start_threads(&lookup->queues[q]);
    if (e != 0) {
        tw_lookup_stop(lookup);
        tw_lookup_free(lookup);
        return tw_err_set(err, TW_E_IO, "threads for admission: %s", strerror(e));
    }
    *ret_lookup = lookup;
    return 0;
}

void tw_lookup_tune(struct tw_lookup *lookup, const struct tw_lookup_options *options)
{
    pthread_mutex_lock(&lookup->lock);
    lookup->options.tag_seconds = options->tag_seconds;
    lookup->options.patience_s = options->patience_s;
    lookup->options.waiters_max = options->waiters_max;
    tw_entries_set_max_bytes(lookup->entries, options->memory_bytes);
    pthread_mutex_unlock(&lookup->lock);
}

void tw_lookup_hurry(struct tw_lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    lookup->hurrying = true;
    pthread_cond_broadcast(&lookup->changed);
    pthread_mutex_unlock(&lookup->lock);
}

void tw_lookup_stop(struct tw_lookup *lookup)
{
    if (!lookup)
        return;
    pthread_mutex_lock(&lookup->lock);
    lookup->stopping = true;
    for (size_t q = 0; q < QUEUES; q++)
        pthread_cond_broadcast(&lookup->queues[q].work);
    pthread_mutex_unlock(&lookup->lock);
    for (size_t q = 0; q < QUEUES; q++) {
        for (size_t i = 0; i < lookup->queues[q].thread_count; i++)
            pthread_join(lookup->queues[q].threads[i], NULL);
    }
}

void tw_lookup_free(struct tw_lookup *lookup)
{
    if (!lookup)
        return;
    for (size_t q = 0; q < QUEUES; q++)
        pthread_cond_destroy(&lookup->queues[q].work);
    tw_entries_free(lookup->entries);
    pthread_cond_destroy(&lookup->changed);
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}
