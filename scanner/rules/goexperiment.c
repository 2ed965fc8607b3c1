// GOEXPERIMENT, in the environment and in programs: TW301, TW302, TW304.
#include "scanner/facts/goexperiment.h"

#include <string.h>

#include "scanner/rules/checks.h"
#include "scanner/rules/recipe.h"

static const char *all_versions(struct tw_judging *judging)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++)
        tw_groups_add(judging, &groups, "all", NULL, &judging->binaries[i]);
    return groups.count > 0 ? tw_group_versions(judging, &groups.items[0]) : "";
}

void tw_check_goexperiment_dead(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOEXPERIMENT");
    if (!variable || !*variable->value || !tw_judging_no_toolchain(judging) ||
        judging->binary_count == 0)
        return;
    const char *message = tw_say(judging, TW_SAY_EXPERIMENT_DEAD, "value", variable->value, "go",
        all_versions(judging), NULL);
    struct tw_finding *finding = tw_find(judging, rule, NULL, "GOEXPERIMENT", message);
    tw_evidence_env(judging, finding, variable);
}

// What the toolchain switches on by itself: "greenteagc, jsonv2"; "" for nothing.
static const char *baseline(struct tw_judging *judging, struct tw_goversion version)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(4096);
    const struct tw_goexperiment *experiment;
    for (size_t i = 0; (experiment = tw_goexperiment_at(i)); i++) {
        if (tw_goexperiment_known(experiment, version) &&
            tw_goexperiment_baseline(
                experiment, version, judging->image->os, judging->image->architecture))
            tw_buf_printf(&out, "%s%s", out.size ? ", " : "", experiment->name);
    }
    return out.size > 0 ? tw_judging_span(judging, tw_buf_span(&out)) : "";
}

void tw_check_goexperiment_empty(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOEXPERIMENT");
    const char *toolchain = "", *experiments = "";
    tw_check_goexperiment_empty_build(judging, rule);
    if (!variable || *variable->value || judging->binary_count == 0)
        return;
    if (image->toolchain_count > 0) {
        struct tw_goversion version;
        uint64_t size;
        toolchain = image->toolchains[0].version;
        if (tw_goversion_scan(tw_span_str(toolchain), &version, &size))
            experiments = baseline(judging, version);
    }
    const char *message =
        tw_say(judging, *experiments ? TW_SAY_EXPERIMENT_EMPTY_BASELINE : TW_SAY_EXPERIMENT_EMPTY,
            "toolchain", toolchain, "experiments", experiments, "go", all_versions(judging), NULL);
    struct tw_finding *finding = tw_find(judging, rule, NULL, "GOEXPERIMENT", message);
    tw_evidence_env(judging, finding, variable);
}

// ---- TW304 ----

// A "no..." name takes a default out; that is another rule's matter.
static bool is_beyond_baseline(const struct tw_judged_binary *binary, const char *name,
    const struct tw_goexperiment *experiment)
{
    if (!experiment)
        return true;
    return strcmp(experiment->name, name) == 0 &&
           !tw_goexperiment_baseline(
               experiment, binary->version, binary->bin->os, binary->bin->arch);
}

void tw_check_experiment_in_binary(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_groups groups = {0};
    for (size_t b = 0; b < judging->binary_count; b++) {
        const struct tw_judged_binary *binary = &judging->binaries[b];
        const struct tw_gobin *bin = binary->bin;
        for (size_t i = 0; binary->certainty == TW_VERSION_EXACT && i < bin->go.experiment_count;
             i++) {
            const char *name = bin->go.experiments[i];
            const struct tw_goexperiment *experiment = tw_goexperiment_find(tw_span_str(name));
            if (is_beyond_baseline(binary, name, experiment))
                tw_groups_add(judging, &groups, name, experiment, binary);
        }
    }
    for (size_t i = 0; i < groups.count && !judging->out_of_memory; i++) {
        const struct tw_group *group = &groups.items[i];
        const struct tw_goexperiment *experiment = group->detail;
        const char *says = experiment ? experiment->says[judging->lang] : NULL;
        const char *message = tw_say(judging,
            says ? TW_SAY_EXPERIMENT_IN : TW_SAY_EXPERIMENT_IN_UNKNOWN, "experiment", group->key,
            "go", tw_group_versions(judging, group), "says", says, NULL);
        struct tw_finding *finding = tw_find_group(judging, rule, group, group->key, message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "setting",
                .name = "GOEXPERIMENT",
                .value = group->members[0]->bin->go.version,
                .path = group->members[0]->image->path});
    }
}
