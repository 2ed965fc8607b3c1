#include "scanner/inventory/gobin_json.h"

#include <string.h>

#include "scanner/base/base64.h"
#include "scanner/base/json.h"

// What comes back from the cage may be a lie: words out of the known sets only, all else as text.
static const char *const go_sources[] = {"buildinfo", "modinfo", "buildversion", "pclntab", NULL};
static const char *const confidences[] = {"certain", "inferred", NULL};
static const char *const version_sources[] = {"module", "ldflags", "symbol", NULL};
static const char *const goroot_sources[] = {"symbol", "ldflags", "pclntab", "trimmed", NULL};
static const char *const line_sources[] = {"default_godebug", NULL};

static const char *const record_keys[] = {"format", "os", "arch", "is_go", "go", "main", "modules",
    "settings", "default_godebug", "goroot", "go_line", "functions", "links", "calls", "source_dir",
    "notes", NULL};
static const char *const go_keys[] = {
    "version", "release", "experiments", "vendor", "devel", "source", "confidence", "range", NULL};
static const char *const main_keys[] = {"path", "module", "version", NULL};
static const char *const module_keys[] = {"path", "version", "sum", "replace", NULL};
static const char *const functions_keys[] = {"count", "source", "names", NULL};
static const char *const note_keys[] = {"code", "message", NULL};

enum { ITEMS_MAX = 200000, NOTES_MAX = 1000 };

// ---- out ----

static json_t *module_json(const struct tw_module *m)
{
    if (!m)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o}", "path", m->path, "version",
        tw_json_or_null(m->version), "sum", tw_json_or_null(m->sum), "replace",
        module_json(m->replace));
}

static json_t *strings_json(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *modules_json(const struct tw_gobin *bin)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < bin->module_count; i++)
        json_array_append_new(list, module_json(&bin->modules[i]));
    return list;
}

// Of repeated keys the first one counts, as tw_gobin_setting() has it.
static json_t *settings_json(const struct tw_gobin *bin)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < bin->setting_count; i++) {
        if (!json_object_get(object, bin->settings[i].key))
            json_object_set_new(object, bin->settings[i].key, json_string(bin->settings[i].value));
    }
    return object;
}

// "a=1,b=2" as an object; of repeated keys the last one counts, as it does for the runtime.
static json_t *default_godebug_json(const struct tw_gobin *bin)
{
    json_t *object = json_object();
    const char *text = tw_gobin_setting(bin, "DefaultGODEBUG");
    while (object && text && *text) {
        size_t n = strcspn(text, ","), key = strcspn(text, "=,");
        if (key < n)
            json_object_setn_new(object, text, key, json_stringn(text + key + 1, n - key - 1));
        text += n + (text[n] == ',');
    }
    return object;
}

static json_t *notes_json(const struct tw_gobin *bin)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < bin->note_count; i++)
        json_array_append_new(list,
            json_pack("{s:s, s:s}", "code", bin->notes[i].code, "message", bin->notes[i].message));
    return list;
}

static json_t *go_json(const struct tw_gobin *bin)
{
    json_t *go = json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "version",
        tw_json_or_null(bin->go.version), "release", tw_json_or_null(bin->go.release),
        "experiments", strings_json(bin->go.experiments, bin->go.experiment_count), "vendor",
        tw_json_or_null(bin->go.vendor), "devel", bin->go.devel, "source",
        tw_json_or_null(bin->go.source), "confidence", tw_json_or_null(bin->go.confidence));
    if (go && bin->go.range_from)
        json_object_set_new(go, "range",
            json_pack("[s, o]", bin->go.range_from, tw_json_or_null(bin->go.range_to)));
    return go;
}

static json_t *pair_json(const char *name, const char *value, const char *source)
{
    return json_pack("{s:o, s:o}", name, tw_json_or_null(value), "source", tw_json_or_null(source));
}

static json_t *main_json(const struct tw_gobin *bin)
{
    return json_pack("{s:o, s:o, s:o}", "path", tw_json_or_null(bin->main_path), "module",
        module_json(bin->main_module), "version",
        pair_json("value", bin->main_version, bin->main_version_source));
}

static json_t *functions_json(const struct tw_gobin *bin)
{
    if (!bin->functions_known)
        return json_null();
    return json_pack("{s:I, s:s}", "count", (json_int_t)bin->function_count, "source", "pclntab");
}

// The packed names are for the inventory; a report says how many there are.
int tw_gobin_add_names(json_t *json, const struct tw_gobin *bin)
{
    json_t *functions = json_object_get(json, "functions");
    if (bin->function_names.n == 0 || !json_is_object(functions))
        return 0;
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(bin->function_names.n / 3 * 4 + 4);
    int r = tw_base64_encode(bin->function_names, &text);
    if (r == 0)
        r = json_object_set_new(functions, "names", json_stringn_nocheck(text.data, text.size)) == 0
                ? 0
                : TW_E_NOMEM;
    return r;
}

json_t *tw_gobin_to_json(const struct tw_gobin *bin)
{
    json_t *json = json_pack("{s:o, s:o, s:o, s:b}", "format",
        tw_json_or_null(tw_format_name(bin->format)), "os", tw_json_or_null(bin->os), "arch",
        tw_json_or_null(bin->arch), "is_go", bin->is_go);
    if (!json)
        return NULL;
    if (bin->is_go) {
        json_object_set_new(json, "go", go_json(bin));
        json_object_set_new(json, "main", main_json(bin));
        json_object_set_new(json, "modules", modules_json(bin));
        json_object_set_new(json, "settings", settings_json(bin));
        json_object_set_new(json, "default_godebug", default_godebug_json(bin));
        json_object_set_new(json, "goroot", pair_json("value", bin->goroot, bin->goroot_source));
        json_object_set_new(
            json, "go_line", pair_json("at_most", bin->go_line_at_most, bin->go_line_source));
        json_object_set_new(json, "functions", functions_json(bin));
        json_object_set_new(json, "links", strings_json(bin->links, bin->link_count));
        json_object_set_new(json, "calls", strings_json(bin->calls, bin->call_count));
        json_object_set_new(json, "source_dir", tw_json_or_null(bin->source_dir));
    }
    json_object_set_new(json, "notes", notes_json(bin));
    return json;
}

// ---- in ----

struct reader {
    struct tw_arena *arena;
    struct tw_err *err;
    int status; // first failure, sticky
};

static void fail_as(struct reader *r, const char *field, const char *why)
{
    if (r->status == 0)
        r->status = tw_err_set(r->err, TW_E_CAGE, "field \"%.80s\" %s", field, why);
}

static void fail(struct reader *r, const char *field)
{
    fail_as(r, field, "is not as it should be");
}

// The arena's ceiling, which a liar may aim at.
static void fail_full(struct reader *r, const char *field)
{
    fail_as(r, field, "does not fit into memory");
}

// No other keys than these.
static void check_keys(
    struct reader *r, const json_t *object, const char *const *names, const char *field)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *const *name = names;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name)
            fail_as(r, field, "has a field that is not known");
    }
}

static const char *keep(struct reader *r, const json_t *value, const char *field)
{
    if (!value || json_is_null(value))
        return NULL;
    const char *text = json_string_value(value);
    if (!text) {
        fail(r, field);
        return NULL;
    }
    const char *copy = tw_arena_strndup(r->arena, text, json_string_length(value));
    if (!copy)
        fail_full(r, field);
    return copy;
}

static const char *text_at(struct reader *r, const json_t *object, const char *field)
{
    return keep(r, json_object_get(object, field), field);
}

// A word of a set, as the set's own constant.
static const char *word_at(
    struct reader *r, const json_t *object, const char *field, const char *const *set)
{
    const json_t *value = json_object_get(object, field);
    if (!value || json_is_null(value))
        return NULL;
    const char *text = json_string_value(value);
    for (; text && *set; set++) {
        if (strcmp(text, *set) == 0)
            return *set;
    }
    fail(r, field);
    return NULL;
}

static bool bool_at(struct reader *r, const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    if (!json_is_boolean(value))
        fail(r, field);
    return json_is_true(value);
}

// The object or array at `field`; NULL when it is null or absent, a failure when it is another.
static const json_t *typed_at(
    struct reader *r, const json_t *object, const char *field, json_type type)
{
    const json_t *value = json_object_get(object, field);
    if (!value || json_is_null(value))
        return NULL;
    if (json_typeof(value) != type || json_array_size(value) > ITEMS_MAX) {
        fail(r, field);
        return NULL;
    }
    return value;
}

static struct tw_module read_module(struct reader *r, const json_t *json, unsigned depth)
{
    struct tw_module m = {.path = text_at(r, json, "path"),
        .version = text_at(r, json, "version"),
        .sum = text_at(r, json, "sum")};
    if (!m.path)
        fail(r, "path");
    check_keys(r, json, module_keys, "module");
    const json_t *replace = typed_at(r, json, "replace", JSON_OBJECT);
    if (replace && depth > 0)
        fail(r, "replace");
    if (r->status == 0 && replace) {
        m.replace = tw_arena_alloc(r->arena, sizeof *m.replace);
        if (m.replace)
            *m.replace = read_module(r, replace, depth + 1);
        else
            fail_full(r, "replace");
    }
    return m;
}

static void read_strings(
    struct reader *r, const json_t *object, const char *field, const char ***items, size_t *count)
{
    const json_t *list = typed_at(r, object, field, JSON_ARRAY);
    for (size_t i = 0; r->status == 0 && i < json_array_size(list); i++) {
        const char **slot = tw_arena_push(r->arena, items, count);
        if (slot)
            *slot = keep(r, json_array_get(list, i), field);
        if (!slot)
            fail_full(r, field);
        else if (!*slot)
            fail(r, field);
    }
}

static void read_modules(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *list = typed_at(r, json, "modules", JSON_ARRAY);
    for (size_t i = 0; r->status == 0 && i < json_array_size(list); i++) {
        struct tw_module *m = tw_arena_push(r->arena, &bin->modules, &bin->module_count);
        if (m)
            *m = read_module(r, json_array_get(list, i), 0);
        else
            fail_full(r, "modules");
    }
}

static void read_settings(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *object = typed_at(r, json, "settings", JSON_OBJECT);
    const char *key;
    json_t *value;
    if (json_object_size(object) > ITEMS_MAX)
        fail(r, "settings");
    json_object_foreach((json_t *)object, key, value)
    {
        if (r->status < 0)
            return;
        struct tw_setting *setting = tw_arena_push(r->arena, &bin->settings, &bin->setting_count);
        if (!setting) {
            fail_full(r, "settings");
            return;
        }
        setting->key = tw_arena_strdup(r->arena, key);
        setting->value = keep(r, value, "settings");
        if (!setting->key || !setting->value)
            fail(r, "settings");
    }
}

static void read_notes(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *list = typed_at(r, json, "notes", JSON_ARRAY);
    if (json_array_size(list) > NOTES_MAX)
        fail(r, "notes");
    for (size_t i = 0; r->status == 0 && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct tw_note *note = tw_arena_push(r->arena, &bin->notes, &bin->note_count);
        if (!note) {
            fail_full(r, "notes");
            return;
        }
        check_keys(r, item, note_keys, "notes");
        note->code = text_at(r, item, "code");
        note->message = text_at(r, item, "message");
        if (!note->code || !note->message)
            fail(r, "notes");
    }
}

static void read_go(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *go = typed_at(r, json, "go", JSON_OBJECT);
    if (!go) {
        fail(r, "go");
        return;
    }
    check_keys(r, go, go_keys, "go");
    bin->go.version = text_at(r, go, "version");
    bin->go.release = text_at(r, go, "release");
    bin->go.vendor = text_at(r, go, "vendor");
    bin->go.devel = bool_at(r, go, "devel");
    bin->go.source = word_at(r, go, "source", go_sources);
    bin->go.confidence = word_at(r, go, "confidence", confidences);
    read_strings(r, go, "experiments", &bin->go.experiments, &bin->go.experiment_count);
    const json_t *range = typed_at(r, go, "range", JSON_ARRAY);
    if (range && json_array_size(range) != 2)
        fail(r, "range");
    bin->go.range_from = keep(r, json_array_get(range, 0), "range");
    bin->go.range_to = keep(r, json_array_get(range, 1), "range");
}

static void read_main(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *main = typed_at(r, json, "main", JSON_OBJECT);
    const json_t *module = typed_at(r, main, "module", JSON_OBJECT);
    const json_t *version = typed_at(r, main, "version", JSON_OBJECT);
    check_keys(r, main, main_keys, "main");
    bin->main_path = text_at(r, main, "path");
    bin->main_version = text_at(r, version, "value");
    bin->main_version_source = word_at(r, version, "source", version_sources);
    if (!module)
        return;
    bin->main_module = tw_arena_alloc(r->arena, sizeof *bin->main_module);
    if (bin->main_module)
        *bin->main_module = read_module(r, module, 0);
    else
        fail_full(r, "module");
}

static void read_facts(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *goroot = typed_at(r, json, "goroot", JSON_OBJECT);
    const json_t *line = typed_at(r, json, "go_line", JSON_OBJECT);
    const json_t *functions = typed_at(r, json, "functions", JSON_OBJECT);
    bin->goroot = text_at(r, goroot, "value");
    bin->goroot_source = word_at(r, goroot, "source", goroot_sources);
    bin->go_line_at_most = text_at(r, line, "at_most");
    bin->go_line_source = word_at(r, line, "source", line_sources);
    bin->functions_known = functions != NULL;
    const json_t *count = json_object_get(functions, "count");
    check_keys(r, functions, functions_keys, "functions");
    if (functions && (!json_is_integer(count) || json_integer_value(count) < 0))
        fail(r, "functions");
    bin->function_count = (uint64_t)json_integer_value(count);
}

static void read_names(struct reader *r, const json_t *json, struct tw_gobin *bin)
{
    const json_t *names = json_object_get(json_object_get(json, "functions"), "names");
    size_t size = json_string_length(names);
    if (!names)
        return;
    TW_AUTO(tw_buf_done) struct tw_buf packed = TW_BUF(size + 1);
    if (!tw_base64_decode(tw_span_of(json_string_value(names), size), &packed) ||
        packed.size == 0) {
        fail(r, "names");
        return;
    }
    const char *kept = tw_arena_strndup(r->arena, packed.data, packed.size);
    if (kept)
        bin->function_names = tw_span_of(kept, packed.size);
    else
        fail_full(r, "names");
}

static enum tw_format format_at(struct reader *r, const json_t *json)
{
    const json_t *value = json_object_get(json, "format");
    if (!value || json_is_null(value))
        return TW_FORMAT_UNKNOWN;
    for (int f = TW_FORMAT_ELF; tw_format_name((enum tw_format)f); f++) {
        const char *name = tw_format_name((enum tw_format)f);
        if (json_is_string(value) && strcmp(json_string_value(value), name) == 0)
            return (enum tw_format)f;
    }
    fail(r, "format");
    return TW_FORMAT_UNKNOWN;
}

int tw_gobin_from_json(
    const json_t *json, struct tw_arena *arena, struct tw_gobin *ret_bin, struct tw_err *err)
{
    struct reader r = {.arena = arena, .err = err};
    struct tw_gobin bin = {0};
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_CAGE, "a binary's record is no object");
    check_keys(&r, json, record_keys, "record");
    bin.format = format_at(&r, json);
    bin.os = text_at(&r, json, "os");
    bin.arch = text_at(&r, json, "arch");
    bin.is_go = bool_at(&r, json, "is_go");
    if (bin.is_go) {
        read_go(&r, json, &bin);
        read_main(&r, json, &bin);
        read_modules(&r, json, &bin);
        read_settings(&r, json, &bin);
        read_facts(&r, json, &bin);
        read_names(&r, json, &bin);
        read_strings(&r, json, "links", &bin.links, &bin.link_count);
        read_strings(&r, json, "calls", &bin.calls, &bin.call_count);
        bin.source_dir = text_at(&r, json, "source_dir");
    }
    read_notes(&r, json, &bin);
    if (r.status < 0)
        return r.status;
    *ret_bin = bin;
    return 0;
}
