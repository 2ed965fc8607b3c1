// The Go release and how a program was built: TW401 to TW403, TW407.
#include "scanner/facts/release.h"

#include <stdio.h>
#include <string.h>

#include "scanner/rules/checks.h"
#include "scanner/rules/entry.h"

// "go1.26, go1.27": releases that have not ended, oldest first.
static const char *supported(struct tw_judging *judging)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1024);
    struct tw_goversion v = tw_release_newest()->minor;
    uint16_t first = v.minor;
    for (; first > 1; first--) {
        const struct tw_release *before =
            tw_release_find((struct tw_goversion){1, (uint16_t)(first - 1), 0, TW_GO_RELEASE, 0});
        if (!before || before->ended)
            break;
    }
    for (; first <= v.minor; first++)
        tw_buf_printf(&out, "%sgo1.%u", out.size ? ", " : "", first);
    return tw_judging_span(judging, tw_buf_span(&out));
}

void tw_check_go_unsupported(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    char minor[16];
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        const struct tw_release *release =
            binary->certainty == TW_VERSION_EXACT ? tw_release_find(binary->version) : NULL;
        if (!release || !release->ended)
            continue;
        snprintf(minor, sizeof minor, "1.%u", release->minor.minor);
        tw_groups_add(judging, &groups, minor, release, binary);
    }
    for (size_t i = 0; i < groups.count && !judging->out_of_memory; i++) {
        const struct tw_group *group = &groups.items[i];
        const struct tw_release *release = group->detail;
        const char *message =
            tw_say(judging, TW_SAY_UNSUPPORTED, "go", tw_group_versions(judging, group), "minor",
                group->key, "ended", release->ended, "supported", supported(judging), NULL);
        struct tw_finding *finding = tw_find_group(judging, rule, group, group->key, message);
        if (group->count == 1) // the others are evidence already
            tw_evidence_add(judging, finding,
                (struct tw_evidence){.kind = "binary",
                    .value = group->members[0]->bin->go.version,
                    .path = group->members[0]->image->path,
                    .layer = group->members[0]->image->layer});
    }
}

void tw_check_go_prerelease(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        bool test = binary->certainty == TW_VERSION_EXACT && binary->version.kind != TW_GO_RELEASE;
        if (!test && !binary->bin->go.devel)
            continue;
        const char *version = binary->bin->go.version ? binary->bin->go.version : "?";
        const char *message = tw_say(judging, test ? TW_SAY_PRERELEASE : TW_SAY_DEVEL, "go",
            binary->shown, "version", version, NULL);
        struct tw_finding *finding =
            tw_find(judging, rule, binary->image->path, "version", message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "binary",
                .value = version,
                .path = binary->image->path,
                .layer = binary->image->layer});
    }
}

// ---- TW403 ----

static const struct {
    const char *setting;
    const char *says[TW_LANG_COUNT];
} debug_flags[] = {
    {"-race", {"the race detector costs several times the memory and time, and ends the program "
               "when too many goroutines run",
                  "竞态检测会让内存和时间开销成倍增加，goroutine 过多时还会终止程序"}},
    {"-msan", {"the memory sanitizer is for tests", "内存检查器只用于测试"}},
    {"-asan", {"the address sanitizer is for tests", "地址检查器只用于测试"}},
    {"-cover", {"coverage counters are updated all the time, and written at exit to GOCOVERDIR",
                   "覆盖率计数器一直在更新，退出时写入 GOCOVERDIR"}},
};

// -N switches optimisation off, -l inlining: "-N -l", "all=-N -l".
static bool has_gcflag(const char *gcflags, const char *flag)
{
    size_t n = strlen(flag);
    for (const char *p = gcflags; (p = strstr(p, flag)); p += n) {
        bool starts = p == gcflags || p[-1] == ' ' || p[-1] == '=';
        if (starts && (p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

static void tell_setting(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_judged_binary *binary, const char *setting, const char *value,
    const char *message)
{
    struct tw_finding *finding = tw_find(judging, rule, binary->image->path, setting, message);
    tw_evidence_add(judging, finding,
        (struct tw_evidence){.kind = "setting",
            .name = setting,
            .value = value,
            .path = binary->image->path,
            .layer = binary->image->layer});
}

void tw_check_debug_build(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        for (size_t f = 0; f < TW_COUNT(debug_flags); f++) {
            const char *flag = debug_flags[f].setting;
            const char *value = tw_gobin_setting(binary->bin, flag);
            if (value && strcmp(value, "true") == 0)
                tell_setting(judging, rule, binary, flag, value,
                    tw_say(judging, TW_SAY_DEBUG_FLAG, "flag", flag, "go", binary->shown, "says",
                        debug_flags[f].says[judging->lang], NULL));
        }
        const char *gcflags = tw_gobin_setting(binary->bin, "-gcflags");
        if (gcflags && (has_gcflag(gcflags, "-N") || has_gcflag(gcflags, "-l")))
            tell_setting(judging, rule, binary, "-gcflags", gcflags,
                tw_say(judging, TW_SAY_DEBUG_GCFLAGS, "value", gcflags, "go", binary->shown, NULL));
    }
}

// ---- TW407 ----

// What a kernel for the one usually runs of the other too.
static bool runs_on(const char *binary, const char *image)
{
    static const char *const pairs[][2] = {{"386", "amd64"}, {"arm", "arm64"}};
    if (strcmp(binary, image) == 0)
        return true;
    for (size_t i = 0; i < TW_COUNT(pairs); i++) {
        if (strcmp(pairs[i][0], binary) == 0 && strcmp(pairs[i][1], image) == 0)
            return true;
    }
    return false;
}

void tw_check_wrong_platform(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_judged_binary *entry = tw_entry_of(judging);
    if (!image->os || !image->architecture)
        return;
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        const struct tw_gobin *bin = binary->bin;
        if (!bin->os || !bin->arch ||
            (strcmp(bin->os, image->os) == 0 && runs_on(bin->arch, image->architecture)))
            continue;
        const char *own =
            tw_judging_join(judging, bin->os, tw_judging_join(judging, "/", bin->arch));
        const char *whole =
            tw_judging_join(judging, image->os, tw_judging_join(judging, "/", image->architecture));
        const char *message = tw_say(judging,
            binary == entry ? TW_SAY_WRONG_PLATFORM_ENTRY : TW_SAY_WRONG_PLATFORM, "path",
            binary->image->path, "binary", own, "image", whole, "go", binary->shown, NULL);
        struct tw_finding *finding =
            tw_find(judging, rule, binary->image->path, "platform", message);
        // Some images carry programs for other machines on purpose.
        if (finding && binary != entry)
            finding->severity = TW_LOW;
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "binary",
                .value = own,
                .path = binary->image->path,
                .layer = binary->image->layer});
    }
}
