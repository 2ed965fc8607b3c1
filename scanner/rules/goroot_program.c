// GOROOT as programs have it inside: TW106, TW107, TW108.
#include <string.h>

#include "scanner/rules/checks.h"

// ---- TW106 ----

void tw_check_goroot_empty(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOROOT");
    struct tw_groups groups = {0};
    if ((variable && *variable->value) || tw_judging_unknown(judging, "GOROOT") ||
        !tw_judging_sees_files(judging) || image->toolchain_count > 0)
        return;
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        const char *source = b->bin->goroot_source;
        if (source && strcmp(source, "trimmed") == 0 && tw_gobin_links(b->bin, "go/build"))
            tw_groups_add(judging, &groups, b->bin->goroot, NULL, b);
    }
    for (size_t i = 0; i < groups.count; i++) {
        const struct tw_group *group = &groups.items[i];
        const char *value = *group->key ? group->key : "\"\"";
        tw_find_group(judging, rule, group, "GOROOT",
            tw_say(judging, TW_SAY_GOROOT_EMPTY, "go", tw_group_versions(judging, group), "value",
                value, NULL));
    }
}

// ---- TW107 ----

static bool has_root(const struct tw_judged_binary *b)
{
    const char *goroot = b->bin->goroot;
    return !b->of_toolchain && goroot && *goroot && strcmp(goroot, "go") != 0;
}

static struct tw_groups by_root(struct tw_judging *judging)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        if (has_root(&judging->binaries[i]))
            tw_groups_add(
                judging, &groups, judging->binaries[i].bin->goroot, NULL, &judging->binaries[i]);
    }
    return groups;
}

// "/usr/local/go, /usr/lib/go-1.19"
static const char *list_roots(struct tw_judging *judging, const struct tw_groups *groups)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    for (size_t i = 0; i < groups->count; i++)
        tw_buf_printf(&out, "%s%s", i ? ", " : "", groups->items[i].key);
    return tw_judging_span(judging, tw_buf_span(&out));
}

static void check_declared(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_groups *groups)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, TW_TRACE_SET, "GOROOT_FINAL", &t)) {
        if (t.text->kind != TW_TEXT_OS_RELEASE || !t.trace->value)
            continue;
        for (size_t i = 0; i < groups->count; i++) {
            if (strcmp(groups->items[i].key, t.trace->value) == 0)
                continue;
            const char *message = tw_say(judging, TW_SAY_GOROOT_NOT_DECLARED, "goroot",
                groups->items[i].key, "path", t.text->path, "value", t.trace->value, "go",
                tw_group_versions(judging, &groups->items[i]), NULL);
            tw_find_group(judging, rule, &groups->items[i], "os-release", message);
        }
    }
}

static void check_expected(
    struct tw_judging *judging, const struct tw_rule *rule, const struct tw_groups *groups)
{
    const struct tw_texts *expected = &judging->options->policy->goroots;
    if (expected->count == 0)
        return;
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1 << 16);
    for (size_t i = 0; i < expected->count; i++)
        tw_buf_printf(&list, "%s%s", i ? ", " : "", expected->items[i]);
    for (size_t i = 0; i < groups->count; i++) {
        if (tw_texts_allow(expected, groups->items[i].key))
            continue;
        const char *message = tw_say(judging, TW_SAY_GOROOT_NOT_EXPECTED, "goroot",
            groups->items[i].key, "value", tw_judging_span(judging, tw_buf_span(&list)), "go",
            tw_group_versions(judging, &groups->items[i]), NULL);
        tw_find_group(judging, rule, &groups->items[i], "expected", message);
    }
}

void tw_check_goroot_differs(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = by_root(judging);
    if (groups.count > 1) {
        struct tw_finding *finding = tw_find(judging, rule, NULL, "GOROOT",
            tw_say(judging, TW_SAY_GOROOT_DIFFERS, "list", list_roots(judging, &groups), NULL));
        for (size_t i = 0; i < groups.count; i++)
            tw_evidence_add(judging, finding,
                (struct tw_evidence){.kind = "setting",
                    .name = "GOROOT",
                    .value = groups.items[i].key,
                    .path = groups.items[i].members[0]->image->path,
                    .layer = groups.items[i].members[0]->image->layer});
    }
    check_declared(judging, rule, &groups);
    check_expected(judging, rule, &groups);
}

// ---- TW108 ----

// Folders that belong to a person or a CI system, and tell about them.
static bool is_private(const char *path)
{
    static const char *const starts[] = {"/tmp/", "/home/", "/root/", "/Users/", "/builds/",
        "/github/", "/__w/", "/workspace/", "/var/lib/jenkins/", "/var/jenkins", "/buildkite/",
        "/drone/", "/runner/", "/private/", "C:/Users/", "C:\\Users\\", "D:/a/"};
    for (size_t i = 0; path && i < TW_COUNT(starts); i++) {
        if (strncmp(path, starts[i], strlen(starts[i])) == 0)
            return true;
    }
    return false;
}

void tw_check_build_path_leak(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_gobin *bin = judging->binaries[i].bin;
        const char *leak = is_private(bin->source_dir) ? bin->source_dir
                           : is_private(bin->goroot)   ? bin->goroot
                                                       : NULL;
        if (leak)
            tw_groups_add(judging, &groups, leak, NULL, &judging->binaries[i]);
    }
    for (size_t i = 0; i < groups.count; i++)
        tw_find_group(judging, rule, &groups.items[i], "build path",
            tw_say(judging, TW_SAY_BUILD_PATH, "path", groups.items[i].key, "go",
                tw_group_versions(judging, &groups.items[i]), NULL));
}
