// An image's inventory as JSON, for the store. What comes back in is checked like anything else.
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/inventory/field.h"
#include "scanner/inventory/gobin_json.h"
#include "scanner/inventory/image.h"
#include "scanner/inventory/text_json.h"

enum { ITEMS_MAX = 10000000 }; // of any list; the arena's limit comes first

static const char *const image_keys[] = {"digest", "media_type", "os", "architecture", "variant",
    "created", "layers", "env", "entrypoint", "cmd_at", "labels", "binaries", "toolchains", "texts",
    "certificates", "zone_data", "status", "notes", NULL};
static const char *const layer_keys[] = {"digest", "media_type", "size_bytes", "created_by", NULL};
static const char *const env_keys[] = {"name", "value", "instruction", "history", NULL};
static const char *const binary_keys[] = {
    "path", "aliases", "layer", "size_bytes", "sha256", "record", NULL};
static const char *const toolchain_keys[] = {"root", "version", "layer", NULL};
static const char *const note_keys[] = {"layer", "path", "code", "message", "incomplete", NULL};

// ---- out ----

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *layers_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->layer_count; i++) {
        const struct tw_image_layer *layer = &image->layers[i];
        json_array_append_new(list,
            json_pack("{s:s, s:o, s:I, s:o}", "digest", layer->digest.text, "media_type",
                tw_json_or_null(layer->media_type), "size_bytes", (json_int_t)layer->size_bytes,
                "created_by", tw_json_or_null(layer->created_by)));
    }
    return list;
}

static json_t *labels_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->label_count; i++)
        json_array_append_new(
            list, json_pack("[s, s]", image->labels[i].name, image->labels[i].value));
    return list;
}

// "history" counts from 1; 0: not known.
static json_t *env_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->env_count; i++) {
        const struct tw_env_var *var = &image->env[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:I}", "name", var->name, "value", var->value,
                      "instruction", tw_json_or_null(var->instruction), "history",
                      (json_int_t)(var->history_index + 1)));
    }
    return list;
}

static json_t *binaries_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *binary = &image->binaries[i];
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:I, s:s, s:o}", "path", binary->path, "aliases",
                      texts_json(binary->aliases, binary->alias_count), "layer",
                      tw_json_or_null(binary->layer), "size_bytes", (json_int_t)binary->size_bytes,
                      "sha256", binary->sha256.text, "record", tw_gobin_to_json(binary->bin)));
    }
    return list;
}

static json_t *toolchains_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->toolchain_count; i++) {
        const struct tw_toolchain *toolchain = &image->toolchains[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o}", "root", toolchain->root, "version",
                      toolchain->version, "layer", tw_json_or_null(toolchain->layer)));
    }
    return list;
}

static json_t *notes_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s, s:s, s:b}", "layer", tw_json_or_null(note->layer),
                      "path", tw_json_or_null(note->path), "code", note->code, "message",
                      note->message, "incomplete", note->incomplete));
    }
    return list;
}

int tw_image_inventory_to_json(
    const struct tw_image_inventory *image, struct tw_buf *out, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, "
                             "s:o, s:o, s:o, s:s, s:o}",
        "digest", image->digest.text, "media_type", tw_json_or_null(image->media_type), "os",
        tw_json_or_null(image->os), "architecture", tw_json_or_null(image->architecture), "variant",
        tw_json_or_null(image->variant), "created", tw_json_or_null(image->created), "layers",
        layers_json(image), "env", env_json(image), "entrypoint",
        texts_json(image->entrypoint, image->entrypoint_count), "cmd_at", (json_int_t)image->cmd_at,
        "labels", labels_json(image), "binaries", binaries_json(image), "toolchains",
        toolchains_json(image), "texts", tw_texts_json(image->texts, image->text_count),
        "certificates", tw_json_or_null(image->certificates), "zone_data",
        tw_json_or_null(image->zone_data), "status", tw_completeness_name(image->status), "notes",
        notes_json(image));
    return tw_field_dump(json, failures, out, err);
}

// ---- in ----

enum { MAYBE = TW_FIELD_ANY | TW_FIELD_NULL };

// Reads the list `name` item by item; `size` is that of one item of *ret_items.
typedef int (*read_item)(const struct tw_field *f, void *item);

static int read_list(const struct tw_field *top, const char *name, const char *const *keys,
    size_t size, read_item read, void **ret_items, size_t *ret_count)
{
    const json_t *list;
    int r = tw_field_array(top, name, ITEMS_MAX, &list);
    if (r < 0)
        return r;
    size_t count = json_array_size(list);
    char *items = tw_arena_alloc(top->arena, count * size + 1);
    if (!items)
        return tw_field_fail(top, name, "does not fit into memory");
    for (size_t i = 0; i < count && r == 0; i++) {
        struct tw_field f = {.object = json_array_get(list, i),
            .where = name,
            .index = i,
            .arena = top->arena,
            .err = top->err};
        r = tw_field_keys(&f, keys);
        if (r == 0)
            r = read(&f, items + i * size);
    }
    *ret_items = count > 0 ? items : NULL;
    *ret_count = count;
    return r;
}

static int read_layer(const struct tw_field *f, void *item)
{
    struct tw_image_layer *layer = item;
    int r;
    if ((r = tw_field_digest(f, "digest", false, &layer->digest)) < 0 ||
        (r = tw_field_text(f, "media_type", MAYBE, &layer->media_type)) < 0 ||
        (r = tw_field_u64(f, "size_bytes", &layer->size_bytes)) < 0)
        return r;
    return tw_field_text(f, "created_by", MAYBE, &layer->created_by);
}

static int read_env(const struct tw_field *f, void *item)
{
    struct tw_env_var *var = item;
    uint64_t history = 0;
    int r;
    if ((r = tw_field_text(f, "name", TW_FIELD_ANY, &var->name)) < 0 ||
        (r = tw_field_text(f, "value", TW_FIELD_ANY, &var->value)) < 0 ||
        (r = tw_field_text(f, "instruction", MAYBE, &var->instruction)) < 0 ||
        (r = tw_field_u64(f, "history", &history)) < 0)
        return r;
    if (history > ITEMS_MAX)
        return tw_field_fail(f, "history", "is too large");
    var->history_index = (int64_t)history - 1;
    return 0;
}

static int read_binary(const struct tw_field *f, void *item)
{
    struct tw_image_binary *binary = item;
    struct tw_gobin *bin = tw_arena_alloc(f->arena, sizeof *bin);
    int r;
    if (!bin)
        return tw_field_fail(f, "record", "does not fit into memory");
    if ((r = tw_field_text(f, "path", TW_FIELD_PATH, &binary->path)) < 0 ||
        (r = tw_field_texts(
             f, "aliases", ITEMS_MAX, TW_FIELD_PATH, &binary->aliases, &binary->alias_count)) < 0 ||
        (r = tw_field_text(f, "layer", MAYBE, &binary->layer)) < 0 ||
        (r = tw_field_u64(f, "size_bytes", &binary->size_bytes)) < 0 ||
        (r = tw_field_digest(f, "sha256", false, &binary->sha256)) < 0 ||
        (r = tw_gobin_from_json(json_object_get(f->object, "record"), f->arena, bin, f->err)) < 0)
        return r;
    binary->bin = bin;
    return 0;
}

// Those who look for a program by its path rely on the order.
static int check_order(const struct tw_field *f, const struct tw_image_inventory *image)
{
    for (size_t i = 1; i < image->binary_count; i++) {
        if (strcmp(image->binaries[i - 1].path, image->binaries[i].path) > 0)
            return tw_field_fail(f, "binaries", "is not sorted by path");
    }
    return 0;
}

static int read_toolchain(const struct tw_field *f, void *item)
{
    struct tw_toolchain *toolchain = item;
    int r;
    if ((r = tw_field_text(f, "root", TW_FIELD_PATH, &toolchain->root)) < 0 ||
        (r = tw_field_text(f, "version", TW_FIELD_ANY, &toolchain->version)) < 0)
        return r;
    return tw_field_text(f, "layer", MAYBE, &toolchain->layer);
}

static int read_note(const struct tw_field *f, void *item)
{
    struct tw_completeness_note *note = item;
    int r;
    if ((r = tw_field_text(f, "layer", MAYBE, &note->layer)) < 0 ||
        (r = tw_field_text(f, "path", MAYBE, &note->path)) < 0 ||
        (r = tw_field_text(f, "code", TW_FIELD_WORD, &note->code)) < 0 ||
        (r = tw_field_text(f, "message", TW_FIELD_ANY, &note->message)) < 0)
        return r;
    return tw_field_bool(f, "incomplete", &note->incomplete);
}

static int read_status(const struct tw_field *f, enum tw_completeness *ret_status)
{
    const char *text;
    int r = tw_field_text(f, "status", TW_FIELD_WORD, &text);
    for (int s = TW_COMPLETE; r == 0 && s <= TW_FAILED; s++) {
        if (strcmp(text, tw_completeness_name((enum tw_completeness)s)) == 0) {
            *ret_status = (enum tw_completeness)s;
            return 0;
        }
    }
    return r < 0 ? r : tw_field_fail(f, "status", "is no status");
}

#define LIST(name, keys, field, count, read)                                                       \
    read_list(f, name, keys, sizeof *image->field, read, (void **)&image->field, &image->count)

static int read_labels(const struct tw_field *f, struct tw_image_inventory *image)
{
    static const int kinds[] = {TW_FIELD_ANY, TW_FIELD_ANY};
    const char **cells;
    int r = tw_field_rows(f, "labels", ITEMS_MAX, 2, kinds, &cells, &image->label_count);
    image->labels = r == 0 ? (struct tw_label *)(void *)cells : NULL;
    return r;
}
_Static_assert(sizeof(struct tw_label) == 2 * sizeof(char *), "two texts");

static int read_command(const struct tw_field *f, struct tw_image_inventory *image)
{
    uint64_t at = 0;
    int r = tw_field_texts(
        f, "entrypoint", ITEMS_MAX, TW_FIELD_ANY, &image->entrypoint, &image->entrypoint_count);
    if (r == 0)
        r = tw_field_u64(f, "cmd_at", &at);
    if (r == 0 && at > image->entrypoint_count)
        r = tw_field_fail(f, "cmd_at", "is past the end of entrypoint");
    image->cmd_at = (size_t)at;
    return r;
}

static int read_image(
    const struct tw_field *f, const struct tw_limits *limits, struct tw_image_inventory *image)
{
    int r;
    if ((r = tw_field_keys(f, image_keys)) < 0 ||
        (r = tw_field_digest(f, "digest", true, &image->digest)) < 0 ||
        (r = tw_field_text(f, "media_type", MAYBE, &image->media_type)) < 0 ||
        (r = tw_field_text(f, "os", MAYBE, &image->os)) < 0 ||
        (r = tw_field_text(f, "architecture", MAYBE, &image->architecture)) < 0 ||
        (r = tw_field_text(f, "variant", MAYBE, &image->variant)) < 0 ||
        (r = tw_field_text(f, "created", MAYBE, &image->created)) < 0 ||
        (r = LIST("layers", layer_keys, layers, layer_count, read_layer)) < 0 ||
        (r = LIST("env", env_keys, env, env_count, read_env)) < 0 ||
        (r = read_command(f, image)) < 0 ||
        (r = LIST("binaries", binary_keys, binaries, binary_count, read_binary)) < 0 ||
        (r = check_order(f, image)) < 0 ||
        (r = LIST("toolchains", toolchain_keys, toolchains, toolchain_count, read_toolchain)) < 0 ||
        (r = read_labels(f, image)) < 0 ||
        (r = tw_texts_take(f, "texts", limits, ITEMS_MAX, &image->texts, &image->text_count)) < 0 ||
        (r = tw_field_text(f, "certificates", MAYBE, &image->certificates)) < 0 ||
        (r = tw_field_text(f, "zone_data", MAYBE, &image->zone_data)) < 0 ||
        (r = read_status(f, &image->status)) < 0)
        return r;
    return LIST("notes", note_keys, notes, note_count, read_note);
}

int tw_image_inventory_from_json(struct tw_span text, const struct tw_limits *limits,
    struct tw_image_inventory **ret_image, struct tw_err *err)
{
    json_t *json = NULL;
    uint64_t limit = limits->image_inventory_bytes;
    int r = tw_json_parse(text,
        (struct tw_json_caps){limit, limits->json_depth, limits->inventory_values}, &json, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(limit);
    struct tw_image_inventory *image = arena ? tw_arena_alloc(arena, sizeof *image) : NULL;
    struct tw_field top = {.object = json, .arena = arena, .err = err};
    uint64_t failures = tw_mem_failures;
    r = image ? read_image(&top, limits, image) : tw_err_set(err, TW_E_NOMEM, "out of memory");
    json_decref(json);
    if (tw_mem_failures != failures)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    // The readers of fields speak of the cage; this text comes from the store.
    if (r == TW_E_CAGE)
        return err ? err->code = TW_E_FORMAT : TW_E_FORMAT;
    if (r < 0)
        return r;
    image->arena = TW_TAKE(arena);
    *ret_image = image;
    return 0;
}
