// The file of settings: one mapping in YAML, with the names of the flags. docs/configuration.md.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config/document.h"
#include "daemon/config/table.h"
#include "scanner/rules/yaml.h"

enum { FILE_BYTES_MAX = 1 << 20, ARENA_TIMES = 64, LIST_BYTES_MAX = 1 << 16 };

struct reading {
    struct tw_settings *settings;
    bool seen[TW_SETTINGS_MAX], seen_limits, seen_limit[TW_LIMITS_MAX];
};

static struct tw_origin origin_of(const yaml_node_t *node)
{
    return (struct tw_origin){.from = TW_FROM_FILE, .line = (unsigned)node->start_mark.line + 1};
}

// What does not fit is told with its place; the message is the table's.
static int told(struct tw_yaml *yaml, const yaml_node_t *node, int code, const struct tw_err *why)
{
    return code == TW_E_NOMEM ? tw_yaml_no_memory(yaml) : tw_yaml_fail(yaml, node, "%s", why->msg);
}

static int twice(struct tw_yaml *yaml, const yaml_node_t *node, const char *name)
{
    return tw_yaml_fail(yaml, node, "\"%s\" is there twice", name);
}

// ---- values ----

static int join(
    struct tw_yaml *yaml, const yaml_node_t *node, struct tw_buf *out, const char **ret_text)
{
    struct tw_texts texts = {0};
    int r = tw_yaml_texts(yaml, node, &texts);
    for (size_t i = 0; r == 0 && i < texts.count; i++) {
        if (strchr(texts.items[i], ','))
            return tw_yaml_fail(yaml, node, "an entry of a list has no comma");
        tw_buf_printf(out, "%s%s", i ? "," : "", texts.items[i]);
    }
    if (r == 0 && texts.count == 0)
        return tw_yaml_fail(yaml, node, "the list is empty");
    if (r == 0 && out->status < 0)
        return tw_yaml_fail(yaml, node, "the list is too long");
    *ret_text = out->data;
    return r;
}

static int read_setting(struct tw_yaml *yaml, const struct tw_setting_row *row,
    const yaml_node_t *node, struct tw_settings *settings)
{
    TW_AUTO(tw_buf_done) struct tw_buf joined = TW_BUF(LIST_BYTES_MAX);
    const char *text = NULL;
    struct tw_err why = {0};
    int r = row->kind == TW_SETTING_LIST && node->type == YAML_SEQUENCE_NODE
                ? join(yaml, node, &joined, &text)
                : tw_yaml_text(yaml, node, &text);
    if (r < 0)
        return r;
    r = tw_setting_put(settings, row, text, origin_of(node), &why);
    return r < 0 ? told(yaml, node, r, &why) : 0;
}

static int read_limit(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct reading *reading = target;
    const struct tw_limit_row *row;
    const char *text = NULL;
    struct tw_err why = {0};
    int r = tw_yaml_text(yaml, name, &text);
    if (r < 0)
        return r;
    // As it is shown: the message quotes it.
    r = tw_limit_find(tw_span_str(tw_yaml_shown(yaml, tw_span_str(text))), &row, &why);
    if (r < 0)
        return told(yaml, name, r, &why);
    if (reading->seen_limit[row - tw_limit_rows])
        return twice(yaml, name, row->name);
    reading->seen_limit[row - tw_limit_rows] = true;
    r = tw_yaml_text(yaml, value, &text);
    if (r < 0)
        return r;
    r = tw_limit_put(reading->settings, row, text, origin_of(value), &why);
    return r < 0 ? told(yaml, value, r, &why) : 0;
}

// ---- the mapping ----

static int unknown(struct tw_yaml *yaml, const yaml_node_t *node)
{
    struct tw_span name = tw_yaml_scalar(node);
    const char *near = tw_settings_nearest(TW_FOR_DAEMON | TW_FOR_CLI | TW_FOR_CLIENT, name);
    return tw_yaml_fail(yaml, node, "there is no setting \"%s\"%s%s%s", tw_yaml_shown(yaml, name),
        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int read_limits(struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value,
    struct reading *reading)
{
    if (reading->seen_limits)
        return twice(yaml, name, "limits");
    reading->seen_limits = true;
    return tw_yaml_pairs(yaml, value, "limits to numbers", read_limit, reading);
}

static int read_pair(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct reading *reading = target;
    const struct tw_setting_row *row = tw_setting_find(tw_yaml_scalar(name));
    if (name->type != YAML_SCALAR_NODE)
        return tw_yaml_fail(yaml, name, "a key must be a text");
    if (tw_span_equals(tw_yaml_scalar(name), "limits"))
        return read_limits(yaml, name, value, reading);
    if (!row)
        return unknown(yaml, name);
    if (row->traits & TW_SETTING_NOT_IN_FILE)
        return tw_yaml_fail(
            yaml, name, "\"%s\" is for the command line and the environment", row->name);
    if (reading->seen[row - tw_setting_at(0)])
        return twice(yaml, name, row->name);
    reading->seen[row - tw_setting_at(0)] = true;
    return read_setting(yaml, row, value, reading->settings);
}

int tw_settings_read_text(
    struct tw_settings *settings, const char *name, struct tw_span text, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep)
    struct tw_arena *arena = tw_arena_new(FILE_BYTES_MAX + text.n * ARENA_TIMES);
    if (!arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_err unused;
    struct tw_yaml yaml = {.arena = arena, .err = err ? err : &unused, .name = name};
    struct reading reading = {.settings = settings};
    int r = tw_yaml_open(&yaml, text);
    if (r < 0)
        return r;
    const yaml_node_t *root = tw_yaml_root(&yaml);
    if (root)
        r = tw_yaml_pairs(&yaml, root, "settings to values", read_pair, &reading);
    tw_yaml_close(&yaml);
    return r;
}

static int use_default(struct tw_settings *settings, struct tw_err *err)
{
    if (access(TW_CONFIG_DEFAULT, F_OK) < 0)
        return 0;
    settings->config = strdup(TW_CONFIG_DEFAULT);
    return settings->config ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

int tw_settings_read_file(
    struct tw_settings *settings, enum tw_settings_program program, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(FILE_BYTES_MAX);
    int r = program == TW_FOR_DAEMON && !settings->config ? use_default(settings, err) : 0;
    if (r < 0 || !settings->config || !*settings->config)
        return r;
    r = tw_document_read(settings->config, "1 MiB", &text, err);
    return r < 0 ? tw_err_wrap(err, r, "config")
                 : tw_settings_read_text(settings, settings->config, tw_buf_span(&text), err);
}
