#include "scanner/rules/compare.h"

#include <string.h>

#include "scanner/rules/drift.h"
#include "scanner/rules/weigh.h"

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool same_arch(const struct tw_image_binary *a, const struct tw_image_binary *b)
{
    return (!a->bin->arch && !b->bin->arch) || same_text(a->bin->arch, b->bin->arch);
}

// The one program with that main package, when there is just one.
static const struct tw_image_binary *only_with_main(
    const struct tw_image_inventory *image, const struct tw_image_binary *binary)
{
    const struct tw_image_binary *found = NULL;
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *b = &image->binaries[i];
        if (!b->bin->is_go || !same_text(b->bin->main_path, binary->bin->main_path) ||
            !same_arch(b, binary))
            continue;
        if (found)
            return NULL;
        found = b;
    }
    return found;
}

const struct tw_image_binary *tw_compare_partner(
    const struct tw_image_inventory *image, const struct tw_image_binary *binary)
{
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *b = &image->binaries[i];
        if (b->bin->is_go && strcmp(b->path, binary->path) == 0 && same_arch(b, binary))
            return b;
    }
    return only_with_main(image, binary);
}

bool tw_verdict_has(const struct tw_verdict *verdict, const char *fingerprint)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        if (strcmp(verdict->findings[i].fingerprint, fingerprint) == 0)
            return true;
    }
    return false;
}

static int judge_drift(const struct tw_image_inventory *from, const struct tw_image_inventory *to,
    const struct tw_judge_options *options, struct tw_verdict **ret_drift, struct tw_err *err)
{
    struct tw_judging before, after;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = NULL;
    int r = tw_judging_begin(from, options, &arena, &before, err);
    if (r < 0)
        return r;
    r = tw_judging_begin(to, options, &arena, &after, err);
    if (r < 0)
        return r;
    tw_drift(&before, &after);
    return tw_judging_end(&after, &arena, ret_drift, err);
}

int tw_compare(const struct tw_image_inventory *from, const struct tw_image_inventory *to,
    const struct tw_judge_options *options, struct tw_comparison *ret_comparison,
    struct tw_err *err)
{
    TW_AUTO(tw_comparison_done) struct tw_comparison c = {.from = from, .to = to};
    int r = tw_judge(from, options, &c.before, err);
    if (r == 0)
        r = tw_judge(to, options, &c.after, err);
    if (r == 0)
        r = judge_drift(from, to, options, &c.drift, err);
    if (r < 0)
        return r;
    *ret_comparison = c;
    c = (struct tw_comparison){0};
    return 0;
}

void tw_comparison_done(struct tw_comparison *comparison)
{
    tw_verdict_free(comparison->drift);
    tw_verdict_free(comparison->before);
    tw_verdict_free(comparison->after);
}

static bool may_be_same(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) == 0;
}

static bool same_platform(const struct tw_image_inventory *a, const struct tw_image_inventory *b)
{
    return may_be_same(a->os, b->os) && may_be_same(a->architecture, b->architecture) &&
           may_be_same(a->variant, b->variant);
}

int tw_compare_all(const struct tw_compare_side *from, const struct tw_compare_side *to,
    const struct tw_judge_options *options, struct tw_comparisons *ret_comparisons,
    struct tw_err *err)
{
    TW_AUTO(tw_comparisons_done) struct tw_comparisons all = {0};
    all.items = calloc(to->count + 1, sizeof *all.items);
    if (!all.items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t t = 0; t < to->count; t++) {
        size_t f = 0;
        while (f < from->count && !same_platform(from->images[f], to->images[t]))
            f++;
        if (f == from->count)
            continue;
        int r = tw_compare(from->images[f], to->images[t], options, &all.items[all.count], err);
        if (r < 0)
            return r;
        all.count++;
    }
    if (all.count == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "the two have no platform in common");
    *ret_comparisons = all;
    all = (struct tw_comparisons){0};
    return 0;
}

void tw_comparisons_done(struct tw_comparisons *all)
{
    for (size_t i = 0; i < all->count; i++)
        tw_comparison_done(&all->items[i]);
    free(all->items);
}
