// The inventory of one image: its configuration, and its layers merged as a runtime would.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/image/config.h"
#include "scanner/image/dockerfile.h"
#include "scanner/image/manifest.h"
#include "scanner/inventory/layer.h"

enum tw_completeness { TW_COMPLETE, TW_PARTIAL, TW_FAILED };
const char *tw_completeness_name(enum tw_completeness status); // "complete" ...

struct tw_completeness_note {
    const char *layer; // digest text; NULL: the image as a whole
    const char *path;  // NULL: the layer as a whole
    const char *code;
    const char *message;
    bool incomplete; // as struct tw_layer_note
};

struct tw_image_layer {
    struct tw_digest digest;
    const char *media_type;
    uint64_t size_bytes;
    const char *created_by; // NULL when history and layers do not match up
};

struct tw_env_var {
    const char *name;
    const char *value;
    const char *instruction; // as a person wrote it: "ENV GODEBUG=gctrace=1"; NULL: not known
    int64_t history_index;   // -1: not known
};

struct tw_image_binary {
    const char *path;     // where a process would find it (links resolved away)
    const char **aliases; // hard links and symbolic links to it are not listed here unless hard
    size_t alias_count;
    const char *layer; // digest text
    uint64_t size_bytes;
    struct tw_digest sha256;
    const struct tw_gobin *bin; // one record; a universal file gives several binaries
};

struct tw_toolchain {
    const char *root;    // "usr/local/go"
    const char *version; // "go1.22.1"
    const char *layer;
};

struct tw_image_inventory {
    struct tw_arena *arena; // owns everything below
    // Where it was found. Not part of what the image is: set by who asks, NULL when unknown.
    const char *reference, *registry, *repository, *tag;
    // What it is.
    struct tw_digest digest;                 // of the manifest; empty for dir: and file:
    const char *media_type;                  // NULL for dir: and file:
    const char *os, *architecture, *variant; // NULL: not known
    const char *created;                     // RFC 3339 as in the configuration; NULL
    struct tw_image_layer *layers;
    size_t layer_count;
    struct tw_env_var *env; // config.Env in its order; of repeated names the last one counts
    size_t env_count;
    const char **entrypoint; // config Entrypoint then Cmd, as the process gets it
    size_t entrypoint_count;
    size_t cmd_at;                    // where Cmd begins in it
    struct tw_image_binary *binaries; // sorted by path
    size_t binary_count;
    struct tw_toolchain *toolchains;
    size_t toolchain_count;
    struct tw_label *labels; // of the configuration
    size_t label_count;
    struct tw_text_file *texts; // sorted by path; certificates and time zones are not among them
    size_t text_count;
    const char *certificates; // where crypto/x509 finds some; NULL: nowhere
    const char *zone_data;    // where package time finds zones, GOROOT aside; NULL: nowhere
    // Set when this is what a Dockerfile will make, not an image: its path. There are no files
    // then, and what the base images hold is not known.
    const char *dockerfile;
    bool is_one_file; // a program by itself: what lies around it when it runs is not known
    enum tw_completeness status;
    struct tw_completeness_note *notes;
    size_t note_count;
};

// Merges. `layers[i]` belongs to manifest->layers[i]; NULL when it could not be read, then
// layer_errors[i] says why (code and message become a note, and status is partial). The result
// owns copies of all that it keeps.
// Whiteouts and opaque markers act on lower layers only; a non-directory hides what was below
// its path; parents that are symbolic links are resolved inside the root (at most 40 hops).
// OCI image spec, layer.md; facts/layers.md section 1.
int tw_image_inventory_merge(const struct tw_manifest *manifest, const struct tw_config *config,
    struct tw_layer_inventory *const *layers, const struct tw_err *layer_errors,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err);

// An image that is one layer without a manifest or configuration (dir:, file:).
int tw_image_inventory_of_layer(const struct tw_layer_inventory *layer,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err);

// What a Dockerfile will make: its environment and command, the programs that it builds as far as
// its lines tell (path, Go release, flags; nothing of what is linked in), its traces. `path` is
// where the file was found.
int tw_image_inventory_of_dockerfile(const struct tw_dockerfile *file, const char *path,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err);

// An image of an index that could not be read at all: what the index says of it, status failed,
// and a note that says why.
int tw_image_inventory_of_failure(const struct tw_descriptor *descriptor, const struct tw_err *why,
    struct tw_image_inventory **ret_image, struct tw_err *err);

void tw_image_inventory_free(struct tw_image_inventory *image);
TW_DEFINE_AUTO(struct tw_image_inventory, tw_image_inventory_free)

// For the store; "where it was found" is left out. from_json believes nothing: TW_E_FORMAT names
// the first field that is wrong; TW_E_LIMIT: larger than image_inventory_bytes.
int tw_image_inventory_to_json(
    const struct tw_image_inventory *image, struct tw_buf *out, struct tw_err *err);
int tw_image_inventory_from_json(struct tw_span json, const struct tw_limits *limits,
    struct tw_image_inventory **ret_image, struct tw_err *err);

// The variable that the process will see, or NULL.
const struct tw_env_var *tw_image_env(const struct tw_image_inventory *image, const char *name);
