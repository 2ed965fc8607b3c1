#include "scanner/report/naming.h"

#include <string.h>

static bool has(const char *text)
{
    return text && *text;
}

char *tw_report_platform(struct tw_arena *arena, const struct tw_image_inventory *image)
{
    if (!has(image->os))
        return NULL;
    return tw_arena_printf(arena, "%s/%s%s%s", image->os,
        has(image->architecture) ? image->architecture : "unknown", has(image->variant) ? "/" : "",
        has(image->variant) ? image->variant : "");
}

const char *tw_report_name(const struct tw_report_set *set, const struct tw_image_inventory *image)
{
    return has(image->reference) ? image->reference
           : has(set->reference) ? set->reference
                                 : "image";
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_series(const struct tw_image_inventory *a, const struct tw_image_inventory *b)
{
    return same(a->registry, b->registry) && same(a->repository, b->repository) &&
           same(a->os, b->os) && same(a->architecture, b->architecture) &&
           same(a->variant, b->variant);
}

// How many images of the set before this one would be called the same.
static size_t twins_before(const struct tw_report_set *set, size_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < index; i++)
        n += same_series(set->reports[i].image, set->reports[index].image);
    return n;
}

char *tw_report_title(struct tw_arena *arena, const struct tw_report_set *set, size_t index)
{
    const struct tw_image_inventory *image = set->reports[index].image;
    const char *platform = tw_report_platform(arena, image);
    size_t twins = twins_before(set, index);
    char *title = tw_arena_printf(
        arena, "%s%s%s", tw_report_name(set, image), platform ? " " : "", platform ? platform : "");
    return title && twins > 0 ? tw_arena_printf(arena, "%s (%zu)", title, twins + 1) : title;
}

char *tw_report_series(struct tw_arena *arena, const struct tw_report_set *set, size_t index)
{
    const struct tw_image_inventory *image = set->reports[index].image;
    const char *platform = tw_report_platform(arena, image);
    size_t twins = twins_before(set, index);
    char *name =
        tw_arena_printf(arena, "tidewaiter/%s%s%s%s%s", has(image->registry) ? image->registry : "",
            has(image->registry) ? "/" : "", has(image->repository) ? image->repository : "image",
            platform ? "/" : "", platform ? platform : "");
    return name && twins > 0 ? tw_arena_printf(arena, "%s/%zu", name, twins + 1) : name;
}
