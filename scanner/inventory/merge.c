#include "scanner/inventory/merge.h"

#include <stdio.h>
#include <string.h>

#include "scanner/inventory/path.h"

enum {
    ALIAS_DEPTH_MAX = 40,
    LITERAL_BYTES_MAX = 65536,
    VISIT_STEPS = 16,     // what a visit costs, for up to three SHA-256 ...
    STEP_HASH_BYTES = 16, // ... and one more step for so many bytes of the path
};

// What a hard link leads to in the layers below.
struct origin {
    const struct tw_file *file;
    size_t file_layer;
    const char *target;
    const struct tw_text_file *text;
    struct tw_skipped *skipped;
};

struct apply {
    struct tw_tree *tree;
    const struct tw_layer_inventory *layer;
    size_t index;
    struct origin *origins;      // of layer->hardlinks
    struct tw_skipped **skipped; // of layer->notes
    struct tw_err *err;
};

static int over_limit(struct apply *a)
{
    return tw_err_set(a->err, TW_E_LIMIT, "%s",
        tw_tree_is_spent(a->tree)
            ? "links lead through the image's tree more often than in any real image"
            : "the merged tree is over the limit image_inventory_bytes, or there is no memory");
}

static bool provides(const struct apply *a, enum tw_path_kind kind, const char *path)
{
    return tw_keys_have(a->layer->path_keys, a->layer->path_key_count, tw_path_key(kind, path));
}

// ---- what the layer takes away ----

// A hard link may be made before its target disappears, in one and the same layer.
static int remember_origins(struct apply *a)
{
    size_t count = a->layer->hardlink_count;
    a->origins = calloc(count + 1, sizeof *a->origins);
    for (size_t i = 0; a->origins && i < count; i++) {
        const struct tw_node *from = tw_tree_find(a->tree, a->layer->hardlinks[i].target, false);
        if (from)
            a->origins[i] = (struct origin){
                from->file, from->file_layer, from->target, from->text, from->skipped};
    }
    return a->origins ? 0 : over_limit(a);
}

static int take_whiteouts(struct apply *a)
{
    for (size_t i = 0; i < a->layer->whiteout_count; i++) {
        struct tw_node *node = tw_tree_find(a->tree, a->layer->whiteouts[i], false);
        if (node)
            tw_tree_clear(a->tree, node, a->index);
    }
    return 0;
}

// After the layer's own paths: a directory that takes the place of a link hides nothing of what
// the link led to.
static int take_opaques(struct apply *a)
{
    for (size_t i = 0; i < a->layer->opaque_count; i++) {
        struct tw_node *top = tw_tree_find(a->tree, a->layer->opaques[i], true);
        if (!top || top->cleared == a->index + 1)
            continue;
        for (struct tw_node *child = top->child; child; child = child->sibling)
            tw_tree_clear(a->tree, child, a->index);
        top->cleared = a->index + 1; // what stands at `top` itself stays, unless somebody asks
    }
    return 0;
}

static int replace_below(struct apply *a, struct tw_node *top, const char *prefix, unsigned depth);

// Where `node` stands, in the words of this layer: below `prefix`, which leads to `top`.
static bool literal_path(struct apply *a, const struct tw_node *top, const struct tw_node *node,
    const char *prefix, char *ret_path, size_t size)
{
    const char *path = tw_node_path(a->tree, node);
    if (!path)
        return false;
    path += top->path_size; // with its separator
    int n = snprintf(ret_path, size, "%s%s%s", prefix, *prefix ? "/" : "", path);
    return n >= 0 && (size_t)n < size;
}

// What the layer has at this path. Returns whether there may be more of it below, 0 or 1.
static int replace_one(struct apply *a, struct tw_node *node, const char *literal, unsigned depth)
{
    if (provides(a, TW_PATH_OTHER, literal)) {
        tw_tree_clear(a->tree, node, a->index); // hides what was below as well
        return 0;
    }
    if (node->cleared == a->index + 1)
        return 0; // a whiteout took it and all below
    bool directory = provides(a, TW_PATH_DIRECTORY, literal);
    if (directory && tw_node_is_set(node))
        tw_node_clear(node, a->index); // a directory in the place of something else
    if (!directory && !provides(a, TW_PATH_PARENT, literal))
        return 0;
    if (!node->target)
        return 1;
    // Entries of this layer that go through a link of a lower one.
    struct tw_node *behind = tw_tree_find(a->tree, tw_node_path(a->tree, node), true);
    int r = behind && !behind->target && depth < ALIAS_DEPTH_MAX
                ? replace_below(a, behind, literal, depth + 1)
                : 0;
    return r < 0 ? r : 1;
}

static int replace_below(struct apply *a, struct tw_node *top, const char *prefix, unsigned depth)
{
    TW_AUTO(tw_freep) char *literal = malloc(LITERAL_BYTES_MAX);
    if (!literal)
        return over_limit(a);
    bool skip = false;
    for (struct tw_node *node = top; (node = tw_tree_next(top, node, skip));) {
        if (!tw_tree_spend(a->tree, VISIT_STEPS + node->path_size / STEP_HASH_BYTES))
            return over_limit(a);
        skip = true;
        if (!literal_path(a, top, node, prefix, literal, LITERAL_BYTES_MAX))
            continue;
        int more = replace_one(a, node, literal, depth);
        if (more < 0)
            return more;
        skip = more == 0;
    }
    return 0;
}

// ---- what it puts in place ----

static struct tw_node *put(struct apply *a, const char *path)
{
    struct tw_node *node = tw_tree_make(a->tree, path);
    if (node) {
        tw_node_clear(node, a->index);
        node->layer = a->index;
    }
    return node;
}

static int put_links(struct apply *a)
{
    for (size_t i = 0; i < a->layer->symlink_count; i++) {
        struct tw_node *node = put(a, a->layer->symlinks[i].path);
        if (!node)
            return over_limit(a);
        node->target = a->layer->symlinks[i].target;
    }
    return 0;
}

static int put_files(struct apply *a)
{
    for (size_t i = 0; i < a->layer->file_count; i++) {
        struct tw_node *node = put(a, a->layer->files[i].path);
        if (!node)
            return over_limit(a);
        node->file = &a->layer->files[i];
        node->file_layer = a->index;
        node->own_name = true;
    }
    return 0;
}

// What the link's target is: of this layer; else of a lower one, when this layer has put nothing
// else in its place.
static bool origin_of(struct apply *a, size_t i, struct origin *ret_origin)
{
    const char *target = a->layer->hardlinks[i].target;
    const struct tw_node *from = tw_tree_find(a->tree, target, false);
    if (from && tw_node_is_set(from))
        *ret_origin =
            (struct origin){from->file, from->file_layer, from->target, from->text, from->skipped};
    else if (!provides(a, TW_PATH_OTHER, target))
        *ret_origin = a->origins[i];
    return ret_origin->file || ret_origin->target || ret_origin->text || ret_origin->skipped;
}

// Links to what no record is kept of do not matter.
static int put_hardlinks(struct apply *a)
{
    for (size_t i = 0; i < a->layer->hardlink_count; i++) {
        struct origin origin = {0};
        if (!origin_of(a, i, &origin))
            continue;
        struct tw_node *node = put(a, a->layer->hardlinks[i].path);
        if (!node)
            return over_limit(a);
        if (node->file == origin.file && node->target == origin.target &&
            node->text == origin.text && node->skipped == origin.skipped)
            continue; // a link to itself
        node->target = origin.target;
        node->file = origin.file;
        node->text = origin.text;
        node->file_layer = origin.file_layer;
        node->own_name = false;
        if (origin.skipped)
            tw_node_skip(node, origin.skipped);
    }
    return 0;
}

static int put_versions(struct apply *a)
{
    for (size_t i = 0; i < a->layer->version_file_count; i++) {
        struct tw_node *root = tw_tree_make(a->tree, a->layer->version_files[i].root);
        char path[LITERAL_BYTES_MAX];
        const char *at = root ? tw_node_path(a->tree, root) : NULL;
        if (!at)
            return over_limit(a);
        int n = snprintf(path, sizeof path, "%s%sVERSION", at, *at ? "/" : "");
        struct tw_node *node = n >= 0 && (size_t)n < sizeof path ? put(a, path) : NULL;
        if (!node)
            return over_limit(a);
        node->go_version = a->layer->version_files[i].version;
    }
    return 0;
}

static int put_texts(struct apply *a)
{
    for (size_t i = 0; i < a->layer->text_count; i++) {
        struct tw_node *node = put(a, a->layer->texts[i].path);
        if (!node)
            return over_limit(a);
        node->text = &a->layer->texts[i];
    }
    return 0;
}

static int put_skipped(struct apply *a)
{
    for (size_t i = 0; i < a->layer->note_count; i++) {
        const struct tw_layer_note *note = &a->layer->notes[i];
        if (!note->path || !note->incomplete)
            continue;
        struct tw_node *node = put(a, note->path);
        if (!node)
            return over_limit(a);
        if (!node->skipped) {
            struct tw_skipped *skipped = tw_tree_alloc(a->tree, sizeof *skipped);
            if (!skipped)
                return over_limit(a);
            tw_node_skip(node, skipped);
        }
        a->skipped[i] = node->skipped;
    }
    return 0;
}

static int replace_all(struct apply *a)
{
    return replace_below(a, tw_tree_root(a->tree), "", 0);
}

int tw_tree_apply(struct tw_tree *tree, const struct tw_layer_inventory *layer, size_t index,
    struct tw_skipped **skipped, struct tw_err *err)
{
    static int (*const phases[])(struct apply *) = {
        remember_origins,
        take_whiteouts,
        replace_all,
        take_opaques,
        put_links,
        put_files,
        put_texts,
        put_skipped,
        put_hardlinks,
        put_versions,
    };
    struct apply a = {.tree = tree, .layer = layer, .index = index, .skipped = skipped, .err = err};
    int r = 0;
    for (size_t i = 0; r == 0 && i < TW_COUNT(phases); i++)
        r = phases[i](&a);
    free(a.origins);
    return r == 0 && tw_tree_is_spent(tree) ? over_limit(&a) : r;
}
