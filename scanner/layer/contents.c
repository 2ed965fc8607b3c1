#include "scanner/layer/contents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/json.h"

enum { DEPTH = 8 }; // entries, an entry, its xattrs

// What the parser carries about.
struct parsing {
    struct tw_contents *contents;
    const struct tw_limits *limits;
    uint64_t data_bytes;
    uint64_t *marks; // where chunks begin or end in the blob
    size_t mark_count;
    const char *last_name; // of a regular file whose chunks may follow; NULL
    uint64_t covered;      // of that file, by its chunks so far
    struct tw_err *err;
};

static int no_room(struct parsing *p)
{
    return tw_arena_is_full(p->contents->arena)
               ? tw_err_set(p->err, TW_E_LIMIT,
                     "the table of contents needs more than %" PRIu64
                     " bytes (limit inventory_bytes)",
                     p->limits->inventory_bytes)
               : tw_err_set(p->err, TW_E_NOMEM, "out of memory");
}

// A whole number at `key`, 0 when it is not there. False: something else is.
static bool number(const json_t *entry, const char *key, uint64_t *ret_n)
{
    const json_t *value = json_object_get(entry, key);
    *ret_n = 0;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *ret_n = (uint64_t)json_integer_value(value);
    return true;
}

static const struct {
    const char *name;
    enum tw_tar_type type;
} types[] = {
    {"reg", TW_TAR_FILE},
    {"dir", TW_TAR_DIRECTORY},
    {"symlink", TW_TAR_SYMLINK},
    {"hardlink", TW_TAR_HARDLINK},
    {"char", TW_TAR_OTHER},
    {"block", TW_TAR_OTHER},
    {"fifo", TW_TAR_OTHER},
};

static bool type_of(const char *name, enum tw_tar_type *ret_type)
{
    for (size_t i = 0; i < TW_COUNT(types); i++) {
        if (name && strcmp(name, types[i].name) == 0) {
            *ret_type = types[i].type;
            return true;
        }
    }
    return false;
}

static int wrong(struct parsing *p, const json_t *entry, const char *what)
{
    const char *name = tw_json_string(entry, "name");
    return tw_err_set(
        p->err, TW_E_FORMAT, "the table of contents: %.200s: %s", name ? name : "?", what);
}

// The chunk that an entry of type "reg" or "chunk" tells. Without a digest of its own it has that
// of the file, which is right when it is the only one; of more, its bytes do not fit that digest,
// and the layer is read whole.
static int add_chunk(struct parsing *p, const json_t *entry, struct tw_content *file)
{
    struct tw_contents *contents = p->contents;
    uint64_t offset, end, at, size;
    if (!number(entry, "offset", &offset) || !number(entry, "endOffset", &end) ||
        !number(entry, "chunkOffset", &at) || !number(entry, "chunkSize", &size))
        return wrong(p, entry, "offsets and sizes must be whole numbers");
    if (at != p->covered || at >= file->entry.size_bytes)
        return wrong(p, entry, "its chunks do not follow each other");
    struct tw_chunk *chunk =
        tw_arena_push(contents->arena, &contents->chunks, &contents->chunk_count);
    if (!chunk)
        return no_room(p);
    file->chunk_count++;
    uint64_t left = file->entry.size_bytes - at;
    chunk->size_bytes = size ? size : left;
    if (chunk->size_bytes > left)
        return wrong(p, entry, "its chunks are larger than the file");
    p->covered += chunk->size_bytes;
    const char *kind = tw_json_string(entry, "chunkType");
    chunk->zeros = kind && strcmp(kind, "zeros") == 0;
    if (chunk->zeros)
        return 0;
    const char *digest = tw_json_string(entry, "chunkDigest");
    if (!digest || !*digest)
        digest = tw_json_string(entry, "digest");
    if (digest && *digest && tw_digest_parse(digest, &chunk->digest, NULL) < 0)
        return wrong(p, entry, "a digest that is none");
    if (!number(entry, "innerOffset", &chunk->skip) || offset >= p->data_bytes ||
        end > p->data_bytes)
        return wrong(p, entry, "it lies outside of the data");
    chunk->begin = offset;
    p->marks[p->mark_count++] = offset;
    if (end > 0)
        p->marks[p->mark_count++] = end;
    return 0;
}

static int add_file(struct parsing *p, const json_t *entry, struct tw_content *file)
{
    if (!number(entry, "size", &file->entry.size_bytes))
        return wrong(p, entry, "a size that is none");
    file->first_chunk = p->contents->chunk_count;
    p->last_name = tw_json_string(entry, "name");
    p->covered = 0;
    return file->entry.size_bytes > 0 ? add_chunk(p, entry, file) : 0;
}

static int copy_text(struct parsing *p, const char *text, struct tw_span *ret_copy)
{
    char *copy = tw_arena_strdup(p->contents->arena, text ? text : "");
    if (!copy)
        return no_room(p);
    *ret_copy = tw_span_str(copy);
    return 0;
}

static int add_entry(struct parsing *p, const json_t *entry)
{
    struct tw_contents *contents = p->contents;
    const char *name = tw_json_string(entry, "name"), *kind = tw_json_string(entry, "type");
    struct tw_content *last = contents->count ? &contents->items[contents->count - 1] : NULL;
    if (!name)
        return wrong(p, entry, "an entry without a name");
    if (kind && strcmp(kind, "chunk") == 0)
        return p->last_name && strcmp(p->last_name, name) == 0
                   ? add_chunk(p, entry, last)
                   : wrong(p, entry, "a chunk that follows no file");
    p->last_name = NULL;
    enum tw_tar_type type;
    if (!type_of(kind, &type))
        return wrong(p, entry, "an entry of no known type");
    uint64_t mode, major, minor;
    if (!number(entry, "mode", &mode) || !number(entry, "devMajor", &major) ||
        !number(entry, "devMinor", &minor))
        return wrong(p, entry, "mode and device must be whole numbers");
    struct tw_content *item = tw_arena_push(contents->arena, &contents->items, &contents->count);
    if (!item)
        return no_room(p);
    item->entry.type = type;
    item->entry.mode = (uint32_t)(mode & 07777);
    item->entry.overlay_whiteout = strcmp(kind, "char") == 0 && major == 0 && minor == 0;
    int r = copy_text(p, name, &item->entry.raw_path);
    if (r == 0 && (type == TW_TAR_SYMLINK || type == TW_TAR_HARDLINK))
        r = copy_text(p, tw_json_string(entry, "linkName"), &item->entry.target);
    return r == 0 && type == TW_TAR_FILE ? add_file(p, entry, item) : r;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// A chunk ends where the next thing begins, or the table.
static void settle_ends(struct parsing *p)
{
    qsort(p->marks, p->mark_count, sizeof *p->marks, by_number);
    for (size_t i = 0; i < p->contents->chunk_count; i++) {
        struct tw_chunk *chunk = &p->contents->chunks[i];
        size_t low = 0, high = p->mark_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (p->marks[middle] > chunk->begin)
                high = middle;
            else
                low = middle + 1;
        }
        chunk->end = low < p->mark_count ? p->marks[low] : p->data_bytes;
    }
}

static int settle_files(struct parsing *p)
{
    const struct tw_contents *contents = p->contents;
    for (size_t i = 0; i < contents->count; i++) {
        const struct tw_content *file = &contents->items[i];
        uint64_t covered = 0;
        for (size_t k = 0; k < file->chunk_count; k++) {
            const struct tw_chunk *chunk = &contents->chunks[file->first_chunk + k];
            covered += chunk->size_bytes;
            if (!chunk->zeros && !tw_digest_is_set(&chunk->digest))
                return tw_err_set(p->err, TW_E_FORMAT,
                    "the table of contents: %.200s has no digest",
                    (const char *)file->entry.raw_path.p);
        }
        if (covered != file->entry.size_bytes)
            return tw_err_set(p->err, TW_E_FORMAT,
                "the table of contents: the chunks of %.200s are not all of it",
                (const char *)file->entry.raw_path.p);
    }
    return 0;
}

static int parse(struct parsing *p, const json_t *json)
{
    const json_t *entries = json_object_get(json, "entries");
    uint64_t version;
    if (!json_is_object(json) || !number(json, "version", &version) || version != 1 ||
        !json_is_array(entries))
        return tw_err_set(p->err, TW_E_FORMAT, "not a table of contents of version 1");
    size_t count = json_array_size(entries);
    if (count > p->limits->layer_entries)
        return tw_err_set(p->err, TW_E_LIMIT,
            "more than %" PRIu64 " entries in the table of contents (limit layer_entries)",
            p->limits->layer_entries);
    p->marks = calloc(2 * count + 1, sizeof *p->marks);
    if (!p->marks)
        return tw_err_set(p->err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        int r = add_entry(p, json_array_get(entries, i));
        if (r < 0)
            return r;
    }
    settle_ends(p);
    return settle_files(p);
}

int tw_contents_parse(struct tw_span json, uint64_t data_bytes, const struct tw_limits *limits,
    struct tw_contents **ret_contents, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *tree = NULL;
    int r = tw_json_parse(json,
        (struct tw_json_caps){limits->contents_bytes, DEPTH, limits->inventory_values}, &tree, err);
    if (r < 0)
        return tw_err_wrap(err, r, "the table of contents");
    TW_AUTO(tw_contents_freep) struct tw_contents *contents = calloc(1, sizeof *contents);
    if (!contents || !(contents->arena = tw_arena_new(limits->inventory_bytes)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct parsing p = {
        .contents = contents, .limits = limits, .data_bytes = data_bytes, .err = err};
    r = parse(&p, tree);
    free(p.marks);
    if (r == 0)
        *ret_contents = TW_TAKE(contents);
    return r;
}

void tw_contents_free(struct tw_contents *contents)
{
    if (!contents)
        return;
    tw_arena_free(contents->arena);
    free(contents);
}
