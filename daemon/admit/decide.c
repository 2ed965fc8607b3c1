#include "daemon/admit/decide.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/clock/clock.h"

enum { ARENA_BYTES_MAX = 256 << 20 };

// Everything that an admission points to.
struct deciding {
    struct tw_admission admission;
    struct tw_arena *arena;
    struct tw_jury_admission words; // of the policy
    size_t count;                   // of containers
    struct tw_reference *references;
    struct tw_found *found;
    struct tw_verdict **verdicts;
    size_t *slots; // of the references that are asked for: which container
};

static void release(void *owner)
{
    struct deciding *d = owner;
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++) {
        if (d->verdicts)
            tw_verdict_free(d->verdicts[i]);
        if (d->found)
            tw_known_drop(d->found[i].known);
    }
    free(d->references);
    free(d->found);
    free(d->verdicts);
    free(d->slots);
    tw_arena_free(d->arena);
    free(d);
}

static struct deciding *deciding_new(const struct tw_pod *pod)
{
    struct deciding *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->count = pod->container_count;
    d->arena = tw_arena_new(ARENA_BYTES_MAX);
    d->references = calloc(d->count + 1, sizeof *d->references);
    d->found = calloc(d->count + 1, sizeof *d->found);
    d->verdicts = calloc(d->count + 1, sizeof(struct tw_verdict *));
    d->slots = calloc(d->count + 1, sizeof *d->slots);
    d->admission.items =
        d->arena ? tw_arena_alloc(d->arena, (d->count + 1) * sizeof *d->admission.items) : NULL;
    if (!d->references || !d->found || !d->verdicts || !d->slots || !d->admission.items) {
        release(d);
        return NULL;
    }
    return d;
}

// ---- looking up ----

static void unknown(struct deciding *d, struct tw_admitted *item, const char *reason)
{
    const char *copy = tw_arena_strdup(d->arena, reason);
    item->state = TW_IMAGE_UNKNOWN;
    item->reason = copy ? copy : "out of memory";
}

// Names that nobody has to look up are answered here; the number of others comes back.
static size_t name_all(struct deciding *d, const struct tw_decide_options *o,
    const struct tw_admission_question *question)
{
    size_t asked = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct tw_admitted *item = &d->admission.items[i];
        struct tw_err why = {0};
        item->container = &question->pod->containers[i];
        int r = tw_reference_parse(item->container->image, &d->references[asked], &why);
        if (r == 0)
            r = tw_registries_check(o->registries, d->references[asked].registry, &why);
        if (r < 0)
            unknown(d, item, why.msg);
        else
            d->slots[asked++] = i;
    }
    return asked;
}

static void take_found(struct deciding *d, size_t at)
{
    const struct tw_found *found = &d->found[at];
    struct tw_admitted *item = &d->admission.items[d->slots[at]];
    item->digest = found->digest;
    item->doubt = found->is_last_known ? "the registry does not answer; this digest is the last "
                                         "that the tag is known to have had"
                                       : NULL;
    if (found->state == TW_FOUND_KNOWN)
        return;
    unknown(d, item, found->why.msg);
    if (found->state == TW_FOUND_SCANNING)
        item->state = TW_IMAGE_SCANNING;
}

// ---- judging ----

// Whether the Pod could run there. An image that does not say runs anywhere.
static bool fits_platform(const struct tw_pod *pod, const struct tw_image_inventory *image)
{
    return (!pod->os || !image->os || strcmp(pod->os, image->os) == 0) &&
           (!pod->arch || !image->architecture || strcmp(pod->arch, image->architecture) == 0);
}

static bool is_worse(const struct tw_verdict *a, const struct tw_verdict *b)
{
    if (!b || a->decision != b->decision)
        return !b || a->decision > b->decision;
    for (int s = TW_CRITICAL; s >= TW_INFO; s--) {
        if (a->counts[s] != b->counts[s])
            return a->counts[s] > b->counts[s];
    }
    return false;
}

static int judge_one(struct deciding *d, const struct tw_decide_options *o,
    const struct tw_pod *pod, size_t at, const struct tw_image_inventory *image, struct tw_err *err)
{
    size_t slot = d->slots[at];
    struct tw_admitted *item = &d->admission.items[slot];
    struct tw_judge_options place = {.lang = TW_EN};
    TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
    struct tw_view view;
    int r = tw_view_make(image, item->container, &d->references[at], d->arena, &view, err);
    if (r < 0)
        return r;
    tw_view_place(&view, pod, item->container, &place);
    r = tw_jury_judge_in(o->jury, &view.image, &place, &verdict, err);
    if (image->binary_count > 0) { // else it is of no matter
        item->unknown = view.unknown;
        item->unknown_count = view.unknown_count;
    }
    if (r < 0 || !is_worse(verdict, d->verdicts[slot]))
        return r;
    tw_verdict_free(d->verdicts[slot]);
    item->verdict = d->verdicts[slot] = TW_TAKE(verdict);
    item->platform = image->os && image->architecture
                         ? tw_arena_printf(d->arena, "%s/%s", image->os, image->architecture)
                         : NULL;
    return 0;
}

static int judge(struct deciding *d, const struct tw_decide_options *o,
    const struct tw_admission_question *question, size_t at, struct tw_err *err)
{
    const struct tw_pod *pod = question->pod;
    const struct tw_loaded *loaded = tw_known_images(d->found[at].known);
    struct tw_admitted *item = &d->admission.items[d->slots[at]];
    int r = tw_clock_ms() < question->until_ms
                ? 0
                : tw_err_set(err, TW_E_BUSY, "the time was over before it was judged");
    for (size_t i = 0; i < loaded->count && r == 0; i++) {
        if (loaded->count == 1 || fits_platform(pod, loaded->images[i]))
            r = judge_one(d, o, pod, at, loaded->images[i], err);
    }
    if (loaded->count == 1)
        item->platform = NULL;
    if (r == 0 && !item->verdict)
        unknown(d, item, "the image has none for the platform that the Pod asks for");
    return r;
}

// ---- deciding ----

static enum tw_admit decide_one(
    const struct tw_admitted *item, const struct tw_admission_policy *modes)
{
    static const enum tw_admit of_verdict[] = {
        [TW_PASS] = TW_ADMIT_ALLOW, [TW_WARN] = TW_ADMIT_WARN, [TW_DENY] = TW_ADMIT_DENY};
    if (item->state == TW_IMAGE_JUDGED) {
        enum tw_admit decision = of_verdict[item->verdict->decision];
        return item->doubt && decision == TW_ADMIT_ALLOW ? TW_ADMIT_WARN : decision;
    }
    if (item->state == TW_IMAGE_SCANNING && modes->unscanned != TW_ADMIT_WAIT)
        return modes->unscanned == TW_ADMIT_DENY ? TW_ADMIT_DENY : TW_ADMIT_WARN;
    return modes->unknown;
}

static void decide_all(struct deciding *d, const char *trouble)
{
    struct tw_admission *admission = &d->admission;
    const struct tw_admission_policy *modes = &d->words.modes;
    admission->policy = d->words.policy;
    admission->is_enforced = modes->enforce;
    if (!trouble && d->words.trouble[0] && d->count > 0)
        trouble = d->words.trouble;
    admission->trouble = trouble;
    admission->decision = trouble ? modes->unknown : TW_ADMIT_ALLOW;
    admission->count = d->count;
    for (size_t i = 0; i < d->count; i++) {
        struct tw_admitted *item = &admission->items[i];
        item->decision = decide_one(item, modes);
        if (item->decision > admission->decision)
            admission->decision = item->decision;
    }
    if (!modes->enforce && admission->decision == TW_ADMIT_DENY)
        admission->decision = TW_ADMIT_WARN;
}

int tw_decide(const struct tw_decide_options *options, const struct tw_admission_question *question,
    struct tw_admission **ret_admission, struct tw_err *err)
{
    struct deciding *d = deciding_new(question->pod);
    if (!d)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    tw_jury_admission(options->jury, &d->words);
    const struct tw_lookup_wishes wishes = {
        .may_scan = !question->dry_run,
        .wait_for_scans = question->may_wait && d->words.modes.unscanned == TW_ADMIT_WAIT,
        .until_ms = question->until_ms,
    };
    size_t asked = name_all(d, options, question);
    tw_lookup_ask(options->lookup, d->references, asked, &wishes, d->found);
    for (size_t i = 0; i < asked; i++) {
        struct tw_err why = {0};
        take_found(d, i);
        if (d->found[i].known && judge(d, options, question, i, &why) < 0)
            unknown(d, &d->admission.items[d->slots[i]], why.msg);
    }
    decide_all(d, question->trouble);
    d->admission.owner = d;
    d->admission.release = release;
    *ret_admission = &d->admission;
    return 0;
}
