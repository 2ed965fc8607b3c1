// Limits of the container that a program will run in: TW507, TW508.
#include <inttypes.h>
#include <string.h>

#include "scanner/facts/bytecount.h"
#include "scanner/rules/checks.h"
#include "scanner/rules/effective.h"

// ---- TW507: Go 1.25 and later look at the cgroup's CPU limit ----

// The setting that keeps a new Go from it: "containermaxprocs=0"; NULL: none.
static const char *switched_off(struct tw_judging *judging, const struct tw_judged_binary *b)
{
    const struct tw_godebug *key = tw_godebug_find(tw_span_str("containermaxprocs"), b->bin->arch);
    struct tw_effective e;
    if (!key || !tw_effective_value(b, key, tw_godebug_text(judging), &e) ||
        tw_godebug_same(key, e.value, tw_span_str("1"), b->version))
        return NULL;
    return tw_judging_join(judging, "containermaxprocs=", tw_judging_span(judging, e.value));
}

static bool is_new(const struct tw_judged_binary *b)
{
    return tw_goversion_at_least(b->version, 1, 25, 0);
}

// "1500m" as people write it: "1.5".
static const char *cores(struct tw_judging *judging, uint64_t millis)
{
    char *text = millis % 1000 == 0 ? tw_arena_printf(judging->arena, "%" PRIu64, millis / 1000)
                                    : tw_arena_printf(judging->arena, "%" PRIu64 "m", millis);
    if (!text)
        judging->out_of_memory = true;
    return text ? text : "";
}

void tw_check_cpu_limit_unseen(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_env_var *variable = tw_image_env(judging->image, "GOMAXPROCS");
    uint64_t limit = judging->options->cpu_limit_millis;
    struct tw_groups groups = {0};
    if (limit == 0 || (variable && *variable->value) || tw_judging_unknown(judging, "GOMAXPROCS"))
        return;
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        const char *off = NULL;
        if (b->certainty != TW_VERSION_EXACT || b->of_toolchain ||
            (is_new(b) && !(off = switched_off(judging, b))))
            continue;
        tw_groups_add(judging, &groups, off ? off : "", NULL, b);
    }
    for (size_t i = 0; i < groups.count; i++) {
        const struct tw_group *group = &groups.items[i];
        tw_find_group(judging, rule, group, "cpu",
            tw_say(judging, *group->key ? TW_SAY_CPU_LIMIT_OFF : TW_SAY_CPU_LIMIT, "go",
                tw_group_versions(judging, group), "limit", cores(judging, limit), "setting",
                group->key, NULL));
    }
}

// ---- TW508 ----

enum { TIGHT_BYTES = 2048 }; // MiB: above it a heap has room to be collected late

static const char *mebibytes(struct tw_judging *judging, uint64_t bytes)
{
    char *text = tw_arena_printf(judging->arena, "%" PRIu64 " MiB", bytes >> 20);
    if (!text)
        judging->out_of_memory = true;
    return text ? text : "";
}

void tw_check_memory_limit(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_env_var *variable = tw_image_env(judging->image, "GOMEMLIMIT");
    uint64_t limit = judging->options->memory_limit_bytes;
    int64_t value = 0;
    bool set = variable && *variable->value && strcmp(variable->value, "off") != 0;
    struct tw_groups groups = {0};
    if (limit == 0 || tw_judging_unknown(judging, "GOMEMLIMIT") ||
        (set && !tw_bytecount_parse(tw_span_str(variable->value), &value)) ||
        (set ? (uint64_t)value <= limit : limit >> 20 > TIGHT_BYTES))
        return;
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        if (b->certainty != TW_VERSION_UNKNOWN && !b->of_toolchain &&
            tw_goversion_at_least(b->version, 1, 19, 0))
            tw_groups_add(judging, &groups, "all", NULL, b);
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct tw_finding *finding = tw_find_group(judging, rule, &groups.items[i], "memory",
            tw_say(judging, set ? TW_SAY_MEMORY_LIMIT_ABOVE : TW_SAY_MEMORY_LIMIT_UNSET, "go",
                tw_group_versions(judging, &groups.items[i]), "limit", mebibytes(judging, limit),
                "value", set ? variable->value : "", NULL));
        tw_evidence_env(judging, finding, variable);
    }
}
