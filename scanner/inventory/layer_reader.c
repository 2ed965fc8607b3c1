#include "scanner/inventory/layer_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/text.h"

int tw_reader_init(struct tw_reader *r)
{
    r->inv = calloc(1, sizeof *r->inv);
    r->scratch = tw_arena_new(UINT64_MAX);
    if (!r->inv || !r->scratch || !(r->inv->arena = tw_arena_new(r->limits->inventory_bytes)))
        return tw_reader_no_memory(r);
    r->inv->complete = true;
    return 0;
}

void tw_reader_done(struct tw_reader *r)
{
    tw_tar_free(r->tar);
    tw_parts_free(r->parts);
    tw_decompress_free(r->source);
    tw_arena_free(r->scratch);
    tw_keyset_done(&r->keys);
    tw_replaced_done(&r->replaced);
    free(r->files.at);
    free(r->symlinks.at);
    free(r->hardlinks.at);
    free(r->version_files.at);
    free(r->texts.at);
    free(r->body);
    tw_layer_inventory_free(r->inv);
}

int tw_reader_data(
    struct tw_reader *r, const void **ret_bytes, size_t *ret_size, struct tw_err *err)
{
    return r->parts ? tw_parts_data(r->parts, ret_bytes, ret_size, err)
                    : tw_tar_data(r->tar, ret_bytes, ret_size, err);
}

int tw_reader_no_memory(struct tw_reader *r)
{
    return tw_err_set(r->err, TW_E_NOMEM, "out of memory");
}

// The inventory's arena gave nothing.
int tw_reader_arena_full(struct tw_reader *r)
{
    if (!tw_arena_is_full(r->inv->arena))
        return tw_reader_no_memory(r);
    return tw_err_set(r->err, TW_E_LIMIT,
        "the layer's inventory needs more than %" PRIu64 " bytes (limit inventory_bytes)",
        r->limits->inventory_bytes);
}

int tw_reader_note(
    struct tw_reader *r, const char *path, const char *code, bool incomplete, const char *fmt, ...)
{
    struct tw_layer_inventory *inv = r->inv;
    if (incomplete)
        inv->complete = false;
    if (inv->note_count >= r->limits->layer_notes) {
        inv->notes_dropped++;
        return 0;
    }
    char text[sizeof(struct tw_err)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    // Libraries may quote the archive in their messages.
    struct tw_layer_note *n = tw_arena_push(inv->arena, &inv->notes, &inv->note_count);
    if (!n || !(n->message = tw_text_escape(inv->arena, tw_span_str(text))) ||
        !(n->code = tw_arena_strdup(inv->arena, code)) ||
        (path && !(n->path = tw_arena_strdup(inv->arena, path))))
        return tw_reader_arena_full(r);
    n->incomplete = incomplete;
    return 0;
}

int tw_reader_damage(struct tw_reader *r, const char *path, const struct tw_err *why)
{
    switch (why->code) {
    case TW_E_FORMAT:
    case TW_E_TRUNCATED:
    case TW_E_LIMIT:
    case TW_E_UNSUPPORTED:
        return tw_reader_note(r, path, tw_err_name(why->code), true, "%s", why->msg);
    default:
        if (r->err)
            *r->err = *why;
        return why->code;
    }
}

int tw_reader_remember(struct tw_reader *r, struct tw_origins *origins)
{
    if (origins->count == origins->capacity) {
        size_t capacity = origins->capacity ? origins->capacity * 2 : 64;
        uint64_t *grown = reallocarray(origins->at, capacity, sizeof *grown);
        if (!grown)
            return tw_reader_no_memory(r);
        origins->at = grown;
        origins->capacity = capacity;
    }
    origins->at[origins->count++] = r->inv->entries;
    return 0;
}

// Takes out of an array what later entries replaced.
static size_t drop_replaced(const struct tw_replaced *replaced, void *items, size_t count,
    size_t item_size, const char *(*path_of)(const void *item, char **ret_free),
    const struct tw_origins *origins)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        TW_AUTO(tw_freep) char *made = NULL;
        char *item = (char *)items + i * item_size;
        if (tw_replaced_after(replaced, path_of(item, &made), origins->at[i]))
            continue;
        memmove((char *)items + kept++ * item_size, item, item_size);
    }
    return kept;
}

static const char *path_of_file(const void *item, char **ret_free)
{
    (void)ret_free;
    return ((const struct tw_file *)item)->path;
}

static const char *path_of_link(const void *item, char **ret_free)
{
    (void)ret_free;
    return ((const struct tw_link *)item)->path;
}

static const char *path_of_text(const void *item, char **ret_free)
{
    (void)ret_free;
    return ((const struct tw_text_file *)item)->path;
}

static const char *path_of_version(const void *item, char **ret_free)
{
    const char *root = ((const struct tw_version_file *)item)->root;
    if (asprintf(ret_free, "%s%sVERSION", root, root[0] ? "/" : "") < 0)
        *ret_free = NULL;
    return *ret_free ? *ret_free : root;
}

int tw_reader_finish(struct tw_reader *r)
{
    struct tw_layer_inventory *inv = r->inv;
    struct tw_replaced *list = &r->replaced;
    tw_replaced_sort(list);
    if (list->count > 0) {
        inv->file_count = drop_replaced(
            list, inv->files, inv->file_count, sizeof *inv->files, path_of_file, &r->files);
        inv->symlink_count = drop_replaced(list, inv->symlinks, inv->symlink_count,
            sizeof *inv->symlinks, path_of_link, &r->symlinks);
        inv->hardlink_count = drop_replaced(list, inv->hardlinks, inv->hardlink_count,
            sizeof *inv->hardlinks, path_of_link, &r->hardlinks);
        inv->version_file_count = drop_replaced(list, inv->version_files, inv->version_file_count,
            sizeof *inv->version_files, path_of_version, &r->version_files);
        inv->text_count = drop_replaced(
            list, inv->texts, inv->text_count, sizeof *inv->texts, path_of_text, &r->texts);
    }
    inv->path_keys = tw_keyset_take_sorted(&r->keys, inv->arena, &inv->path_key_count);
    return inv->path_keys ? 0 : tw_reader_arena_full(r);
}
