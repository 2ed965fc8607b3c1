// A layer read by its table of contents: which files are worth fetching.
#include <inttypes.h>
#include <string.h>

#include "scanner/base/text.h"
#include "scanner/inventory/layer_reader.h"

// What is loaded and not started is often not marked as executable.
static bool is_named_like_a_program(const char *base)
{
    static const char *const ends[] = {".so", ".wasm", ".exe", ".dll", ".dylib", ".node"};
    size_t n = strlen(base);
    for (size_t i = 0; i < TW_COUNT(ends); i++) {
        size_t m = strlen(ends[i]);
        if (n >= m && strcmp(base + n - m, ends[i]) == 0)
            return true;
    }
    return strstr(base, ".so."); // libc.so.6
}

static int wants(const struct tw_tar_entry *entry)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(UINT64_MAX);
    const char *path = arena ? tw_text_path(arena, entry->raw_path, NULL) : NULL;
    if (!path)
        return TW_E_NOMEM;
    if (entry->mode & 0111)
        return 1;
    const char *base = tw_path_base(path);
    return strcmp(base, "VERSION") == 0 || is_named_like_a_program(base) || tw_text_may_be_at(path);
}

static int tell_unopened(struct tw_reader *r, uint64_t blob_bytes, const char *kind)
{
    return tw_reader_note(r, NULL, "read-in-parts", false,
        "read by its %s table of contents, %" PRIu64 " of %" PRIu64 " bytes fetched; %" PRIu64
        " files that are neither executable nor named like something "
        "of interest were not opened, and what the archive has beside its table was not seen",
        kind, tw_parts_in_bytes(r->parts), blob_bytes, tw_parts_unopened(r->parts));
}

int tw_layer_inventory_read_parts(const struct tw_seekable *seekable, uint64_t blob_bytes,
    const struct tw_ranges *ranges, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    struct tw_err why = {0};
    TW_AUTO(tw_reader_done) struct tw_reader r = {.limits = limits, .err = err};
    int code = tw_reader_init(&r);
    if (code == 0)
        code = tw_parts_open(seekable, blob_bytes, ranges, limits, wants, &r.parts, err);
    if (code == 0)
        code = tw_reader_entries(&r, &why);
    if (code == 0 && why.code < 0) {
        *r.err = why;
        code = why.code;
    }
    if (code == 0)
        code = tell_unopened(&r, blob_bytes, tw_seekable_kind_name(seekable->kind));
    if (code == 0)
        code = tw_reader_finish(&r);
    if (code < 0)
        return code;
    r.inv->compression = seekable->kind == TW_SEEKABLE_STARGZ ? "gzip" : "zstd";
    r.inv->in_bytes = tw_parts_in_bytes(r.parts);
    r.inv->out_bytes = tw_parts_out_bytes(r.parts);
    *ret_inventory = TW_TAKE(r.inv);
    return 0;
}
