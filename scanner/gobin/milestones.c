#include "scanner/gobin/milestones.h"

// Functions that are in every program of a release and all later ones, on every platform, and in
// none of an earlier one: taken from the function tables of the test matrix (tests/golang), nine
// releases on 17 platforms. Rows are in rising order.
static const struct {
    const char *since, *before; // the release, and the one before it
    const char *function;
} milestones[] = {
    {"1.21", "1.20", "internal/abi.Kind.String"},
    {"1.22", "1.21", "runtime.bootstrapRand"},
    {"1.23", "1.22", "runtime.blockTimerChan"},
    {"1.24", "1.23", "internal/runtime/maps.NewEmptyMap"},
    {"1.25", "1.24", "runtime.checkFinalizersAndCleanups"},
    {"1.26", "1.25", "internal/strconv.RuntimeFormatBase10"},
    {"1.27", "1.26", "internal/runtime/maps.MemHash"},
};

// Sections that the linker writes since then. facts/binary-format.md section 3.1.
static const struct {
    const char *since;
    const char *section;
} sections[] = {{"1.24", ".go.fipsinfo"}, {"1.26", ".go.module"}, {"1.27", ".go.type"}};

struct seen {
    bool function[TW_COUNT(milestones)];
};

static bool look(void *ctx, struct tw_span name)
{
    struct seen *seen = ctx;
    if (!tw_span_starts_with(name, "internal/") && !tw_span_starts_with(name, "runtime."))
        return true;
    for (size_t i = 0; i < TW_COUNT(milestones); i++)
        seen->function[i] = seen->function[i] || tw_span_equals(name, milestones[i].function);
    return true;
}

void tw_milestones_narrow(const struct tw_object *object, const struct tw_pclntab *table)
{
    struct tw_gobin *bin = object->bin;
    struct seen seen = {0};
    bin->go.range_from = table->from;
    bin->go.range_to = table->to;
    if (table->to) // an older form, which says it already
        return;
    tw_pclntab_names(table, object->limits, look, &seen);
    for (size_t i = 0; i < TW_COUNT(milestones); i++) {
        if (seen.function[i])
            bin->go.range_from = milestones[i].since;
    }
    // The first one that is missing, when those behind it are missing too.
    size_t first = TW_COUNT(milestones);
    while (first > 0 && !seen.function[first - 1])
        first--;
    if (!table->obfuscated && first < TW_COUNT(milestones))
        bin->go.range_to = milestones[first].before;
    for (size_t i = 0; table->obfuscated && i < TW_COUNT(sections); i++) {
        if (tw_object_section(object, sections[i].section))
            bin->go.range_from = sections[i].since;
    }
}
