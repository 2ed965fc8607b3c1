// What the steps of a build do: TW102, TW103, TW303, TW504; and TW101, TW302 where they are about a
// build's own variables.
#include "scanner/rules/recipe.h"

#include <string.h>

#include "scanner/facts/goexperiment.h"
#include "scanner/rules/checks.h"

static const char *go_of(struct tw_judging *judging, const struct tw_traced *t)
{
    struct tw_goversion go;
    return tw_traced_go(judging, t, &go)
               ? tw_judging_join(judging, "go", tw_goversion_print(go).text)
               : tw_say(judging, TW_SAY_GO_ANY, NULL);
}

// A file that only lies in the image builds nothing there.
static void lower_unless_build(
    struct tw_judging *judging, const struct tw_traced *t, struct tw_finding *finding)
{
    if (finding && finding->severity > TW_LOW && !tw_traced_is_build(judging, t))
        finding->severity = TW_LOW;
}

// The image is there, so the step that must have failed was let pass.
static bool was_survived(const struct tw_traced *t)
{
    return t->trace->forgiven || t->text->kind == TW_TEXT_HISTORY;
}

void tw_check_goroot_final_env_w(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, TW_TRACE_GO_ENV_W, "GOROOT_FINAL", &t)) {
        bool survived = was_survived(&t);
        const char *message =
            tw_say(judging, survived ? TW_SAY_GOROOT_FINAL_ENV_W_PASSED : TW_SAY_GOROOT_FINAL_ENV_W,
                "text", t.trace->text, "go", go_of(judging, &t), NULL);
        struct tw_finding *finding = tw_find_traced(judging, rule, &t, "go env -w", message);
        lower_unless_build(judging, &t, finding);
        if (finding && survived)
            finding->severity = TW_LOW;
    }
}

void tw_check_goroot_final_gate(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, TW_TRACE_GO_ENV, "GOROOT_FINAL", &t)) {
        const char *message = tw_say(judging, TW_SAY_GOROOT_FINAL_GATE, "text", t.trace->text, "go",
            go_of(judging, &t), NULL);
        struct tw_finding *finding = tw_find_traced(judging, rule, &t, "go env", message);
        lower_unless_build(judging, &t, finding);
    }
}

void tw_check_goroot_final_build(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_traced t = {0};
    struct tw_goversion go;
    while (tw_traced_next(judging, TW_TRACE_SET, "GOROOT_FINAL", &t)) {
        if (!tw_traced_is_build(judging, &t) || !tw_traced_go(judging, &t, &go) ||
            !tw_goversion_at_least(go, 1, 23, 0))
            continue;
        const char *message = tw_say(judging, TW_SAY_GOROOT_FINAL_BUILD, "text", t.trace->text,
            "go", go_of(judging, &t), NULL);
        tw_find_traced(judging, rule, &t, "GOROOT_FINAL", message);
    }
}

// ---- GOEXPERIMENT ----

// Takes the next name of "a,nob" off `rest`.
static bool next_name(const char **rest, struct tw_span *ret_name)
{
    while (**rest == ',')
        ++*rest;
    size_t n = strcspn(*rest, ",");
    *ret_name = tw_span_of(*rest, n);
    *rest += n;
    return n > 0;
}

static bool is_taken(struct tw_span name, struct tw_goversion go)
{
    const struct tw_goexperiment *experiment = tw_goexperiment_find(name);
    return tw_span_equals(name, "none") || (experiment && tw_goexperiment_known(experiment, go));
}

// Why that toolchain does not have the name.
static const char *why_not(struct tw_judging *judging, struct tw_span name, struct tw_goversion go)
{
    const struct tw_goexperiment *experiment = tw_goexperiment_find(name);
    if (experiment && experiment->removed.major > 0 &&
        tw_goversion_compare(go, experiment->removed) >= 0)
        return tw_say(judging, TW_SAY_EXPERIMENT_GONE, "go",
            tw_goversion_print(experiment->removed).text, NULL);
    if (experiment)
        return tw_say(judging, TW_SAY_EXPERIMENT_LATER, "go",
            tw_goversion_print(experiment->first).text, NULL);
    experiment = tw_goexperiment_nearest(name, go);
    return experiment ? tw_say(judging, TW_SAY_DID_YOU_MEAN, "near", experiment->name, NULL) : "";
}

// What of `value` stops a build with that Go; NULL: nothing. Before 1.17 go build did not read it.
static const char *stops_build(
    struct tw_judging *judging, const char *value, struct tw_goversion go)
{
    struct tw_span name;
    while (tw_goversion_at_least(go, 1, 17, 0) && next_name(&value, &name)) {
        if (!is_taken(name, go))
            return tw_say(judging, TW_SAY_EXPERIMENT_STOPS, "go", tw_goversion_print(go).text,
                "name", tw_judging_span(judging, name), "why", why_not(judging, name, go), NULL);
    }
    return NULL;
}

static void check_stage_experiments(
    struct tw_judging *judging, const struct tw_rule *rule, enum tw_trace_kind kind)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, kind, "GOEXPERIMENT", &t)) {
        struct tw_goversion go;
        if (!t.trace->value || !tw_traced_go(judging, &t, &go) || t.text->kind == TW_TEXT_COMMAND ||
            t.text->kind == TW_TEXT_SCRIPT)
            continue;
        const char *message = stops_build(judging, t.trace->value, go);
        if (message)
            lower_unless_build(
                judging, &t, tw_find_traced(judging, rule, &t, "GOEXPERIMENT", message));
    }
}

void tw_check_goexperiment_breaks_build(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    const struct tw_env_var *variable = tw_image_env(image, "GOEXPERIMENT");
    for (size_t i = 0; variable && i < image->toolchain_count; i++) {
        struct tw_goversion go;
        uint64_t size;
        if (!tw_goversion_scan(tw_span_str(image->toolchains[i].version), &go, &size))
            continue;
        const char *message = stops_build(judging, variable->value, go);
        if (message)
            tw_evidence_env(judging,
                tw_find(judging, rule, NULL, image->toolchains[i].root, message), variable);
    }
    check_stage_experiments(judging, rule, TW_TRACE_SET);
    check_stage_experiments(judging, rule, TW_TRACE_GO_ENV_W);
}

void tw_check_goexperiment_empty_build(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, TW_TRACE_SET, "GOEXPERIMENT", &t)) {
        if (!tw_traced_is_build(judging, &t) || !t.trace->value || *t.trace->value)
            continue;
        const char *message =
            tw_say(judging, TW_SAY_EXPERIMENT_EMPTY, "go", go_of(judging, &t), NULL);
        tw_find_traced(judging, rule, &t, "GOEXPERIMENT", message);
    }
}

// ---- TW504 ----

static bool is_true_of_all(const char *value)
{
    return strcmp(value, "*") == 0 || strncmp(value, "*,", 2) == 0;
}

static bool is_set(const char *value)
{
    return *value != '\0';
}

static bool is_off(const char *value)
{
    return strcmp(value, "off") == 0;
}

static bool has_insecure(const char *value)
{
    return strstr(value, "-insecure") != NULL;
}

static const struct {
    const char *name;
    bool (*is_unsafe)(const char *value);
    const char *says[TW_LANG_COUNT];
} unsafe[] = {
    {"GOINSECURE", is_set,
        {"modules of these names are fetched without checking the server's certificate, or over "
         "plain HTTP",
            "这些模块下载时不校验服务器证书，甚至走明文 HTTP"}},
    {"GOSUMDB", is_off,
        {"no module is checked against the checksum database", "任何模块都不再与校验和数据库核对"}},
    {"GONOSUMDB", is_true_of_all,
        {"no module is checked against the checksum database", "任何模块都不再与校验和数据库核对"}},
    {"GONOSUMCHECK", is_set,
        {"modules are not checked against the checksum database", "模块不再与校验和数据库核对"}},
    {"GOFLAGS", has_insecure,
        {"modules are fetched without checking the server's certificate",
            "下载模块时不校验服务器证书"}},
};

static const char *unsafe_message(struct tw_judging *judging, const char *name, const char *value)
{
    for (size_t i = 0; value && i < TW_COUNT(unsafe); i++) {
        if (strcmp(unsafe[i].name, name) == 0 && unsafe[i].is_unsafe(value))
            return tw_say(judging, TW_SAY_UNSAFE_FETCH, "name", name, "value", value, "says",
                unsafe[i].says[judging->lang], NULL);
    }
    return NULL;
}

static void check_unsafe_traces(
    struct tw_judging *judging, const struct tw_rule *rule, enum tw_trace_kind kind)
{
    struct tw_traced t = {0};
    while (tw_traced_next(judging, kind, NULL, &t)) {
        bool with_go = t.trace->go || judging->image->toolchain_count > 0;
        if (!with_go || t.text->kind == TW_TEXT_COMMAND || t.text->kind == TW_TEXT_SCRIPT)
            continue;
        const char *message = unsafe_message(judging, t.trace->name, t.trace->value);
        if (message)
            lower_unless_build(
                judging, &t, tw_find_traced(judging, rule, &t, t.trace->name, message));
    }
}

void tw_check_unsafe_fetch(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    for (size_t i = 0; image->toolchain_count > 0 && i < image->env_count; i++) {
        const struct tw_env_var *variable = &image->env[i];
        const char *message = unsafe_message(judging, variable->name, variable->value);
        if (message && tw_image_env(image, variable->name) == variable)
            tw_evidence_env(
                judging, tw_find(judging, rule, NULL, variable->name, message), variable);
    }
    check_unsafe_traces(judging, rule, TW_TRACE_SET);
    check_unsafe_traces(judging, rule, TW_TRACE_GO_ENV_W);
}
