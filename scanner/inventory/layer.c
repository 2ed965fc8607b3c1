#include "scanner/inventory/layer.h"

#include <inttypes.h>
#include <string.h>

#include "scanner/base/text.h"
#include "scanner/inventory/layer_reader.h"

const unsigned tw_reader_changed_in[TW_CONTENTS_COUNT] = {
    [TW_CONTENTS_NAMES] = 4,
    [TW_CONTENTS_EXECUTABLES] = 4,
    [TW_CONTENTS_TEXTS] = 4,
};

unsigned tw_layer_inventory_reader(
    const struct tw_layer_inventory *inventory, const unsigned changed_in[TW_CONTENTS_COUNT])
{
    const bool has[TW_CONTENTS_COUNT] = {
        [TW_CONTENTS_NAMES] = true,
        [TW_CONTENTS_EXECUTABLES] = inventory->executables > 0,
        [TW_CONTENTS_TEXTS] = inventory->texts_read > 0,
    };
    unsigned oldest = 0;
    for (size_t i = 0; i < TW_CONTENTS_COUNT; i++) {
        if (has[i] && changed_in[i] > oldest)
            oldest = changed_in[i];
    }
    return oldest;
}

void tw_layer_inventory_free(struct tw_layer_inventory *inventory)
{
    if (!inventory)
        return;
    tw_arena_free(inventory->arena);
    free(inventory);
}

int tw_layer_inventory_note(
    struct tw_layer_inventory *inventory, const char *code, const char *message, struct tw_err *err)
{
    struct tw_arena *arena = inventory->arena;
    struct tw_layer_note *n = tw_arena_push(arena, &inventory->notes, &inventory->note_count);
    if (n && (n->code = tw_arena_strdup(arena, code)) &&
        (n->message = tw_text_escape(arena, tw_span_str(message))))
        return 0;
    inventory->note_count -= n != NULL;
    return tw_err_set(
        err, tw_arena_is_full(arena) ? TW_E_LIMIT : TW_E_NOMEM, "no room for a note on a layer");
}

bool tw_layer_inventory_provides(
    const struct tw_layer_inventory *inventory, enum tw_path_kind kind, const char *path)
{
    const uint64_t *keys = inventory->path_keys;
    size_t count = inventory->path_key_count;
    return tw_keys_have(keys, count, tw_path_key(kind, path)) ||
           (kind == TW_PATH_DIRECTORY &&
               tw_keys_have(keys, count, tw_path_key(TW_PATH_PARENT, path)));
}

// Parents that only stand in the path. They may be links of a lower layer, and when the layer
// itself has something else there, both are true.
static int add_parents(struct tw_reader *r, char *path)
{
    for (char *slash; (slash = strrchr(path, '/'));) {
        *slash = '\0';
        uint64_t key = tw_path_key(TW_PATH_PARENT, path);
        if (tw_keyset_has(&r->keys, key) ||
            tw_keyset_has(&r->keys, tw_path_key(TW_PATH_DIRECTORY, path)))
            break; // then the parents of that one are there as well
        if (tw_keyset_add(&r->keys, key) < 0)
            return tw_reader_no_memory(r);
    }
    return 0;
}

// Notes that an entry puts `path` in place, and what it replaces in its own layer.
static int put(struct tw_reader *r, const char *path, bool directory)
{
    uint64_t d = tw_path_key(TW_PATH_DIRECTORY, path), f = tw_path_key(TW_PATH_OTHER, path),
             p = tw_path_key(TW_PATH_PARENT, path);
    bool had_file = tw_keyset_has(&r->keys, f);
    bool had_directory = tw_keyset_has(&r->keys, d) || tw_keyset_has(&r->keys, p);
    if ((had_file || (had_directory && !directory)) &&
        tw_replaced_add(&r->replaced, path, r->inv->entries, directory) < 0)
        return tw_reader_no_memory(r);
    tw_keyset_remove(&r->keys, directory ? f : d);
    tw_keyset_remove(&r->keys, p);
    if (tw_keyset_add(&r->keys, directory ? d : f) < 0)
        return tw_reader_no_memory(r);
    char *parent = tw_arena_strdup(r->scratch, path);
    return parent ? add_parents(r, parent) : tw_reader_no_memory(r);
}

static int push_path(struct tw_reader *r, const char ***list, size_t *count, const char *path)
{
    const char **item = tw_arena_push(r->inv->arena, list, count);
    return item && (*item = tw_arena_strdup(r->inv->arena, path)) ? 0 : tw_reader_arena_full(r);
}

// Returns 1 when the name is a marker of the layer format and not a file.
static int read_whiteout(struct tw_reader *r, char *path)
{
    struct tw_layer_inventory *inv = r->inv;
    char *base = path + (tw_path_base(path) - path);
    if (strncmp(base, ".wh.", 4) != 0)
        return 0;
    int code = 0;
    const char *hidden = base + 4;
    if (strcmp(base, ".wh..wh..opq") == 0) {
        base[base > path ? -1 : 0] = '\0';
        code = push_path(r, &inv->opaques, &inv->opaque_count, path);
    } else if (strncmp(hidden, ".wh.", 4) == 0) {
        code = 0; // aufs's own files
    } else if (strcmp(hidden, "") == 0 || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0) {
        code = tw_reader_note(r, path, "malformed", false, "the whiteout names nothing: ignored");
    } else {
        memmove(base, hidden, strlen(hidden) + 1);
        code = push_path(r, &inv->whiteouts, &inv->whiteout_count, path);
    }
    return code < 0 ? code : 1;
}

static int add_link(struct tw_reader *r, const char *path, const struct tw_tar_entry *entry)
{
    struct tw_layer_inventory *inv = r->inv;
    bool hard = entry->type == TW_TAR_HARDLINK;
    if (inv->symlink_count + inv->hardlink_count >= r->limits->layer_symlinks) {
        bool noted = r->links_noted;
        r->links_noted = true;
        return noted ? 0
                     : tw_reader_note(r, NULL, "over-limit", true,
                           "more than %" PRIu64 " links: later ones are not followed (limit "
                           "layer_symlinks)",
                           r->limits->layer_symlinks);
    }
    if (entry->target.n > r->limits->path_bytes)
        return tw_reader_note(r, path, "over-limit", true,
            "the link's target has %" PRIu64 " bytes, at most %" PRIu64
            " are read (limit path_bytes)",
            entry->target.n, r->limits->path_bytes);
    const char *target = hard ? tw_text_path(inv->arena, entry->target, NULL)
                              : tw_text_escape(inv->arena, entry->target);
    struct tw_link *link = hard ? tw_arena_push(inv->arena, &inv->hardlinks, &inv->hardlink_count)
                                : tw_arena_push(inv->arena, &inv->symlinks, &inv->symlink_count);
    if (!target || !link || !(link->path = tw_arena_strdup(inv->arena, path)))
        return tw_reader_arena_full(r);
    link->target = target;
    return tw_reader_remember(r, hard ? &r->hardlinks : &r->symlinks);
}

static int read_entry(struct tw_reader *r, const struct tw_tar_entry *entry)
{
    if (entry->raw_path.n == 0 || entry->raw_path.n > r->limits->path_bytes)
        return tw_reader_note(r, NULL, entry->raw_path.n ? "over-limit" : "malformed", true,
            "entry %" PRIu64 ": a name of %" PRIu64 " bytes is not read (limit path_bytes %" PRIu64
            ")",
            r->inv->entries, entry->raw_path.n, r->limits->path_bytes);
    bool clamped = false;
    char *path = tw_text_path(r->scratch, entry->raw_path, &clamped);
    if (!path)
        return tw_reader_no_memory(r);
    int code = clamped ? tw_reader_note(r, path, "clamped-path", false,
                             "the archive's name for it has \"..\" above the root")
                       : 0;
    if (code < 0 || path[0] == '\0')
        return code;
    char *copy = tw_arena_strdup(r->scratch, path);
    if (!copy)
        return tw_reader_no_memory(r);
    code = read_whiteout(r, copy);
    if (code != 0)
        return code < 0 ? code : add_parents(r, path);
    code = put(r, path, entry->type == TW_TAR_DIRECTORY);
    if (code < 0)
        return code;
    switch (entry->type) {
    case TW_TAR_HARDLINK:
        // Some archives repeat the data with the link; then that is what counts.
        return entry->size_bytes > 0 ? tw_reader_file(r, path, entry) : add_link(r, path, entry);
    case TW_TAR_SYMLINK:
        return add_link(r, path, entry);
    case TW_TAR_FILE:
        return tw_reader_file(r, path, entry);
    case TW_TAR_OTHER:
        return entry->overlay_whiteout
                   ? tw_reader_note(r, path, "overlay-whiteout", false,
                         "a character device 0/0: overlayfs's whiteout, which image layers do not "
                         "have; taken as a device")
                   : 0;
    case TW_TAR_DIRECTORY:
        break;
    }
    return 0;
}

static int next_entry(struct tw_reader *r, struct tw_tar_entry *ret_entry, struct tw_err *why)
{
    return r->parts ? tw_parts_next(r->parts, ret_entry, why) : tw_tar_next(r->tar, ret_entry, why);
}

int tw_reader_entries(struct tw_reader *r, struct tw_err *why)
{
    struct tw_tar_entry entry;
    while (next_entry(r, &entry, why) > 0) {
        r->inv->entries++;
        if (tw_arena_used(r->scratch) > TW_READER_SCRATCH_BYTES) {
            tw_arena_free(r->scratch);
            r->scratch = tw_arena_new(UINT64_MAX);
            if (!r->scratch)
                return tw_reader_no_memory(r);
        }
        int code = read_entry(r, &entry);
        if (code < 0)
            return code;
    }
    return 0;
}

// The whole archive. Damage ends it early and is noted.
static int read_archive(struct tw_reader *r)
{
    struct tw_err why = {0};
    int code = tw_reader_entries(r, &why);
    if (code < 0)
        return code;
    if (why.code < 0)
        return tw_reader_damage(r, NULL, &why);
    code = tw_tar_finish(r->tar, &why);
    if (code < 0)
        return tw_reader_damage(r, NULL, &why);
    const char *oddity = tw_tar_oddity(r->tar);
    if (oddity && (code = tw_reader_note(r, NULL, "malformed", true, "%s", oddity)) < 0)
        return code;
    if (tw_tar_open_end(r->tar) &&
        (code = tw_reader_note(r, NULL, "no-end-marker", false,
             "the tar stops without its end marker, as one does that was cut between two files")) <
            0)
        return code;
    return tw_decompress_trailing_bytes(r->source) > 0
               ? tw_reader_note(r, NULL, "trailing-data", false,
                     "other bytes follow the compressed data: not read, as by runtimes")
               : 0;
}

int tw_layer_inventory_read(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_reader_done) struct tw_reader r = {.limits = limits, .err = err};
    int code = tw_reader_init(&r);
    if (code == 0)
        code = tw_decompress_new(source, limits, &r.source, err);
    if (code == 0)
        code = tw_tar_new(r.source, limits, &r.tar, err);
    if (code == 0)
        code = read_archive(&r);
    if (code == 0)
        code = tw_reader_finish(&r);
    if (!r.source)
        return code;
    // Whoever feeds the pipe hashes every byte, so every byte is taken, whatever happened.
    int drained = tw_decompress_drain(r.source, code == 0 ? err : NULL);
    if (code < 0 || drained < 0)
        return code < 0 ? code : drained;
    r.inv->compression = tw_decompress_name(r.source);
    r.inv->in_bytes = tw_decompress_in_bytes(r.source);
    r.inv->out_bytes = tw_decompress_out_bytes(r.source);
    *ret_inventory = TW_TAKE(r.inv);
    return 0;
}

int tw_layer_inventory_read_file(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_reader_done) struct tw_reader r = {.limits = limits, .err = err};
    int code = tw_reader_init(&r);
    if (code == 0) {
        r.inv->compression = "none";
        r.inv->entries = 1;
        code = tw_reader_single(&r, source);
    }
    if (code == 0)
        code = tw_reader_finish(&r);
    if (code < 0)
        return code;
    *ret_inventory = TW_TAKE(r.inv);
    return 0;
}
