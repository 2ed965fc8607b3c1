// GODEBUG settings that mean something else at the next rebuild (TW208), and defaults that an old
// go line keeps (TW209).
#include "scanner/facts/release.h"
#include "scanner/rules/checks.h"
#include "scanner/rules/effective.h"

// ---- TW208 ----

// The check for removed settings ends programs that never read them, too.
static bool is_fatal(
    const struct tw_godebug *key, bool is_read, struct tw_span value, struct tw_goversion version)
{
    return (is_read || tw_godebug_removed(key, version)) &&
           tw_godebug_harm(key, TW_HARM_FATAL, value, version);
}

// The first minor release after `version` in which the key is gone or the value fatal; 0: none.
static uint16_t change_after(const struct tw_godebug *key, bool is_read, struct tw_span value,
    struct tw_goversion version, bool *ret_fatal)
{
    uint16_t newest = tw_release_newest()->minor.minor;
    for (uint16_t minor = (uint16_t)(version.minor + 1); minor <= newest; minor++) {
        struct tw_goversion next = {1, minor, 0, TW_GO_RELEASE, 0};
        *ret_fatal = is_fatal(key, is_read, value, next);
        if (*ret_fatal || tw_godebug_removed(key, next))
            return minor;
    }
    return 0;
}

static void look_ahead(struct tw_judging *judging, const struct tw_godebug_element *e,
    const struct tw_judged_binary *b, struct tw_groups *groups)
{
    const struct tw_godebug *key = tw_godebug_find(e->key, b->bin->arch);
    struct tw_effective now;
    bool fatal = false;
    if (b->certainty != TW_VERSION_EXACT || !key ||
        !tw_effective_value(b, key, tw_godebug_text(judging), &now) || now.from_default ||
        tw_godebug_harm(key, TW_HARM_FATAL, now.value, b->version))
        return;
    bool is_read = tw_godebug_known(key, b->version) && tw_effective_linked(b, key) != TW_LINKED_NO;
    uint16_t minor = change_after(key, is_read, now.value, b->version, &fatal);
    bool acts =
        is_read && !tw_godebug_same(key, now.value, tw_effective_without(b, key), b->version);
    if (minor == 0 || (!fatal && !acts))
        return;
    // A key may be ignored for some releases before it is fatal: say the worse of the two.
    bool worse = false;
    struct tw_goversion newest = tw_release_newest()->minor;
    if (!fatal && is_fatal(key, is_read, now.value, newest)) {
        while (!worse && minor < newest.minor) {
            struct tw_goversion next = {1, ++minor, 0, TW_GO_RELEASE, 0};
            worse = is_fatal(key, is_read, now.value, next);
        }
        fatal = worse;
    }
    char *group = tw_arena_printf(judging->arena, "%u %d", minor, (int)fatal);
    if (group)
        tw_groups_add(judging, groups, group, key, b);
    else
        judging->out_of_memory = true;
}

void tw_check_godebug_next_go(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_elements env;
    tw_elements_of(judging, tw_godebug_text(judging), &env);
    for (size_t i = 0; i < env.count && !judging->out_of_memory; i++) {
        const struct tw_godebug_element *e = &env.items[i];
        struct tw_groups groups = {0};
        for (size_t b = 0; b < judging->binary_count; b++)
            look_ahead(judging, e, &judging->binaries[b], &groups);
        for (size_t g = 0; g < groups.count; g++) {
            const struct tw_group *group = &groups.items[g];
            const struct tw_godebug *key = group->detail;
            size_t digits = strcspn(group->key, " ");
            const char *minor = tw_judging_span(judging, tw_span_of(group->key, digits));
            bool fatal = group->key[digits + 1] == '1';
            const char *message = tw_say(judging, fatal ? TW_SAY_NEXT_FATAL : TW_SAY_NEXT_IGNORED,
                "setting", tw_judging_span(judging, e->text), "key", key->name, "go",
                tw_group_versions(judging, group), "next", tw_judging_join(judging, "1.", minor),
                NULL);
            struct tw_finding *finding = tw_find_group(
                judging, rule, group, tw_judging_join(judging, "GODEBUG=", key->name), message);
            tw_evidence_env(judging, finding, tw_godebug_variable(judging));
        }
    }
}

// ---- TW209 ----

// The settings of an old go line that turn a protection off and act in this binary.
static const char *weak_defaults(struct tw_judging *judging, const struct tw_judged_binary *b)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    struct tw_elements own;
    tw_elements_of(judging, tw_default_godebug(b), &own);
    for (size_t i = 0; i < own.count; i++) {
        const struct tw_godebug *key = tw_godebug_find(own.items[i].key, b->bin->arch);
        struct tw_effective now;
        if (!key || !tw_effective_value(b, key, tw_godebug_text(judging), &now) ||
            !now.from_default || tw_effective_linked(b, key) != TW_LINKED_YES ||
            !tw_effective_from_go_line(b, key, now.value) ||
            !tw_godebug_harm(key, TW_HARM_WEAKENS, now.value, b->version))
            continue;
        tw_buf_printf(&out, "%s%s=%.*s", out.size ? ", " : "", key->name, (int)now.value.n,
            (const char *)now.value.p);
    }
    return out.size > 0 ? tw_judging_span(judging, tw_buf_span(&out)) : NULL;
}

void tw_check_godebug_old_defaults(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_judged_binary *binary = &judging->binaries[b];
        // A toolchain's own programs are as Go's makers built them.
        bool counts = binary->certainty == TW_VERSION_EXACT && !binary->of_toolchain;
        const char *weak = counts ? weak_defaults(judging, binary) : NULL;
        if (weak)
            tw_groups_add(judging, &groups, weak, NULL, binary);
    }
    for (size_t g = 0; g < groups.count; g++) {
        const struct tw_group *group = &groups.items[g];
        const char *line = group->members[0]->bin->go_line_at_most;
        const char *older = tw_say(judging, TW_SAY_GO_LINE_OLDER, "line", line ? line : "?", NULL);
        const char *message = tw_say(judging, TW_SAY_OLD_DEFAULTS, "go",
            tw_group_versions(judging, group), "line", older, "settings", group->key, NULL);
        struct tw_finding *finding = tw_find_group(judging, rule, group, "DefaultGODEBUG", message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "DefaultGODEBUG",
                .value = tw_gobin_setting(group->members[0]->bin, "DefaultGODEBUG"),
                .path = group->members[0]->image->path});
    }
}
