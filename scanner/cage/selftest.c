#include "scanner/cage/selftest.h"

#include <stdio.h>

#include "scanner/base/mem.h"
#include "scanner/cage/inside.h"
#include "scanner/cage/probes.h"
#include "scanner/cage/sweep.h"

static const struct {
    unsigned wall;
    const char *name;
} walls[] = {
    {TW_WALL_SECCOMP, "seccomp"},
    {TW_WALL_LANDLOCK, "landlock"},
    {TW_WALL_RLIMITS, "rlimits"},
};

static long try_probe(void *ctx)
{
    const struct tw_probe *probe = ctx;
    return probe->try();
}

static struct tw_try try_behind(
    unsigned which, const struct tw_sandbox_options *options, const struct tw_probe *probe)
{
    struct tw_sandbox_options behind = *options;
    behind.walls = which;
    return tw_try_inside(&behind, probe->prepare, try_probe, (void *)(uintptr_t)probe);
}

// All walls together, then each one that must do alone.
static bool is_refused(
    const struct tw_sandbox_options *options, const struct tw_probe *probe, int landlock_abi)
{
    struct tw_try all = try_behind(options->walls, options, probe);
    bool ok = tw_try_is_refused(all);
    printf("%-28s %s (%s)", probe->what, ok ? "refused" : "NOT REFUSED", tw_try_name(all));
    for (size_t i = 0; i < TW_COUNT(walls); i++) {
        if (!(walls[i].wall & probe->alone & options->walls) ||
            (walls[i].wall == TW_WALL_LANDLOCK && landlock_abi < probe->landlock_abi))
            continue;
        struct tw_try one = try_behind(walls[i].wall, options, probe);
        bool held = tw_try_is_refused(one);
        printf(", %s alone%s (%s)", walls[i].name, held ? "" : " NOT", tw_try_name(one));
        ok = ok && held;
    }
    // A probe that never works proves nothing.
    if (probe->works && try_behind(0, options, probe).fate != TW_FATE_WORKED) {
        printf(", BUT NOT PROVED: it does not work without walls either");
        ok = false;
    }
    printf("\n");
    return ok;
}

int tw_selftest(const struct tw_sandbox_options *options, struct tw_err *err)
{
    struct tw_limits limits = *options->limits;
    limits.layer_seconds = TW_PROBE_CPU_SECONDS;
    limits.inventory_bytes = TW_PROBE_OUTPUT_BYTES;
    struct tw_sandbox_options own = {.limits = &limits, .walls = options->walls};
    int landlock_abi = tw_sandbox_landlock_abi();
    unsigned open = 0;
    for (size_t i = 0; i < tw_probe_count; i++)
        open += !is_refused(&own, &tw_probes[i], landlock_abi);
    if (options->walls & TW_WALL_SECCOMP)
        open += tw_sweep(&own);
    return open ? tw_err_set(
                      err, TW_E_CAGE, "the cage does not hold: %u tries were not refused", open)
                : 0;
}
