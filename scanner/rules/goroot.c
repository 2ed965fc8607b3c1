// GOROOT, and the folklore around it: TW101, TW104, TW105, TW109.
#include <string.h>

#include "scanner/rules/checks.h"
#include "scanner/rules/entry.h"
#include "scanner/rules/recipe.h"

// The last toolchain that still read GOROOT_FINAL. facts/goroot-env.md.
static bool takes_goroot_final(const struct tw_toolchain *toolchain)
{
    struct tw_goversion version;
    uint64_t size;
    return tw_goversion_scan(tw_span_str(toolchain->version), &version, &size) &&
           !tw_goversion_at_least(version, 1, 23, 0);
}

static struct tw_groups everybody(struct tw_judging *judging)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++)
        tw_groups_add(judging, &groups, "all", NULL, &judging->binaries[i]);
    return groups;
}

void tw_check_goroot_final_dead(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOROOT_FINAL");
    struct tw_groups all = everybody(judging);
    const char *toolchain = NULL;
    tw_check_goroot_final_build(judging, rule);
    if (!variable || all.count == 0)
        return;
    for (size_t i = 0; i < image->toolchain_count; i++) {
        if (takes_goroot_final(&image->toolchains[i]))
            toolchain = image->toolchains[i].version;
    }
    const char *message =
        tw_say(judging, toolchain ? TW_SAY_GOROOT_FINAL_TOOLCHAIN : TW_SAY_GOROOT_FINAL_DEAD,
            "value", variable->value, "go", tw_group_versions(judging, &all.items[0]), "toolchain",
            toolchain, NULL);
    struct tw_finding *finding = tw_find(judging, rule, NULL, "GOROOT_FINAL", message);
    tw_evidence_env(judging, finding, variable);
}

void tw_check_ldflags_goroot_final(struct tw_judging *judging, const struct tw_rule *rule)
{
    static const char *const unknown[TW_LANG_COUNT] = {"not known", "未知"};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        const char *ldflags = tw_gobin_setting(binary->bin, "-ldflags");
        if (!ldflags || !strstr(ldflags, "runtime.gorootFinal="))
            continue;
        const char *goroot = binary->bin->goroot;
        const char *message =
            tw_say(judging, TW_SAY_LDFLAGS_GOROOT_FINAL, "go", binary->shown, "goroot",
                !goroot   ? unknown[judging->lang]
                : *goroot ? goroot
                          : "\"\"",
                NULL);
        struct tw_finding *finding =
            tw_find(judging, rule, binary->image->path, "-ldflags", message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "-ldflags",
                .value = ldflags,
                .path = binary->image->path,
                .layer = binary->image->layer});
    }
}

// GOROOT as an inventory writes paths: "/usr/local/go/" -> "usr/local/go".
static bool is_root_of(const struct tw_toolchain *toolchain, const char *value)
{
    size_t n;
    while (*value == '/')
        value++;
    for (n = strlen(value); n > 0 && value[n - 1] == '/'; n--)
        ;
    return strlen(toolchain->root) == n && strncmp(toolchain->root, value, n) == 0;
}

void tw_check_goroot_env(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOROOT");
    struct tw_groups all = everybody(judging);
    if (!variable || !*variable->value || all.count == 0 || !tw_judging_sees_files(judging))
        return;
    for (size_t i = 0; i < image->toolchain_count; i++) {
        if (is_root_of(&image->toolchains[i], variable->value))
            return;
    }
    const char *message = tw_say(judging, TW_SAY_GOROOT_ENV, "value", variable->value, "go",
        tw_group_versions(judging, &all.items[0]), NULL);
    struct tw_finding *finding = tw_find(judging, rule, NULL, "GOROOT", message);
    tw_evidence_env(judging, finding, variable);
}

void tw_check_toolchain_in_image(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_judged_binary *entry = tw_entry_of(judging);
    for (size_t i = 0; entry && i < judging->image->toolchain_count; i++) {
        const struct tw_toolchain *toolchain = &judging->image->toolchains[i];
        size_t n = strlen(toolchain->root);
        if (strncmp(entry->image->path, toolchain->root, n) == 0 && entry->image->path[n] == '/')
            continue; // the image is for running the go command
        const char *message =
            tw_say(judging, TW_SAY_TOOLCHAIN_IN_IMAGE, "entry", entry->image->path, "go",
                entry->shown, "toolchain", toolchain->version, "root", toolchain->root, NULL);
        struct tw_finding *finding = tw_find(judging, rule, NULL, toolchain->root, message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "toolchain",
                .value = toolchain->version,
                .path = toolchain->root,
                .layer = toolchain->layer});
    }
}
