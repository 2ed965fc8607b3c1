#include "daemon/judge/telling.h"

#include <stdio.h>
#include <string.h>

#include "daemon/judge/loaded.h"
#include "daemon/log/log.h"
#include "daemon/notify/event.h"
#include "scanner/base/hmac.h"
#include "scanner/base/text.h"
#include "scanner/image/platform.h"

enum {
    PRINT_BYTES = TW_TOLD_FINDING_BYTES - 1,
    ARENA_BYTES_MAX = 16 << 20,
    UNION_BYTES_MAX = 4 * TW_TOLD_BYTES_MAX, // before findings that are there twice are one
};

// ---- sets of findings: 17 bytes each, in order of fingerprint, the worst severity of each ----

static int by_print(const void *a, const void *b)
{
    int order = memcmp(a, b, PRINT_BYTES);
    const uint8_t *x = a, *y = b;
    return order ? order : y[PRINT_BYTES] - x[PRINT_BYTES];
}

static int add(struct tw_buf *set, const struct tw_finding *finding)
{
    uint8_t item[TW_TOLD_FINDING_BYTES];
    if (finding->waiver_until ||
        !tw_hex_decode(tw_span_str(finding->fingerprint), item, PRINT_BYTES))
        return 0;
    item[PRINT_BYTES] = (uint8_t)finding->severity;
    return tw_buf_append(set, item, sizeof item);
}

static void sort(struct tw_buf *set)
{
    size_t count = set->size / TW_TOLD_FINDING_BYTES, kept = 0;
    char *items = set->data;
    if (count == 0)
        return;
    qsort(items, count, TW_TOLD_FINDING_BYTES, by_print);
    for (size_t i = 0; i < count; i++) {
        char *item = items + i * TW_TOLD_FINDING_BYTES;
        char *last = items + (kept - 1) * TW_TOLD_FINDING_BYTES;
        if (kept > 0 && memcmp(last, item, PRINT_BYTES) == 0)
            continue;
        memmove(items + kept++ * TW_TOLD_FINDING_BYTES, item, TW_TOLD_FINDING_BYTES);
    }
    set->size = kept * TW_TOLD_FINDING_BYTES;
}

// What was told and what is found now. When that is more than is kept, some are forgotten, and may
// be told again when the image is judged anew; its results do not wait for that.
static int unite(const struct tw_telling_subject *subject, const struct tw_buf *told,
    struct tw_buf *ret_set, struct tw_err *err)
{
    struct tw_buf set = TW_BUF(UNION_BYTES_MAX);
    if (told->size > 0)
        tw_buf_append(&set, told->data, told->size);
    for (size_t i = 0; i < subject->count; i++) {
        const struct tw_verdict *verdict = subject->verdicts[i];
        for (size_t k = 0; k < verdict->finding_count && set.status == 0; k++)
            add(&set, &verdict->findings[k]);
    }
    sort(&set);
    if (set.status == TW_E_LIMIT || set.size > TW_TOLD_BYTES_MAX) {
        tw_log(TW_LOG_WARNING, "%s: more findings than are remembered; some may be told again",
            subject->reference->digest.text);
        set.status = 0;
        set.size = set.size < TW_TOLD_BYTES_MAX ? set.size : TW_TOLD_BYTES_MAX;
    }
    *ret_set = set;
    return set.status < 0 ? tw_err_set(err, set.status, "out of memory") : 0;
}

// Whether the finding is there, and not less severe.
static bool has(const struct tw_buf *set, const struct tw_finding *finding)
{
    uint8_t item[TW_TOLD_FINDING_BYTES];
    if (!tw_hex_decode(tw_span_str(finding->fingerprint), item, PRINT_BYTES))
        return false;
    size_t low = 0, high = set->size / TW_TOLD_FINDING_BYTES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const uint8_t *at = (const uint8_t *)set->data + middle * TW_TOLD_FINDING_BYTES;
        int order = memcmp(at, item, PRINT_BYTES);
        if (order == 0)
            return at[PRINT_BYTES] >= (uint8_t)finding->severity;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

// ---- events ----

struct writing {
    const struct tw_telling_court *court;
    const struct tw_telling_subject *subject;
    struct tw_telling *telling;
    struct tw_arena *arena;
    struct tw_buf before; // findings of the image that the tag pointed to
    char previous[TW_DIGEST_TEXT_MAX + 1];
};

static const char *cut(struct tw_arena *arena, const char *text)
{
    size_t size = tw_text_cut(tw_span_str(text), TW_EVENT_MESSAGE_BYTES_MAX);
    return tw_arena_strndup(arena, text, size);
}

static const struct tw_finding *find(const struct tw_verdict *verdict, const char *fingerprint)
{
    for (size_t i = 0; verdict && i < verdict->finding_count; i++) {
        if (strcmp(verdict->findings[i].fingerprint, fingerprint) == 0)
            return &verdict->findings[i];
    }
    return NULL;
}

// One finding of the event. Findings of several platforms are one when they say the same.
static int put(struct writing *w, struct tw_event *event, const struct tw_image_inventory *image,
    const struct tw_finding *finding, const struct tw_verdict *chinese)
{
    for (size_t i = 0; i < event->count; i++) {
        if (strcmp(event->findings[i].fingerprint, finding->fingerprint) == 0)
            return 0;
    }
    if (event->count == TW_EVENT_FINDINGS_MAX) {
        event->more[finding->severity]++;
        return 0;
    }
    struct tw_event_finding *f = tw_arena_push(w->arena, &event->findings, &event->count);
    if (!f)
        return TW_E_NOMEM;
    const struct tw_finding *other = find(chinese, finding->fingerprint);
    char platform[TW_PLATFORM_TEXT_MAX + 1] = "";
    if (image->os || image->architecture)
        tw_platform_format(image->os, image->architecture, image->variant, platform);
    f->rule = finding->rule->id;
    f->severity = finding->severity;
    f->platform = platform[0] ? tw_arena_strdup(w->arena, platform) : NULL;
    f->binary = finding->binary ? cut(w->arena, finding->binary) : NULL;
    f->fingerprint = tw_arena_strdup(w->arena, finding->fingerprint);
    f->message[TW_EN] = cut(w->arena, finding->message);
    f->message[TW_ZH] = cut(w->arena, other ? other->message : finding->message);
    return f->fingerprint && f->message[TW_EN] && f->message[TW_ZH] &&
                   !f->binary == !finding->binary
               ? 0
               : TW_E_NOMEM;
}

static struct tw_event begin(const struct writing *w, enum tw_event_kind kind)
{
    const struct tw_reference *reference = w->subject->reference;
    return (struct tw_event){.kind = kind,
        .registry = reference->registry,
        .repository = reference->repository,
        .tag = reference->tag,
        .digest = reference->digest.text,
        .previous = w->previous[0] ? w->previous : NULL,
        .decision = w->subject->decision};
}

static int end(struct writing *w, const struct tw_event *event, struct tw_err *err)
{
    struct tw_notice_text notice = {
        .kind = tw_event_names[event->kind], .json = TW_BUF(TW_EVENT_BYTES_MAX)};
    int r = tw_event_write(event, &notice.json, err);
    if (r < 0)
        tw_buf_done(&notice.json);
    else
        w->telling->notices[w->telling->count++] = notice;
    return r;
}

// Worst first, over all platforms: verdicts have their findings in that order each.
static int put_new(struct writing *w, struct tw_event *event, const struct tw_buf *known,
    struct tw_verdict *const *chinese)
{
    const struct tw_telling_subject *s = w->subject;
    for (int severity = TW_CRITICAL; severity >= TW_INFO; severity--) {
        for (size_t i = 0; i < s->count; i++) {
            for (size_t k = 0; k < s->verdicts[i]->finding_count; k++) {
                const struct tw_finding *f = &s->verdicts[i]->findings[k];
                if ((int)f->severity != severity || f->waiver_until || has(known, f) ||
                    has(&w->before, f))
                    continue;
                if (put(w, event, s->images[i], f, chinese[i]) < 0)
                    return TW_E_NOMEM;
            }
        }
    }
    return 0;
}

static bool is_new(const struct writing *w, const struct tw_buf *known)
{
    const struct tw_telling_subject *s = w->subject;
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->verdicts[i]->finding_count; k++) {
            const struct tw_finding *f = &s->verdicts[i]->findings[k];
            if (!f->waiver_until && !has(known, f) && !has(&w->before, f))
                return true;
        }
    }
    return false;
}

static void verdicts_free(struct tw_verdict **verdicts, size_t count)
{
    for (size_t i = 0; verdicts && i < count; i++)
        tw_verdict_free(verdicts[i]);
    free(verdicts);
}

static int tell_findings(struct writing *w, const struct tw_buf *known, struct tw_err *err)
{
    const struct tw_telling_subject *s = w->subject;
    if (!is_new(w, known))
        return 0;
    struct tw_verdict **chinese = calloc(s->count + 1, sizeof(struct tw_verdict *));
    if (!chinese)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_event event = begin(w, TW_EVENT_FINDINGS);
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->count; i++)
        r = tw_jury_judge(w->court->jury, s->images[i], TW_ZH, &chinese[i], NULL, err);
    if (r == 0 && put_new(w, &event, known, chinese) < 0)
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (r == 0)
        r = end(w, &event, err);
    verdicts_free(chinese, s->count);
    return r;
}

// ---- against the image before ----

static int put_drift(struct writing *w, struct tw_event *event,
    const struct tw_comparisons *english, const struct tw_comparisons *chinese)
{
    for (int severity = TW_CRITICAL; severity >= TW_INFO; severity--) {
        for (size_t i = 0; i < english->count; i++) {
            const struct tw_verdict *drift = english->items[i].drift;
            for (size_t k = 0; k < drift->finding_count; k++) {
                const struct tw_finding *f = &drift->findings[k];
                if ((int)f->severity == severity && !f->waiver_until &&
                    put(w, event, english->items[i].to, f,
                        i < chinese->count ? chinese->items[i].drift : NULL) < 0)
                    return TW_E_NOMEM;
            }
        }
    }
    return 0;
}

static int compare(struct writing *w, const struct tw_loaded *from, struct tw_err *err)
{
    const struct tw_telling_subject *s = w->subject;
    const struct tw_compare_side before = {from->images, from->count};
    const struct tw_compare_side after = {s->images, s->count};
    TW_AUTO(tw_comparisons_done) struct tw_comparisons english = {0};
    TW_AUTO(tw_comparisons_done) struct tw_comparisons chinese = {0};
    int r = tw_jury_compare(w->court->jury, &before, &after, TW_EN, &english, err);
    if (r == 0)
        r = tw_jury_compare(w->court->jury, &before, &after, TW_ZH, &chinese, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < english.count; i++) {
        for (size_t k = 0; k < english.items[i].before->finding_count; k++)
            add(&w->before, &english.items[i].before->findings[k]);
    }
    sort(&w->before);
    struct tw_event event = begin(w, TW_EVENT_DRIFT);
    r = put_drift(w, &event, &english, &chinese);
    if (r < 0 || w->before.status < 0)
        return tw_err_set(err, r < 0 ? r : w->before.status, "the findings before do not fit");
    return event.count > 0 ? end(w, &event, err) : 0;
}

// That there is nothing to compare with is no failure, nor that it cannot be read: then all is new.
static int look_back(struct writing *w, struct tw_err *err)
{
    struct tw_digest previous;
    struct tw_err why = {0};
    TW_AUTO(tw_loaded_done) struct tw_loaded from = {0};
    int r = tw_store_tag_before(w->court->store, w->subject->reference, &previous, &why);
    if (r == 0)
        r = tw_loaded_read(w->court->store, w->court->limits, &previous, &from, &why);
    if (r == 0) {
        memcpy(w->previous, previous.text, sizeof w->previous);
        r = compare(w, &from, &why);
    }
    if (r == TW_E_NOMEM || r == TW_E_STORE)
        return tw_err_set(err, r, "%s", why.msg);
    if (r < 0 && r != TW_E_NOT_FOUND)
        tw_log(TW_LOG_WARNING, "%s: no comparison with the push before: %s",
            w->subject->reference->digest.text, why.msg);
    return 0;
}

// ---- all of it ----

// Of an image from before anything was told, only what happens to its tag is news.
static int write_notices(struct writing *w, const struct tw_told *told, struct tw_err *err)
{
    static const struct tw_buf nothing = {0};
    bool is_old = told->state == TW_TOLD_BEFORE;
    if (!tw_store_is_telling(w->court->store) || (is_old && !told->has_moved))
        return 0;
    w->arena = tw_arena_new(ARENA_BYTES_MAX);
    if (!w->arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = told->state == TW_TOLD_NEVER || told->has_moved ? look_back(w, err) : 0;
    if (r < 0 || is_old)
        return r;
    return tell_findings(w, told->state == TW_TOLD ? &told->findings : &nothing, err);
}

static int make(const struct tw_telling_court *court, const struct tw_telling_subject *subject,
    const struct tw_told *told, struct tw_telling *telling, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf set = {0};
    int r = unite(subject, &told->findings, &set, err);
    if (r < 0)
        return r;
    bool is_same = told->state == TW_TOLD && !told->has_moved && set.size == told->findings.size &&
                   (set.size == 0 || memcmp(set.data, told->findings.data, set.size) == 0);
    if (is_same)
        return 0;
    struct writing w = {.court = court,
        .subject = subject,
        .telling = telling,
        .before = TW_BUF(TW_TOLD_BYTES_MAX)};
    r = write_notices(&w, told, err);
    if (r == TW_E_LIMIT) { // an image does not keep its results from being stored
        tw_log(TW_LOG_ERROR, "%s: nobody is told of its findings: %s",
            subject->reference->digest.text, err->msg);
        r = 0;
    }
    tw_buf_done(&w.before);
    tw_arena_free(w.arena);
    if (r < 0)
        return r;
    telling->findings = set;
    set = (struct tw_buf){0};
    telling->is_set = true;
    return 0;
}

int tw_telling_make(const struct tw_telling_court *court, const struct tw_telling_subject *subject,
    int64_t now_ms, struct tw_telling *ret_telling, struct tw_err *err)
{
    struct tw_told told = {0};
    *ret_telling = (struct tw_telling){0};
    if (subject->reference->tag[0] == '\0')
        return 0;
    int r = tw_store_told_get(court->store, subject->reference, &told, err);
    if (r < 0)
        return r;
    struct tw_telling telling = {
        .reference = *subject->reference, .generation = told.generation, .now_ms = now_ms};
    r = make(court, subject, &told, &telling, err);
    tw_told_done(&told);
    if (r < 0)
        tw_telling_done(&telling);
    else
        *ret_telling = telling;
    return r;
}
