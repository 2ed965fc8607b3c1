// Modules of a program, before and after: TW604.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/rules/drift.h"

enum { NAMES_SHOWN = 6 };

enum change { ADDED, REMOVED, UP, DOWN, CHANGES };

static const enum tw_message_id messages[CHANGES] = {
    [ADDED] = TW_SAY_MODULES_ADDED,
    [REMOVED] = TW_SAY_MODULES_REMOVED,
    [UP] = TW_SAY_MODULES_UP,
    [DOWN] = TW_SAY_MODULES_DOWN,
};

struct list {
    struct tw_buf names;
    size_t count;
};

static const struct tw_module *really(const struct tw_module *module)
{
    return module->replace ? module->replace : module;
}

static const char *version_of(const struct tw_module *module)
{
    const char *version = really(module)->version;
    return version ? version : "";
}

// Semantic versions: numbers first, then a pre-release is below its release. semver.org 11.
static int compare_versions(const char *a, const char *b)
{
    a += *a == 'v';
    b += *b == 'v';
    for (int part = 0; part < 3; part++) {
        char *end_a, *end_b;
        unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        a = end_a + (*end_a == '.');
        b = end_b + (*end_b == '.');
    }
    if ((*a == '-') != (*b == '-'))
        return *a == '-' ? -1 : 1;
    return strcmp(a, b);
}

static int by_path(const void *a, const void *b)
{
    const struct tw_module *const *x = a, *const *y = b;
    return strcmp((*x)->path, (*y)->path);
}

static const struct tw_module **sorted(struct tw_judging *judging, const struct tw_gobin *bin)
{
    const struct tw_module **list =
        tw_arena_alloc(judging->arena, (bin->module_count + 1) * sizeof *list);
    if (!list) {
        judging->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < bin->module_count; i++)
        list[i] = &bin->modules[i];
    qsort(list, bin->module_count, sizeof *list, by_path);
    return list;
}

static void add(struct list *lists, enum change change, const char *path, const char *version)
{
    struct list *list = &lists[change];
    if (list->count++ < NAMES_SHOWN)
        tw_buf_printf(&list->names, "%s%s%s%s", list->count > 1 ? ", " : "", path,
            *version ? " " : "", version);
}

static void compare_one(
    struct list *lists, const struct tw_module *before, const struct tw_module *after)
{
    const char *was = version_of(before), *is = version_of(after);
    int order = compare_versions(is, was);
    if (strcmp(was, is) != 0 && order != 0)
        add(lists, order > 0 ? UP : DOWN, after->path, is);
}

static void compare_all(struct list *lists, const struct tw_module **before, size_t before_count,
    const struct tw_module **after, size_t after_count)
{
    size_t b = 0, a = 0;
    while (b < before_count || a < after_count) {
        int order = b == before_count  ? 1
                    : a == after_count ? -1
                                       : strcmp(before[b]->path, after[a]->path);
        if (order < 0) {
            add(lists, REMOVED, before[b]->path, version_of(before[b]));
            b++;
        } else if (order > 0) {
            add(lists, ADDED, after[a]->path, version_of(after[a]));
            a++;
        } else {
            compare_one(lists, before[b++], after[a++]);
        }
    }
}

// "2 added (a v1.0.0, b v2.0.0), 1 up (c v1.2.0)"
static const char *describe(struct tw_judging *judging, struct list *lists)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    for (int c = 0; c < CHANGES; c++) {
        char count[24];
        if (lists[c].count == 0)
            continue;
        if (lists[c].count > NAMES_SHOWN)
            tw_buf_puts(&lists[c].names, ", ...");
        snprintf(count, sizeof count, "%zu", lists[c].count);
        const char *names = tw_judging_span(judging, tw_buf_span(&lists[c].names));
        const char *text = tw_say(judging, messages[c], "count", count, "names", names, NULL);
        tw_buf_printf(&out, "%s%s", out.size ? "; " : "", text);
    }
    return out.size ? tw_judging_span(judging, tw_buf_span(&out)) : NULL;
}

void tw_drift_modules(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_pair *pair)
{
    const struct tw_gobin *from = pair->from->bin, *to = pair->to->bin;
    struct list lists[CHANGES];
    // Without the module text nobody knows what is in there.
    if (!from->main_path || !to->main_path)
        return;
    const struct tw_module **before = sorted(judging, from), **after = sorted(judging, to);
    if (!before || !after)
        return;
    for (int c = 0; c < CHANGES; c++)
        lists[c] = (struct list){.names = TW_BUF(1 << 16)};
    compare_all(lists, before, from->module_count, after, to->module_count);
    const char *text = describe(judging, lists);
    for (int c = 0; c < CHANGES; c++)
        tw_buf_done(&lists[c].names);
    if (text)
        tw_find(judging, rule, pair->to->image->path, "modules",
            tw_say(judging, TW_SAY_MODULES_CHANGED, "list", text, NULL));
}
