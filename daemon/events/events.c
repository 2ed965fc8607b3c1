#include "daemon/events/events.h"

#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

#include "daemon/clock/clock.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum { IDS_PER_MS = 1000 };

struct tw_events {
    pthread_mutex_t lock; // of what follows; nothing is waited for under it
    pthread_cond_t published;
    char *texts[TW_EVENTS_KEPT]; // whole events, by id; NULL: lost
    uint64_t first, last;        // ids that are there; first == last + 1: none yet
    bool closed;
};

int tw_events_new(int64_t now_ms, struct tw_events **ret_events, struct tw_err *err)
{
    struct tw_events *events = calloc(1, sizeof *events);
    if (!events)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    pthread_mutex_init(&events->lock, NULL);
    tw_clock_cond_init(&events->published);
    events->last = (uint64_t)(now_ms > 0 ? now_ms : 0) * IDS_PER_MS;
    events->first = events->last + 1;
    *ret_events = events;
    return 0;
}

void tw_events_free(struct tw_events *events)
{
    if (!events)
        return;
    for (size_t i = 0; i < TW_EVENTS_KEPT; i++)
        free(events->texts[i]);
    pthread_cond_destroy(&events->published);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

void tw_events_close(struct tw_events *events)
{
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    pthread_cond_broadcast(&events->published);
    pthread_mutex_unlock(&events->lock);
}

// ---- in ----

// Takes `data`. JSON without line feeds is one line of data, whatever it says.
static void publish(struct tw_events *events, const char *name, json_t *data)
{
    char *json = data ? json_dumps(data, JSON_COMPACT) : NULL;
    char *text = NULL, *old;
    json_decref(data);
    if (json && asprintf(&text, "event: %s\ndata: %s\n\n", name, json) < 0)
        text = NULL;
    free(json);
    pthread_mutex_lock(&events->lock);
    uint64_t id = ++events->last;
    old = events->texts[id % TW_EVENTS_KEPT];
    events->texts[id % TW_EVENTS_KEPT] = text;
    if (id - events->first >= TW_EVENTS_KEPT)
        events->first++;
    pthread_cond_broadcast(&events->published);
    pthread_mutex_unlock(&events->lock);
    free(old);
}

static json_t *time_json(void)
{
    char text[TW_TEXT_TIME_BYTES];
    tw_text_time(tw_clock_utc_ms(), text);
    return tw_json_text_or_null(text);
}

void tw_events_push(struct tw_events *events, const struct tw_scan *scan)
{
    if (events)
        publish(events, "push",
            json_pack("{s:o, s:o, s:o, s:o}", "at", time_json(), "reference",
                tw_json_text_or_null(scan->reference), "digest",
                tw_json_text_or_null(scan->digest.text), "scan", tw_json_text_or_null(scan->id)));
}

void tw_events_scan(struct tw_events *events, const struct tw_scan *scan, enum tw_scan_state state,
    const struct tw_err *why)
{
    if (!events)
        return;
    json_t *error = why ? json_pack("{s:s, s:o}", "code", tw_err_name(why->code), "message",
                              tw_json_text_or_null(why->msg))
                        : json_null();
    publish(events, "scan",
        json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "at", time_json(), "id",
            tw_json_text_or_null(scan->id), "reference", tw_json_text_or_null(scan->reference),
            "digest", tw_json_text_or_null(scan->digest.text), "state", tw_scan_state_name(state),
            "error", error));
}

void tw_events_image(
    struct tw_events *events, const struct tw_image_summary *image, const char *previous_decision)
{
    if (!events)
        return;
    json_t *counts = json_object();
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0 && counts; s--)
        json_object_set_new(
            counts, tw_severity_name((enum tw_severity)s), json_integer(image->counts[s]));
    publish(events, "image",
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "at", time_json(), "digest",
            tw_json_text_or_null(image->digest.text), "registry",
            tw_json_text_or_null(image->registry), "repository",
            tw_json_text_or_null(image->repository), "tag", tw_json_text_or_null(image->tag),
            "decision", tw_json_text_or_null(image->decision), "counts", counts,
            "previous_decision", tw_json_text_or_null(previous_decision)));
}

void tw_events_drift(struct tw_events *events, const struct tw_digest *digest,
    const struct tw_digest *previous, const char *reference)
{
    if (events)
        publish(events, "drift",
            json_pack("{s:o, s:o, s:o, s:o}", "at", time_json(), "digest",
                tw_json_text_or_null(digest->text), "previous",
                tw_json_text_or_null(previous->text), "reference",
                tw_json_text_or_null(reference)));
}

// ---- out ----

static int over(struct tw_err *err)
{
    return tw_err_set(err, TW_E_INTERRUPTED, "the daemon stops");
}

// Whether something between the two was lost: then the reader has to begin anew.
static bool is_whole(const struct tw_events *events, uint64_t after)
{
    if (after > events->last || after + 1 < events->first)
        return false;
    for (uint64_t id = after + 1; id <= events->last; id++) {
        if (!events->texts[id % TW_EVENTS_KEPT])
            return false;
    }
    return true;
}

static void write_from(struct tw_events *events, uint64_t *after, struct tw_buf *out)
{
    if (!is_whole(events, *after)) {
        tw_buf_printf(out, "id: %" PRIu64 "\nevent: reset\ndata: {}\n\n", events->last);
        *after = events->last;
    }
    for (; *after < events->last; (*after)++) {
        const char *text = events->texts[(*after + 1) % TW_EVENTS_KEPT];
        size_t before = out->size;
        tw_buf_printf(out, "id: %" PRIu64 "\n%s", *after + 1, text);
        if (out->status == TW_E_LIMIT && before > 0) { // the rest the next time
            out->size = before;
            out->data[before] = '\0';
            out->status = 0;
            return;
        }
        if (out->status < 0)
            return;
    }
}

int tw_events_read(struct tw_events *events, uint64_t *after, unsigned wait_ms, struct tw_buf *out,
    struct tw_err *err)
{
    struct timespec until = tw_clock_at(tw_clock_ms() + wait_ms);
    pthread_mutex_lock(&events->lock);
    if (*after == TW_EVENTS_FROM_NOW)
        *after = events->last;
    int r = 0;
    while (!events->closed && *after == events->last && r == 0)
        r = pthread_cond_timedwait(&events->published, &events->lock, &until);
    bool closed = events->closed;
    if (!closed && *after != events->last)
        write_from(events, after, out);
    pthread_mutex_unlock(&events->lock);
    if (closed)
        return over(err);
    return out->status < 0 ? tw_err_set(err, out->status, "no memory for events") : 0;
}
