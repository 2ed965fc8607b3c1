// What one reading of a layer carries about. Private to layer.c, layer_reader.c, layer_file.c.
#pragma once

#include "scanner/inventory/layer.h"
#include "scanner/inventory/path.h"
#include "scanner/inventory/replaced.h"
#include "scanner/layer/parts.h"
#include "scanner/layer/tar.h"

enum {
    TW_READER_SCRATCH_BYTES = 1 << 20, // names of entries are forgotten after this many bytes
};

// The numbers of the entries that the items of an array came from.
struct tw_origins {
    uint64_t *at;
    size_t count, capacity;
};

struct tw_reader {
    const struct tw_limits *limits;
    struct tw_layer_inventory *inv;
    struct tw_decompress *source;
    struct tw_tar *tar;     // entries come from here,
    struct tw_parts *parts; // or, when not NULL, from here
    struct tw_arena *scratch;
    struct tw_keyset keys;
    struct tw_replaced replaced;
    struct tw_origins files, symlinks, hardlinks, version_files, texts;
    uint8_t *body; // an executable; reused
    size_t body_size, body_capacity;
    uint64_t names_bytes; // packed names of functions kept so far
    bool links_noted, files_noted, texts_noted;
    unsigned zone_files; // kept so far
    struct tw_err *err;
};

int tw_reader_init(struct tw_reader *r);
void tw_reader_done(struct tw_reader *r);

// TW_E_NOMEM, and TW_E_NOMEM or TW_E_LIMIT when the inventory's arena gave nothing.
int tw_reader_no_memory(struct tw_reader *r);
int tw_reader_arena_full(struct tw_reader *r);

// Adds a note. `path` NULL: the layer as a whole.
__attribute__((format(printf, 5, 6))) int tw_reader_note(
    struct tw_reader *r, const char *path, const char *code, bool incomplete, const char *fmt, ...);

// Damage becomes a note; returns 0 then. Anything else is no fault of the layer: returns it.
int tw_reader_damage(struct tw_reader *r, const char *path, const struct tw_err *why);

// Notes that the item just added to an array comes from the current entry.
int tw_reader_remember(struct tw_reader *r, struct tw_origins *origins);

// As tw_tar_data().
int tw_reader_data(
    struct tw_reader *r, const void **ret_bytes, size_t *ret_size, struct tw_err *err);

// Every entry to the end. Returns what ended it early in `why`, and as its result what is no
// fault of the layer.
int tw_reader_entries(struct tw_reader *r, struct tw_err *why);

// Looks at the current entry, a file at `path`, and keeps it when it is Go or a VERSION file.
int tw_reader_file(struct tw_reader *r, const char *path, const struct tw_tar_entry *entry);

// The source is one file, not an archive.
int tw_reader_single(struct tw_reader *r, const struct tw_stream *source);

// Takes out what later entries replaced, and sorts the path keys.
int tw_reader_finish(struct tw_reader *r);
