// The inventory of one layer: what it puts in place, what it takes away, and the Go in it.
// Keyed by the blob's digest, read once, never changed. It knows nothing of other layers, of
// policy, or of time.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/base/limits.h"
#include "scanner/gobin/gobin.h"
#include "scanner/inventory/text_file.h"
#include "scanner/layer/parts.h"

// The version of the reader. When it comes to find more or other things it is raised, and so is
// the row of what those are in: a stored layer is read again only when it has such contents.
#define TW_INVENTORY_READER_VERSION 4
enum tw_contents {
    TW_CONTENTS_NAMES,
    TW_CONTENTS_EXECUTABLES,
    TW_CONTENTS_TEXTS,
    TW_CONTENTS_COUNT
};
extern const unsigned tw_reader_changed_in[TW_CONTENTS_COUNT]; // names, and what a file is: in all

// Paths everywhere: tw_text_path() form ("usr/bin/app").

struct tw_file { // a regular file that is an executable with at least one Go record
    const char *path;
    uint64_t size_bytes;
    struct tw_digest sha256;
    struct tw_gobin *records;
    size_t record_count;
};

struct tw_link { // a symbolic link, or a hard link to a path of this or a lower layer
    const char *path;
    const char *target; // symbolic: raw target text, escaped, not resolved; hard: path form
};

struct tw_version_file { // <root>/VERSION of a Go toolchain: its first line says a Go version
    const char *root;    // "usr/local/go"
    const char *version; // "go1.22.1"
};

struct tw_layer_note { // something that was not looked at, or looked strange
    const char *path;  // NULL: the layer as a whole
    const char *code;  // "truncated" "over-limit" "malformed" "unsupported" "clamped-path" ...
    const char *message;
    bool incomplete; // false: only worth knowing, nothing was missed
};

struct tw_layer_inventory {
    struct tw_arena *arena;  // owns everything below
    const char *compression; // "gzip" "zstd" "none"; NULL when not recognised
    uint64_t in_bytes;       // compressed bytes read
    uint64_t out_bytes;      // uncompressed bytes read
    uint64_t entries;
    uint64_t executables, texts_read; // looked into, whether they were kept or not
    bool complete; // the archive was read to its end, and no note is `incomplete`
    struct tw_file *files;
    size_t file_count;
    struct tw_link *symlinks;
    size_t symlink_count;
    struct tw_link *hardlinks;
    size_t hardlink_count;
    const char **whiteouts; // paths that disappear (without the ".wh.")
    size_t whiteout_count;
    const char **opaques; // directories whose lower content disappears; "" is the root
    size_t opaque_count;
    struct tw_version_file *version_files;
    size_t version_file_count;
    struct tw_text_file *texts; // those that say something
    size_t text_count;
    struct tw_layer_note *notes;
    size_t note_count;
    uint64_t notes_dropped; // past the limit
    // tw_path_key() of every path that the layer puts in place (parents that it only implies
    // included, as TW_PATH_PARENT), sorted, unique. Answers "does this layer replace or provide P?"
    // in 8 bytes a path, without keeping a million names.
    uint64_t *path_keys;
    size_t path_key_count;
};

enum tw_path_kind {
    TW_PATH_DIRECTORY, // an entry of its own
    TW_PATH_OTHER,     // file, link, device ...
    TW_PATH_PARENT,    // a directory that only stands in other entries' paths: it may be a
                       // symbolic link of a lower layer
};

// The first 8 bytes of SHA-256("d:", "f:" or "p:" + path): nobody can make another path hit it.
uint64_t tw_path_key(enum tw_path_kind kind, const char *path);

// Directories: asking for TW_PATH_DIRECTORY finds those that are only implied as well.
bool tw_layer_inventory_provides(
    const struct tw_layer_inventory *inventory, enum tw_path_kind kind, const char *path);

// Reads a layer to the end of `source`. Runs in the cage. Damage ends up in notes with
// complete == false, and still gives an inventory; the source is drained in any case.
// Errors (no inventory): TW_E_NOMEM, TW_E_LIMIT (the inventory's own size), TW_E_IO.
int tw_layer_inventory_read(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);

// The same by the layer's table of contents: of files only those are fetched that may be executable
// (by their mode or name) or are named like something that is looked into; a note tells how many
// others there are. Also TW_E_DIGEST, TW_E_FORMAT, TW_E_UNSUPPORTED: see tw_parts_open(); the
// layer is better read whole then.
int tw_layer_inventory_read_parts(const struct tw_seekable *seekable, uint64_t blob_bytes,
    const struct tw_ranges *ranges, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);

// The same for a single file (no tar around it): one entry at path "". For a file that is not
// Go, `files` holds it all the same (records with is_go false), since `inspect` prints it.
int tw_layer_inventory_read_file(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);

void tw_layer_inventory_free(struct tw_layer_inventory *inventory);

// The oldest reader that would find the same, by a table as tw_reader_changed_in.
unsigned tw_layer_inventory_reader(
    const struct tw_layer_inventory *inventory, const unsigned changed_in[TW_CONTENTS_COUNT]);

// Adds a note that is only worth knowing, about the layer as a whole. TW_E_LIMIT, TW_E_NOMEM.
int tw_layer_inventory_note(struct tw_layer_inventory *inventory, const char *code,
    const char *message, struct tw_err *err);
TW_DEFINE_AUTO(struct tw_layer_inventory, tw_layer_inventory_free)

// JSON, compact. What comes back in is checked as hostile: sizes, counts, UTF-8, duplicate
// keys, digests, sortedness. TW_E_CAGE names the first field that is wrong; one that a reader of
// today would read otherwise is wrong, too.
int tw_layer_inventory_to_json(
    const struct tw_layer_inventory *inventory, struct tw_buf *out, struct tw_err *err);
int tw_layer_inventory_from_json(struct tw_span json, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);
