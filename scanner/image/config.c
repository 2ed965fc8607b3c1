#include "scanner/image/config.h"

#include <string.h>

#include "scanner/base/json.h"
#include "scanner/image/attribute.h"
#include "scanner/image/instruction.h"
#include "scanner/image/member.h"

static int read_env(
    const json_t *run, const struct tw_limits *limits, struct tw_config *c, struct tw_err *err)
{
    const char **entries = NULL;
    size_t count = 0;
    int r = tw_member_strings(
        c->arena, run, "Env", limits->image_env, "image_env", &entries, &count, err);
    if (r < 0 || count == 0)
        return r;
    c->env = tw_arena_alloc(c->arena, count * sizeof *c->env);
    if (!c->env)
        return tw_member_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(entries[i], '=');
        size_t size = equals ? (size_t)(equals - entries[i]) : strlen(entries[i]);
        c->env[i].name = tw_arena_strndup(c->arena, entries[i], size);
        c->env[i].value = equals ? equals + 1 : "";
        c->env[i].history_index = -1;
        if (!c->env[i].name)
            return tw_member_nomem(err);
    }
    c->env_count = count;
    return 0;
}

static int read_labels(
    const json_t *run, const struct tw_limits *limits, struct tw_config *c, struct tw_err *err)
{
    const json_t *object = NULL;
    int r = tw_member_object(run, "Labels", &object, err);
    if (r == 0 && json_object_size(object) > limits->image_env)
        r = tw_err_set(err, TW_E_LIMIT, "more labels than the limit image_env");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        struct tw_label *label =
            r == 0 ? tw_arena_push(c->arena, &c->labels, &c->label_count) : NULL;
        if (r < 0)
            return r;
        if (!json_is_string(value))
            return tw_err_set(err, TW_E_FORMAT, "label \"%.80s\" must be a string", name);
        if (!label || !(label->name = tw_arena_strdup(c->arena, name)) ||
            !(label->value = tw_arena_strdup(c->arena, json_string_value(value))))
            return tw_member_nomem(err);
    }
    return r;
}

static int read_run(
    const json_t *json, const struct tw_limits *limits, struct tw_config *c, struct tw_err *err)
{
    const json_t *run = NULL;
    int r = tw_member_object(json, "config", &run, err);
    if (r < 0 || !run)
        return r;
    r = read_env(run, limits, c, err);
    if (r == 0)
        r = tw_member_strings(c->arena, run, "Entrypoint", limits->image_env, "image_env",
            &c->entrypoint, &c->entrypoint_count, err);
    if (r == 0)
        r = tw_member_strings(
            c->arena, run, "Cmd", limits->image_env, "image_env", &c->cmd, &c->cmd_count, err);
    if (r == 0)
        r = tw_member_string(c->arena, run, "WorkingDir", &c->working_dir, err);
    if (r == 0)
        r = read_labels(run, limits, c, err);
    return r;
}

static int read_diff_ids(
    const json_t *json, const struct tw_limits *limits, struct tw_config *c, struct tw_err *err)
{
    const json_t *rootfs = NULL, *ids = NULL;
    int r = tw_member_object(json, "rootfs", &rootfs, err);
    if (r == 0 && rootfs)
        r = tw_member_array(rootfs, "diff_ids", limits->image_layers, "image_layers", &ids, err);
    size_t count = json_array_size(ids);
    if (r < 0 || count == 0)
        return r;
    c->diff_ids = tw_arena_alloc(c->arena, count * sizeof *c->diff_ids);
    if (!c->diff_ids)
        return tw_member_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(ids, i));
        r = text ? tw_digest_parse(text, &c->diff_ids[i], err)
                 : tw_err_set(err, TW_E_FORMAT, "must be a string");
        if (r < 0)
            return tw_err_wrap(err, r, "diff_ids[%zu]", i);
    }
    c->diff_id_count = count;
    return 0;
}

static int read_step(const json_t *json, struct tw_arena *arena, struct tw_history *step,
    enum tw_env_style *style, struct tw_err *err)
{
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_FORMAT, "must be an object");
    const char *created_by = NULL;
    int r = tw_member_string(arena, json, "created_by", &created_by, err);
    if (r < 0)
        return r;
    const json_t *empty = tw_member(json, "empty_layer");
    if (empty && !json_is_boolean(empty))
        return tw_err_set(err, TW_E_FORMAT, "\"empty_layer\" must be true or false");
    step->created_by = created_by ? created_by : "";
    step->empty_layer = json_is_true(empty);
    step->instruction = tw_instruction_of_history(arena, step->created_by);
    *style = tw_env_style_of(step->created_by, tw_json_string(json, "comment"));
    return 0;
}

// The number of entries is bounded by the arena's ceiling.
static int read_history(
    const json_t *json, struct tw_config *c, enum tw_env_style **ret_styles, struct tw_err *err)
{
    const json_t *array = NULL;
    int r = tw_member_array(json, "history", UINT64_MAX, "config_bytes", &array, err);
    size_t count = json_array_size(array);
    if (r < 0 || count == 0)
        return r;
    c->history = tw_arena_alloc(c->arena, count * sizeof *c->history);
    enum tw_env_style *styles = tw_arena_alloc(c->arena, count * sizeof *styles);
    if (!c->history || !styles)
        return tw_member_nomem(err);
    for (size_t i = 0; i < count; i++) {
        r = read_step(json_array_get(array, i), c->arena, &c->history[i], &styles[i], err);
        if (r < 0)
            return tw_err_wrap(err, r, "history[%zu]", i);
    }
    c->history_count = count;
    *ret_styles = styles;
    return 0;
}

static int read_strings(const json_t *json, struct tw_config *c, struct tw_err *err)
{
    const struct {
        const char *key;
        const char **value;
    } fields[] = {{"os", &c->os}, {"architecture", &c->architecture}, {"variant", &c->variant},
        {"created", &c->created}};
    for (size_t i = 0; i < TW_COUNT(fields); i++) {
        int r = tw_member_string(c->arena, json, fields[i].key, fields[i].value, err);
        if (r < 0)
            return r;
        if (*fields[i].value && (*fields[i].value)[0] == '\0')
            *fields[i].value = NULL;
    }
    return 0;
}

int tw_config_parse(struct tw_span text, const struct tw_limits *limits,
    struct tw_config **ret_config, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    int r = tw_json_parse(text,
        (struct tw_json_caps){limits->config_bytes, limits->json_depth, limits->json_values}, &json,
        err);
    if (r < 0)
        return tw_err_wrap(err, r, "image configuration");
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_FORMAT, "image configuration: not a JSON object");
    TW_AUTO(tw_config_freep) struct tw_config *c = calloc(1, sizeof *c);
    struct tw_arena *arena = tw_arena_new(limits->config_bytes * 16);
    if (!c || !arena) {
        tw_arena_free(arena);
        return tw_member_nomem(err);
    }
    c->arena = arena;
    enum tw_env_style *styles = NULL;
    uint64_t failures = tw_mem_failures;
    r = read_strings(json, c, err);
    if (r == 0)
        r = read_run(json, limits, c, err);
    if (r == 0)
        r = read_diff_ids(json, limits, c, err);
    if (r == 0)
        r = read_history(json, c, &styles, err);
    if (r == 0)
        r = tw_attribute_env(c, styles, limits, err);
    if (r == 0 && tw_mem_failures != failures)
        r = tw_member_nomem(err);
    if (r < 0)
        return tw_err_wrap(err, r, "image configuration");
    *ret_config = TW_TAKE(c);
    return 0;
}

void tw_config_free(struct tw_config *config)
{
    if (!config)
        return;
    tw_arena_free(config->arena);
    free(config);
}
