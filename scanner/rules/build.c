// How programs were built, as their build info tells: TW405, TW406, TW408.
#include <stdio.h>
#include <string.h>

#include "scanner/rules/checks.h"

static void tell_setting(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_judged_binary *b, const char *name, const char *value, const char *message)
{
    tw_evidence_add(judging, tw_find(judging, rule, b->image->path, name, message),
        (struct tw_evidence){.kind = "setting",
            .name = name,
            .value = value,
            .path = b->image->path,
            .layer = b->image->layer});
}

// ---- TW405 ----

// A path on the machine that built it, and no module path. cmd/go: "./x", "../x", "/x".
static bool is_local(const struct tw_module *replace)
{
    return replace && (replace->path[0] == '.' || replace->path[0] == '/' ||
                          (replace->path[0] && replace->path[1] == ':'));
}

enum { MODULES_NAMED = 4 };

// "example.org/a => ./a, example.org/b => ../b and 3 more"; NULL: none is local.
static const char *local_modules(struct tw_judging *judging, const struct tw_gobin *bin)
{
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1 << 16);
    size_t count = 0;
    for (size_t i = 0; i < bin->module_count; i++) {
        const struct tw_module *module = &bin->modules[i];
        if (is_local(module->replace) && count++ < MODULES_NAMED)
            tw_buf_printf(
                &list, "%s%s => %s", count > 1 ? ", " : "", module->path, module->replace->path);
    }
    if (count == 0)
        return NULL;
    const char *text = tw_judging_span(judging, tw_buf_span(&list));
    if (count <= MODULES_NAMED)
        return text;
    char more[24];
    snprintf(more, sizeof more, "%zu", count - MODULES_NAMED);
    return tw_say(judging, TW_SAY_AND_MORE, "list", text, "count", more, NULL);
}

void tw_check_dirty_build(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        const char *modified = tw_gobin_setting(b->bin, "vcs.modified");
        const char *revision = tw_gobin_setting(b->bin, "vcs.revision");
        const char *local = local_modules(judging, b->bin);
        if (modified && strcmp(modified, "true") == 0)
            tell_setting(judging, rule, b, "vcs.modified", modified,
                tw_say(judging, TW_SAY_DIRTY, "go", b->shown, "revision", revision ? revision : "-",
                    NULL));
        if (local)
            tell_setting(judging, rule, b, "replace", local,
                tw_say(judging, TW_SAY_LOCAL_MODULES, "list", local, "go", b->shown, NULL));
    }
}

// ---- TW406 ----

// src/runtime/asm_amd64.s and kin (go1.27.4): what is asked of the CPU beyond the lowest level.
static const struct {
    const char *setting, *lowest; // lowest: a prefix
    bool checked;                 // at start, with a message of the runtime's
} levels[] = {
    {"GOAMD64", "v1", true},
    {"GOARM64", "v8.0", false},
    {"GOPPC64", "power8", false},
    {"GORISCV64", "rva20u64", false},
};

void tw_check_cpu_level(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t l = 0; l < TW_COUNT(levels); l++) {
        struct tw_groups groups = {0};
        for (size_t i = 0; i < judging->binary_count; i++) {
            const struct tw_judged_binary *b = &judging->binaries[i];
            const char *value = tw_gobin_setting(b->bin, levels[l].setting);
            if (value && *value && strncmp(value, levels[l].lowest, strlen(levels[l].lowest)) != 0)
                tw_groups_add(judging, &groups, value, NULL, b);
        }
        for (size_t g = 0; g < groups.count; g++)
            tw_find_group(judging, rule, &groups.items[g], levels[l].setting,
                tw_say(judging, levels[l].checked ? TW_SAY_CPU_LEVEL : TW_SAY_CPU_LEVEL_UNCHECKED,
                    "setting", levels[l].setting, "value", groups.items[g].key, "go",
                    tw_group_versions(judging, &groups.items[g]), NULL));
    }
}

// ---- TW408 ----

void tw_check_go_versions_differ(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        if (!b->of_toolchain && b->certainty == TW_VERSION_EXACT)
            tw_groups_add(judging, &groups, b->shown, NULL, b);
    }
    if (groups.count < 2)
        return;
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1 << 16);
    for (size_t i = 0; i < groups.count; i++)
        tw_buf_printf(&list, "%s%s (%s)", i ? ", " : "", groups.items[i].key,
            groups.items[i].members[0]->image->path);
    struct tw_finding *finding = tw_find(judging, rule, NULL, "versions",
        tw_say(judging, TW_SAY_VERSIONS_DIFFER, "list",
            tw_judging_span(judging, tw_buf_span(&list)), NULL));
    for (size_t i = 0; i < groups.count; i++)
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "version",
                .value = groups.items[i].key,
                .path = groups.items[i].members[0]->image->path,
                .layer = groups.items[i].members[0]->image->layer});
}
