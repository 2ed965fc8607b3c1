// Experiments of programs, compared with their Go's defaults and with each other: TW305, TW306,
// TW307.
#include "scanner/facts/goexperiment.h"

#include <string.h>

#include "scanner/rules/checks.h"

// ---- TW305 ----

// The default that "noNAME" takes out; NULL: it is none.
static const struct tw_goexperiment *taken_out(const struct tw_judged_binary *b, const char *name)
{
    const struct tw_goexperiment *experiment = tw_goexperiment_find(tw_span_str(name));
    return experiment && strncmp(name, "no", 2) == 0 && strcmp(name + 2, experiment->name) == 0 &&
                   tw_goexperiment_baseline(experiment, b->version, b->bin->os, b->bin->arch)
               ? experiment
               : NULL;
}

void tw_check_baseline_off(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_judged_binary *binary = &judging->binaries[b];
        for (size_t i = 0;
             binary->certainty == TW_VERSION_EXACT && i < binary->bin->go.experiment_count; i++) {
            const char *name = binary->bin->go.experiments[i];
            const struct tw_goexperiment *experiment = taken_out(binary, name);
            if (experiment)
                tw_groups_add(judging, &groups, name, experiment, binary);
        }
    }
    for (size_t i = 0; i < groups.count && !judging->out_of_memory; i++) {
        const struct tw_group *group = &groups.items[i];
        const struct tw_goexperiment *experiment = group->detail;
        const char *says = experiment->says[judging->lang] ? experiment->says[judging->lang] : "";
        bool gone = experiment->removed.major > 0;
        const char *message = tw_say(judging, gone ? TW_SAY_BASELINE_OFF_GONE : TW_SAY_BASELINE_OFF,
            "experiment", group->key, "name", experiment->name, "go",
            tw_group_versions(judging, group), "says", says, "sep", *says ? ": " : "", "removed",
            tw_goversion_print(experiment->removed).text, NULL);
        tw_find_group(judging, rule, group, group->key, message);
    }
}

// ---- TW306 ----

// "fieldtrack,noswissmap" in the order of the version's text; "" for the defaults.
static const char *set_of(struct tw_judging *judging, const struct tw_gobin *bin)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 16);
    for (size_t i = 0; i < bin->go.experiment_count; i++)
        tw_buf_printf(&out, "%s%s", i ? "," : "", bin->go.experiments[i]);
    return out.size ? tw_judging_span(judging, tw_buf_span(&out)) : "";
}

void tw_check_experiments_differ(struct tw_judging *judging, const struct tw_rule *rule)
{
    static const char *const defaults[TW_LANG_COUNT] = {"the defaults", "默认"};
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        if (!b->of_toolchain && b->certainty == TW_VERSION_EXACT)
            tw_groups_add(judging, &groups, set_of(judging, b->bin), NULL, b);
    }
    if (groups.count < 2)
        return;
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1 << 16);
    for (size_t i = 0; i < groups.count; i++) {
        const char *key = groups.items[i].key;
        tw_buf_printf(&list, "%s%s (%s)", i ? "; " : "", groups.items[i].members[0]->image->path,
            *key ? key : defaults[judging->lang]);
    }
    struct tw_finding *finding = tw_find(judging, rule, NULL, "GOEXPERIMENT",
        tw_say(judging, TW_SAY_EXPERIMENTS_DIFFER, "list",
            tw_judging_span(judging, tw_buf_span(&list)), NULL));
    for (size_t i = 0; i < groups.count; i++)
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "GOEXPERIMENT",
                .value = groups.items[i].key,
                .path = groups.items[i].members[0]->image->path,
                .layer = groups.items[i].members[0]->image->layer});
}

// ---- TW307 ----

void tw_check_loopvar(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_gobin *bin = judging->binaries[b].bin;
        for (size_t i = 0; i < bin->go.experiment_count; i++) {
            if (strcmp(bin->go.experiments[i], "loopvar") == 0)
                tw_groups_add(judging, &groups, "loopvar", NULL, &judging->binaries[b]);
        }
    }
    for (size_t i = 0; i < groups.count; i++)
        tw_find_group(judging, rule, &groups.items[i], "loopvar",
            tw_say(
                judging, TW_SAY_LOOPVAR, "go", tw_group_versions(judging, &groups.items[i]), NULL));
}
