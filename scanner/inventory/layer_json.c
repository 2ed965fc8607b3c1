// struct tw_layer_inventory as JSON. Written by the cage, which may have been taken over: what
// comes back in is believed in nothing.
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/inventory/field.h"
#include "scanner/inventory/gobin_json.h"
#include "scanner/inventory/layer.h"
#include "scanner/inventory/path.h"
#include "scanner/inventory/text_json.h"

static const char *const layer_keys[] = {"reader", "compression", "in_bytes", "out_bytes",
    "entries", "executables", "texts_read", "complete", "files", "symlinks", "hardlinks",
    "whiteouts", "opaques", "version_files", "texts", "notes", "notes_dropped", "path_keys", NULL};
static const char *const file_keys[] = {"path", "size_bytes", "sha256", "records", NULL};
static const char *const note_keys[] = {"path", "code", "message", "incomplete", NULL};

static const char *const compressions[] = {"gzip", "zstd", "none"};

// An executable that holds programs for more architectures than this is refused.
enum { RECORDS_MAX = 256 };

// ---- out ----

static json_t *pairs_json(const void *pairs, size_t count)
{
    // tw_link and tw_version_file are both two texts.
    const char *const *texts = pairs;
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_pack("[s, s]", texts[2 * i], texts[2 * i + 1]));
    return list;
}
_Static_assert(sizeof(struct tw_link) == 2 * sizeof(char *), "two texts");
_Static_assert(sizeof(struct tw_version_file) == 2 * sizeof(char *), "two texts");

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *file_json(const struct tw_file *file)
{
    json_t *records = json_array();
    for (size_t i = 0; records && i < file->record_count; i++) {
        json_t *record = tw_gobin_to_json(&file->records[i]);
        if (record && tw_gobin_add_names(record, &file->records[i]) < 0) {
            json_decref(record);
            record = NULL;
        }
        json_array_append_new(records, record);
    }
    return json_pack("{s:s, s:I, s:s, s:o}", "path", file->path, "size_bytes",
        (json_int_t)file->size_bytes, "sha256", file->sha256.text, "records", records);
}

static json_t *files_json(const struct tw_layer_inventory *inv)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < inv->file_count; i++)
        json_array_append_new(list, file_json(&inv->files[i]));
    return list;
}

static json_t *notes_json(const struct tw_layer_inventory *inv)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < inv->note_count; i++) {
        const struct tw_layer_note *n = &inv->notes[i];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:b}", "path", tw_json_or_null(n->path), "code",
                      n->code, "message", n->message, "incomplete", n->incomplete));
    }
    return list;
}

static json_t *keys_json(const struct tw_layer_inventory *inv)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(inv->path_key_count * 11 + 4);
    int r = tw_keys_encode(inv->path_keys, inv->path_key_count, &text);
    return r == 0 ? json_stringn_nocheck(text.data ? text.data : "", text.size) : NULL;
}

int tw_layer_inventory_to_json(
    const struct tw_layer_inventory *inv, struct tw_buf *out, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    json_t *json =
        json_pack("{s:i, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                  "s:o, s:I, s:o}",
            "reader", TW_INVENTORY_READER_VERSION, "compression", tw_json_or_null(inv->compression),
            "in_bytes", (json_int_t)inv->in_bytes, "out_bytes", (json_int_t)inv->out_bytes,
            "entries", (json_int_t)inv->entries, "executables", (json_int_t)inv->executables,
            "texts_read", (json_int_t)inv->texts_read, "complete", inv->complete, "files",
            files_json(inv), "symlinks", pairs_json(inv->symlinks, inv->symlink_count), "hardlinks",
            pairs_json(inv->hardlinks, inv->hardlink_count), "whiteouts",
            texts_json(inv->whiteouts, inv->whiteout_count), "opaques",
            texts_json(inv->opaques, inv->opaque_count), "version_files",
            pairs_json(inv->version_files, inv->version_file_count), "texts",
            tw_texts_json(inv->texts, inv->text_count), "notes", notes_json(inv), "notes_dropped",
            (json_int_t)inv->notes_dropped, "path_keys", keys_json(inv));
    return tw_field_dump(json, failures, out, err);
}

// ---- in ----

static int take_numbers(
    struct tw_layer_inventory *inv, const struct tw_field *f, const struct tw_limits *limits)
{
    uint64_t reader;
    const char *compression;
    int r;
    if ((r = tw_field_u64(f, "reader", &reader)) < 0 ||
        (r = tw_field_u64(f, "in_bytes", &inv->in_bytes)) < 0 ||
        (r = tw_field_u64(f, "out_bytes", &inv->out_bytes)) < 0 ||
        (r = tw_field_u64(f, "entries", &inv->entries)) < 0 ||
        (r = tw_field_u64(f, "executables", &inv->executables)) < 0 ||
        (r = tw_field_u64(f, "texts_read", &inv->texts_read)) < 0 ||
        (r = tw_field_u64(f, "notes_dropped", &inv->notes_dropped)) < 0 ||
        (r = tw_field_bool(f, "complete", &inv->complete)) < 0 ||
        (r = tw_field_text(f, "compression", TW_FIELD_WORD | TW_FIELD_NULL, &compression)) < 0)
        return r;
    if (inv->entries > limits->layer_entries)
        return tw_field_fail(f, "entries", "is more than the limits allow");
    if (reader < tw_layer_inventory_reader(inv, tw_reader_changed_in) ||
        reader > TW_INVENTORY_READER_VERSION)
        return tw_field_fail(f, "reader", "is another version of the reader");
    for (size_t i = 0; compression && i < TW_COUNT(compressions); i++) {
        if (strcmp(compression, compressions[i]) == 0)
            inv->compression = compressions[i];
    }
    if (compression && !inv->compression)
        return tw_field_fail(f, "compression", "is not known");
    return 0;
}

// Counts that the reader keeps to. `names_bytes` adds up over the layer.
static int check_record(const struct tw_gobin *bin, const struct tw_field *f,
    const struct tw_limits *limits, uint64_t *names_bytes)
{
    *names_bytes += bin->function_names.n;
    return bin->module_count > limits->binary_modules
               ? tw_field_fail(f, "records", "has more modules than the limits allow")
           : *names_bytes > limits->layer_names_bytes
               ? tw_field_fail(f, "records", "has longer names than the limits allow")
               : 0;
}

static int take_records(struct tw_file *file, const struct tw_field *f,
    const struct tw_limits *limits, uint64_t *names_bytes)
{
    const json_t *records;
    int r = tw_field_array(f, "records", RECORDS_MAX, &records);
    if (r < 0)
        return r;
    size_t count = json_array_size(records);
    if (count == 0)
        return tw_field_fail(f, "records", "is empty");
    file->records = tw_arena_alloc(f->arena, count * sizeof *file->records);
    if (!file->records)
        return tw_field_fail(f, "records", "does not fit into memory");
    for (size_t i = 0; i < count; i++) {
        r = tw_gobin_from_json(json_array_get(records, i), f->arena, &file->records[i], f->err);
        if (r < 0)
            return tw_err_wrap(f->err, r, "files[%zu].records[%zu]", f->index, i);
        r = check_record(&file->records[i], f, limits, names_bytes);
        if (r < 0)
            return r;
    }
    file->record_count = count;
    return 0;
}

static int take_files(
    struct tw_layer_inventory *inv, const struct tw_field *top, const struct tw_limits *limits)
{
    const json_t *list;
    uint64_t names_bytes = 0;
    int r = tw_field_array(top, "files", limits->layer_binaries, &list);
    if (r < 0)
        return r;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct tw_field f = *top;
        f.object = json_array_get(list, i);
        f.where = "files";
        f.index = i;
        struct tw_file *file = tw_arena_push(inv->arena, &inv->files, &inv->file_count);
        if (!file)
            return tw_field_fail(top, "files", "does not fit into memory");
        if ((r = tw_field_keys(&f, file_keys)) < 0 ||
            (r = tw_field_text(&f, "path", TW_FIELD_PATH, &file->path)) < 0 ||
            (r = tw_field_u64(&f, "size_bytes", &file->size_bytes)) < 0 ||
            (r = tw_field_digest(&f, "sha256", false, &file->sha256)) < 0 ||
            (r = take_records(file, &f, limits, &names_bytes)) < 0)
            return r;
        if (strncmp(file->sha256.text, "sha256:", 7) != 0)
            return tw_field_fail(&f, "sha256", "is another kind of digest");
    }
    return 0;
}

static int take_notes(
    struct tw_layer_inventory *inv, const struct tw_field *top, const struct tw_limits *limits)
{
    const json_t *list;
    int r = tw_field_array(top, "notes", limits->layer_notes, &list);
    if (r < 0)
        return r;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct tw_field f = *top;
        f.object = json_array_get(list, i);
        f.where = "notes";
        f.index = i;
        struct tw_layer_note *n = tw_arena_push(inv->arena, &inv->notes, &inv->note_count);
        if (!n)
            return tw_field_fail(top, "notes", "does not fit into memory");
        if ((r = tw_field_keys(&f, note_keys)) < 0 ||
            (r = tw_field_text(&f, "path", TW_FIELD_PATH | TW_FIELD_NULL, &n->path)) < 0 ||
            (r = tw_field_text(&f, "code", TW_FIELD_WORD, &n->code)) < 0 ||
            (r = tw_field_text(&f, "message", TW_FIELD_LINE, &n->message)) < 0 ||
            (r = tw_field_bool(&f, "incomplete", &n->incomplete)) < 0)
            return r;
        if (n->incomplete && inv->complete)
            return tw_field_fail(top, "complete", "is true, but a note says otherwise");
    }
    return 0;
}

static int take_texts(
    struct tw_layer_inventory *inv, const struct tw_field *top, const struct tw_limits *limits)
{
    int r = tw_texts_take(top, "texts", limits, limits->layer_texts, &inv->texts, &inv->text_count);
    for (size_t i = 0; r == 0 && i < inv->text_count; i++) {
        const struct tw_text_file *text = &inv->texts[i];
        if (!text->path || text->layer || text->kind >= TW_TEXT_HISTORY)
            return tw_field_fail(top, "texts", "has one that no layer has");
    }
    return r;
}

// The lists that are texts or pairs of texts.
static int take_lists(
    struct tw_layer_inventory *inv, const struct tw_field *f, const struct tw_limits *limits)
{
    static const int symlink[] = {TW_FIELD_PATH, TW_FIELD_ESCAPED};
    static const int hardlink[] = {TW_FIELD_PATH, TW_FIELD_PATH};
    static const int version[] = {TW_FIELD_PATH, TW_FIELD_ESCAPED};
    const char **symlinks, **hardlinks, **versions;
    int r;
    if ((r = tw_field_rows(f, "symlinks", limits->layer_symlinks, 2, symlink, &symlinks,
             &inv->symlink_count)) < 0 ||
        (r = tw_field_rows(f, "hardlinks", limits->layer_symlinks, 2, hardlink, &hardlinks,
             &inv->hardlink_count)) < 0 ||
        (r = tw_field_rows(f, "version_files", limits->layer_entries, 2, version, &versions,
             &inv->version_file_count)) < 0 ||
        (r = tw_field_texts(f, "whiteouts", limits->layer_entries, TW_FIELD_PATH, &inv->whiteouts,
             &inv->whiteout_count)) < 0 ||
        (r = tw_field_texts(f, "opaques", limits->layer_entries, TW_FIELD_PATH, &inv->opaques,
             &inv->opaque_count)) < 0)
        return r;
    inv->symlinks = (struct tw_link *)(void *)symlinks;
    inv->hardlinks = (struct tw_link *)(void *)hardlinks;
    inv->version_files = (struct tw_version_file *)(void *)versions;
    if (inv->symlink_count + inv->hardlink_count > limits->layer_symlinks)
        return tw_field_fail(f, "hardlinks", "has more items than the limits allow");
    return 0;
}

static int take_keys(struct tw_layer_inventory *inv, const struct tw_field *f)
{
    const json_t *value = json_object_get(f->object, "path_keys");
    if (!json_is_string(value))
        return tw_field_fail(f, "path_keys", "is no text");
    const char *why;
    inv->path_keys = tw_keys_decode(
        json_string_value(value), json_string_length(value), f->arena, &inv->path_key_count, &why);
    return inv->path_keys ? 0 : tw_field_fail(f, "path_keys", why);
}

int tw_layer_inventory_from_json(struct tw_span text, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    struct tw_err why = {0};
    int r = tw_json_parse(text,
        (struct tw_json_caps){
            limits->inventory_bytes, limits->json_depth, limits->inventory_values},
        &json, &why);
    if (r < 0)
        return tw_err_set(err, r == TW_E_NOMEM ? r : TW_E_CAGE, "%s", why.msg);
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inv = calloc(1, sizeof *inv);
    if (!inv || !(inv->arena = tw_arena_new(limits->inventory_bytes)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_field top = {.object = json, .arena = inv->arena, .err = err};
    uint64_t failures = tw_mem_failures;
    if ((r = tw_field_keys(&top, layer_keys)) < 0 || (r = take_numbers(inv, &top, limits)) < 0 ||
        (r = take_files(inv, &top, limits)) < 0 || (r = take_texts(inv, &top, limits)) < 0 ||
        (r = take_lists(inv, &top, limits)) < 0 || (r = take_notes(inv, &top, limits)) < 0 ||
        (r = take_keys(inv, &top)) < 0 || tw_mem_failures != failures)
        // Where memory was short, it is no lie that was found.
        return tw_mem_failures != failures ? tw_err_set(err, TW_E_NOMEM, "out of memory") : r;
    *ret_inventory = TW_TAKE(inv);
    return 0;
}
