#include "scanner/inventory/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/secret.h"
#include "scanner/inventory/gobin_copy.h"
#include "scanner/inventory/merge.h"
#include "scanner/inventory/surroundings.h"

enum { FAILED_IMAGE_BYTES = 64 * 1024 };

static const char *const status_names[] = {
    [TW_COMPLETE] = "complete", [TW_PARTIAL] = "partial", [TW_FAILED] = "failed"};

const char *tw_completeness_name(enum tw_completeness status)
{
    return status_names[status];
}

const struct tw_env_var *tw_image_env(const struct tw_image_inventory *image, const char *name)
{
    for (size_t i = image->env_count; i-- > 0;) {
        if (strcmp(image->env[i].name, name) == 0)
            return &image->env[i];
    }
    return NULL;
}

void tw_image_inventory_free(struct tw_image_inventory *image)
{
    if (image)
        tw_arena_free(image->arena); // the record itself lies in it
}

// ---- making one ----

struct making {
    struct tw_image_inventory *image;
    struct tw_arena *arena; // of the image
    struct tw_tree *tree;
    struct tw_layer_inventory *const *layers; // NULL where one could not be read
    struct tw_skipped ***skipped;             // of each layer's notes
    const char **digests;                     // their texts in the arena; NULL: none
    size_t layer_count;
    const struct tw_limits *limits;
    uint64_t mem_failures; // when it began
    struct tw_err *err;
};

static int over_limit(struct making *m)
{
    return tw_err_set(
        m->err, TW_E_LIMIT, "the image's inventory is over the limit image_inventory_bytes");
}

static int copy(struct making *m, const char *text, const char **ret_text)
{
    *ret_text = text ? tw_arena_strdup(m->arena, text) : NULL;
    return text && !*ret_text ? over_limit(m) : 0;
}

// As copy, with credentials covered up.
static int copy_covered(struct making *m, const char *text, const char **ret)
{
    const char *covered = text ? tw_secret_cover(m->arena, text) : NULL;
    return text && !covered ? over_limit(m) : copy(m, covered, ret);
}

static int add_note(struct making *m, size_t layer, const char *path, const char *code,
    const char *message, bool incomplete)
{
    struct tw_image_inventory *image = m->image;
    struct tw_completeness_note *note = tw_arena_push(m->arena, &image->notes, &image->note_count);
    if (!note || copy(m, path, &note->path) < 0 || copy(m, code, &note->code) < 0 ||
        copy(m, message, &note->message) < 0)
        return over_limit(m);
    note->layer = m->digests[layer];
    note->incomplete = incomplete;
    if (incomplete)
        image->status = TW_PARTIAL;
    return 0;
}

// A file that could not be looked at matters only while some name leads to it.
static bool is_moot(const struct making *m, size_t layer, size_t note)
{
    const struct tw_skipped *skipped = m->skipped[layer][note];
    return skipped && skipped->names == 0;
}

static int take_notes(struct making *m, size_t index)
{
    const struct tw_layer_inventory *layer = m->layers[index];
    size_t incomplete = 0;
    int r = 0;
    for (size_t i = 0; i < layer->note_count && r == 0; i++) {
        const struct tw_layer_note *note = &layer->notes[i];
        incomplete += note->incomplete;
        if (!is_moot(m, index, i))
            r = add_note(m, index, note->path, note->code, note->message, note->incomplete);
    }
    if (r == 0 && layer->notes_dropped > 0) {
        char text[96];
        snprintf(text, sizeof text, "%" PRIu64 " more notes were left out (limit layer_notes)",
            layer->notes_dropped);
        r = add_note(m, index, NULL, "over-limit", text, true);
    } else if (r == 0 && !layer->complete && incomplete == 0) {
        r = add_note(m, index, NULL, "truncated", "the layer was not read to its end", true);
    }
    return r;
}

static int apply_layer(struct making *m, size_t index, struct tw_err *ret_why)
{
    const struct tw_layer_inventory *layer = m->layers[index];
    struct tw_skipped **skipped = tw_tree_alloc(m->tree, (layer->note_count + 1) * sizeof *skipped);
    if (!skipped)
        return over_limit(m);
    m->skipped[index] = skipped;
    tw_tree_apply(m->tree, layer, index, skipped, ret_why);
    return 0;
}

static int apply_layers(struct making *m, const struct tw_err *errors)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        struct tw_err why = {0};
        if (m->layers[i]) {
            int r = apply_layer(m, i, &why);
            if (r < 0)
                return r;
        } else if (errors && errors[i].code) {
            why = errors[i];
        } else {
            tw_err_set(&why, TW_E_INTERNAL, "the layer was not read, and nobody said why");
        }
        if (why.code && add_note(m, i, NULL, tw_err_name(why.code), why.msg, true) < 0)
            return TW_E_LIMIT;
    }
    for (size_t i = 0; i < m->layer_count; i++) {
        int r = m->layers[i] ? take_notes(m, i) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

// ---- binaries ----

// One name of one file.
struct name {
    const struct tw_node *node;
    const char *path;
};

static int by_file(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    if (x->node->file_layer != y->node->file_layer)
        return x->node->file_layer < y->node->file_layer ? -1 : 1;
    if (x->node->file != y->node->file)
        return x->node->file < y->node->file ? -1 : 1;
    if (x->node->own_name != y->node->own_name)
        return x->node->own_name ? -1 : 1;
    return strcmp(x->path, y->path);
}

static int by_path(const void *a, const void *b)
{
    const struct tw_image_binary *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order
                 : strcmp(x->bin->arch ? x->bin->arch : "", y->bin->arch ? y->bin->arch : "");
}

static int collect_names(struct making *m, struct name **ret_names, size_t *ret_count)
{
    struct name *names = NULL;
    size_t count = 0;
    struct tw_node *top = tw_tree_root(m->tree);
    for (struct tw_node *node = top; node; node = tw_tree_next(top, node, false)) {
        if (!node->file)
            continue;
        struct name *name = tw_arena_push(m->arena, &names, &count);
        if (!name || !(name->path = tw_arena_strdup(m->arena, tw_node_path(m->tree, node))))
            return over_limit(m);
        name->node = node;
    }
    if (count > 0)
        qsort(names, count, sizeof *names, by_file);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

// What a limit left out of a binary.
static int take_binary_notes(struct making *m, const struct name *name, const struct tw_gobin *bin)
{
    static const struct {
        const char *code;
        bool incomplete;
    } rows[] = {{"over-limit", true}, {TW_NOTE_FUNCTIONS, false}};
    for (size_t i = 0; i < bin->note_count; i++) {
        const struct tw_note *note = &bin->notes[i];
        for (size_t k = 0; k < TW_COUNT(rows); k++) {
            if (strcmp(note->code, rows[k].code) == 0 &&
                add_note(m, name->node->file_layer, name->path, note->code, note->message,
                    rows[k].incomplete) < 0)
                return over_limit(m);
        }
    }
    return 0;
}

// The first of `names` is what the file is called, the others are its hard links.
static int add_binaries(struct making *m, const struct name *names, size_t count)
{
    const struct tw_file *file = names[0].node->file;
    const char **aliases = tw_arena_alloc(m->arena, count * sizeof *aliases);
    if (!aliases)
        return over_limit(m);
    for (size_t i = 1; i < count; i++)
        aliases[i - 1] = names[i].path;
    for (size_t i = 0; i < file->record_count; i++) {
        if (!file->records[i].is_go && !tw_gobin_has_note(&file->records[i], TW_NOTE_PACKED))
            continue;
        struct tw_gobin *bin = tw_arena_alloc(m->arena, sizeof *bin);
        struct tw_image_binary *binary =
            tw_arena_push(m->arena, &m->image->binaries, &m->image->binary_count);
        if (!bin || !binary || tw_gobin_copy(&file->records[i], m->arena, bin) < 0 ||
            take_binary_notes(m, &names[0], bin) < 0)
            return over_limit(m);
        *binary = (struct tw_image_binary){
            .path = names[0].path,
            .aliases = aliases,
            .alias_count = count - 1,
            .layer = m->digests[names[0].node->file_layer],
            .size_bytes = file->size_bytes,
            .sha256 = file->sha256,
            .bin = bin,
        };
    }
    return 0;
}

static int take_binaries(struct making *m)
{
    struct name *names = NULL;
    size_t count = 0;
    int r = collect_names(m, &names, &count);
    for (size_t i = 0, n; i < count && r == 0; i += n) {
        for (n = 1; i + n < count && names[i + n].node->file == names[i].node->file; n++)
            ;
        r = add_binaries(m, names + i, n);
    }
    if (r == 0 && m->image->binary_count > 0) // a failure may leave a last one that is empty
        qsort(m->image->binaries, m->image->binary_count, sizeof *m->image->binaries, by_path);
    return r;
}

// A VERSION file is a toolchain's when there is a go command beside it.
static int take_toolchains(struct making *m)
{
    struct tw_node *top = tw_tree_root(m->tree);
    for (struct tw_node *node = top; node; node = tw_tree_next(top, node, false)) {
        char path[8192];
        if (!node->go_version || !node->parent)
            continue;
        const char *root = tw_node_path(m->tree, node->parent);
        int n = root ? snprintf(path, sizeof path, "%s%sbin/go", root, *root ? "/" : "") : -1;
        if (n < 0 || (size_t)n >= sizeof path)
            continue;
        const struct tw_node *go = tw_tree_find(m->tree, path, true);
        if (!go || !go->file)
            continue;
        struct tw_toolchain *toolchain =
            tw_arena_push(m->arena, &m->image->toolchains, &m->image->toolchain_count);
        if (!toolchain || copy(m, tw_node_path(m->tree, node->parent), &toolchain->root) < 0 ||
            copy(m, node->go_version, &toolchain->version) < 0)
            return over_limit(m);
        toolchain->layer = m->digests[node->layer];
    }
    return 0;
}

// Looking for toolchains takes steps as well.
static int check_purse(struct making *m, bool was_spent)
{
    return was_spent || !tw_tree_is_spent(m->tree)
               ? 0
               : add_note(m, m->layer_count, NULL, "over-limit",
                     "links lead through the image's tree more often than in any real image: "
                     "toolchains may be missing",
                     true);
}

static int by_root(const void *a, const void *b)
{
    const struct tw_toolchain *x = a, *y = b;
    return strcmp(x->root, y->root);
}

// ---- the configuration ----

static int copy_texts(struct making *m, const char **texts, size_t count)
{
    struct tw_image_inventory *image = m->image;
    for (size_t i = 0; i < count; i++) {
        const char **text = tw_arena_push(m->arena, &image->entrypoint, &image->entrypoint_count);
        if (!text || copy_covered(m, texts[i], text) < 0)
            return over_limit(m);
    }
    return 0;
}

static int take_env(struct making *m, const struct tw_config_env *from)
{
    struct tw_image_inventory *image = m->image;
    struct tw_env_var *var = tw_arena_push(m->arena, &image->env, &image->env_count);
    const char *value = tw_secret_cover_value(m->arena, from->name, from->value);
    if (!var || !value || copy(m, from->name, &var->name) < 0 || copy(m, value, &var->value) < 0 ||
        copy_covered(m, from->instruction, &var->instruction) < 0)
        return over_limit(m);
    var->history_index = from->history_index;
    return 0;
}

static int take_config(struct making *m, const struct tw_config *config)
{
    struct tw_image_inventory *image = m->image;
    int r = 0;
    if (copy(m, config->os, &image->os) < 0 ||
        copy(m, config->architecture, &image->architecture) < 0 ||
        copy(m, config->variant, &image->variant) < 0 ||
        copy(m, config->created, &image->created) < 0)
        r = TW_E_LIMIT;
    for (size_t i = 0; i < config->env_count && r == 0; i++)
        r = take_env(m, &config->env[i]);
    if (r == 0)
        r = copy_texts(m, config->entrypoint, config->entrypoint_count);
    image->cmd_at = image->entrypoint_count;
    return r == 0 ? copy_texts(m, config->cmd, config->cmd_count) : r;
}

// history[] has one entry for each layer, beside those that made none; when the numbers differ
// nothing can be said.
static int take_created_by(struct making *m, const struct tw_config *config)
{
    size_t layers = 0;
    for (size_t i = 0; i < config->history_count; i++)
        layers += !config->history[i].empty_layer;
    if (layers != m->image->layer_count)
        return 0;
    struct tw_image_layer *layer = m->image->layers;
    for (size_t i = 0; i < config->history_count; i++) {
        const char *text = config->history[i].created_by;
        if (config->history[i].empty_layer)
            continue;
        if (*text && copy_covered(m, text, &layer->created_by) < 0)
            return TW_E_LIMIT;
        layer++;
    }
    return 0;
}

static int take_manifest(struct making *m, const struct tw_manifest *manifest)
{
    struct tw_image_inventory *image = m->image;
    image->digest = manifest->digest;
    if (copy(m, manifest->media_type, &image->media_type) < 0)
        return TW_E_LIMIT;
    for (size_t i = 0; i < manifest->layer_count; i++) {
        const struct tw_descriptor *from = &manifest->layers[i];
        struct tw_image_layer *layer = tw_arena_push(m->arena, &image->layers, &image->layer_count);
        if (!layer || copy(m, from->media_type, &layer->media_type) < 0)
            return over_limit(m);
        layer->digest = from->digest;
        layer->size_bytes = from->size_bytes;
    }
    for (size_t i = 0; i < image->layer_count; i++)
        m->digests[i] = image->layers[i].digest.text; // the array does not move any more
    return 0;
}

static int took(struct making *m, int r)
{
    return r == TW_E_NOMEM ? tw_err_set(m->err, r, "out of memory") : r < 0 ? over_limit(m) : 0;
}

// ---- from the outside ----

static int start(struct making *m, size_t layer_count, const struct tw_limits *limits)
{
    m->mem_failures = tw_mem_failures;
    m->layer_count = layer_count;
    m->limits = limits;
    m->tree = tw_tree_new(limits->image_inventory_bytes, limits->path_bytes);
    m->arena = tw_arena_new(limits->image_inventory_bytes);
    if (!m->tree || !m->arena)
        return tw_err_set(m->err, TW_E_NOMEM, "out of memory");
    m->image = tw_arena_alloc(m->arena, sizeof *m->image);
    m->digests = tw_arena_alloc(m->arena, (layer_count + 1) * sizeof *m->digests);
    m->skipped = tw_tree_alloc(m->tree, (layer_count + 1) * sizeof *m->skipped);
    if (!m->image || !m->digests || !m->skipped)
        return over_limit(m);
    m->image->arena = m->arena;
    return 0;
}

static int finish(struct making *m, int r, struct tw_image_inventory **ret_image)
{
    if (r == 0)
        r = take_binaries(m);
    bool was_spent = m->tree && tw_tree_is_spent(m->tree);
    if (r == 0)
        r = take_toolchains(m);
    if (r == 0)
        r = took(m, tw_surroundings_of_tree(m->image, m->tree, m->digests, m->limits));
    if (r == 0)
        r = check_purse(m, was_spent);
    if (r == 0 && m->image->toolchain_count > 0)
        qsort(
            m->image->toolchains, m->image->toolchain_count, sizeof *m->image->toolchains, by_root);
    if (r == 0 && tw_mem_failures != m->mem_failures)
        r = tw_err_set(m->err, TW_E_NOMEM, "out of memory");
    tw_tree_free(m->tree);
    if (r == 0)
        *ret_image = m->image;
    else
        tw_arena_free(m->arena);
    return r;
}

int tw_image_inventory_merge(const struct tw_manifest *manifest, const struct tw_config *config,
    struct tw_layer_inventory *const *layers, const struct tw_err *layer_errors,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err)
{
    struct making m = {.layers = layers, .err = err};
    int r = start(&m, manifest->layer_count, limits);
    if (r == 0)
        r = take_manifest(&m, manifest);
    if (r == 0)
        r = take_config(&m, config);
    if (r == 0)
        r = take_created_by(&m, config);
    if (r == 0)
        r = took(&m, tw_surroundings_of_config(m.image, config, limits));
    if (r == 0)
        r = apply_layers(&m, layer_errors);
    return finish(&m, r, ret_image);
}

int tw_image_inventory_of_layer(const struct tw_layer_inventory *layer,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err)
{
    struct tw_layer_inventory *only = (struct tw_layer_inventory *)layer; // not written to
    struct making m = {.layers = &only, .err = err};
    int r = start(&m, 1, limits);
    if (r == 0)
        r = apply_layers(&m, NULL);
    return finish(&m, r, ret_image);
}

int tw_image_inventory_of_failure(const struct tw_descriptor *descriptor, const struct tw_err *why,
    struct tw_image_inventory **ret_image, struct tw_err *err)
{
    struct making m = {.arena = tw_arena_new(FAILED_IMAGE_BYTES), .err = err};
    static const char *no_digest[1];
    m.digests = no_digest;
    m.image = m.arena ? tw_arena_alloc(m.arena, sizeof *m.image) : NULL;
    if (!m.image)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    m.image->arena = m.arena;
    m.image->digest = descriptor->digest;
    int r = 0;
    if (copy(&m, descriptor->media_type, &m.image->media_type) < 0 ||
        copy(&m, descriptor->os, &m.image->os) < 0 ||
        copy(&m, descriptor->architecture, &m.image->architecture) < 0 ||
        copy(&m, descriptor->variant, &m.image->variant) < 0 ||
        add_note(&m, 0, NULL, tw_err_name(why->code), why->msg, true) < 0)
        r = TW_E_LIMIT;
    m.image->status = TW_FAILED;
    if (r == 0)
        *ret_image = m.image;
    else
        tw_arena_free(m.arena);
    return r;
}
