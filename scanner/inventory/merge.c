#include "scanner/inventory/merge.h"

#include <stdio.h>
#include <string.h>

#include "scanner/inventory/path.h"

enum {
    ALIAS_DEPTH_MAX = 40,
    VISITS_MAX = 20000000, // of nodes, for one layer
    LITERAL_BYTES_MAX = 65536,
};

struct apply {
    struct tw_tree *tree;
    const struct tw_layer_inventory *layer;
    size_t index;
    uint64_t visits;
    struct tw_err *err;
};

static int no_memory(struct apply *a)
{
    return tw_err_set(a->err, TW_E_LIMIT, "the merged tree is over its limit, or no memory");
}

static bool provides(const struct apply *a, enum tw_path_kind kind, const char *path)
{
    return tw_keys_have(a->layer->path_keys, a->layer->path_key_count, tw_path_key(kind, path));
}

// ---- what the layer takes away ----

static void apply_whiteouts(struct apply *a)
{
    for (size_t i = 0; i < a->layer->whiteout_count; i++) {
        struct tw_node *node = tw_tree_find(a->tree, a->layer->whiteouts[i], false);
        if (node)
            tw_node_clear(node, a->index, true);
    }
    for (size_t i = 0; i < a->layer->opaque_count; i++) {
        struct tw_node *top = tw_tree_find(a->tree, a->layer->opaques[i], true);
        for (struct tw_node *child = top ? top->child : NULL; child; child = child->sibling)
            tw_node_clear(child, a->index, true);
    }
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
        tw_node_clear(node, a->index, true); // hides what was below as well
        return 0;
    }
    bool directory = provides(a, TW_PATH_DIRECTORY, literal);
    if (directory && (node->target || node->file))
        tw_node_clear(node, a->index, false); // a directory in the place of something else
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
        return no_memory(a);
    bool skip = false;
    for (struct tw_node *node = top; (node = tw_tree_next(top, node, skip));) {
        if (++a->visits > VISITS_MAX)
            return tw_err_set(a->err, TW_E_LIMIT,
                "links lead through the tree more often than in any real image");
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
        tw_node_clear(node, a->index, false);
        node->layer = a->index;
    }
    return node;
}

static int put_links(struct apply *a)
{
    for (size_t i = 0; i < a->layer->symlink_count; i++) {
        struct tw_node *node = put(a, a->layer->symlinks[i].path);
        if (!node)
            return no_memory(a);
        node->target = a->layer->symlinks[i].target;
    }
    return 0;
}

static int put_files(struct apply *a)
{
    for (size_t i = 0; i < a->layer->file_count; i++) {
        struct tw_node *node = put(a, a->layer->files[i].path);
        if (!node)
            return no_memory(a);
        node->file = &a->layer->files[i];
        node->file_layer = a->index;
        node->own_name = true;
    }
    return 0;
}

// Of this layer or of a lower one; links to what is no Go file do not matter.
static int put_hardlinks(struct apply *a)
{
    for (size_t i = 0; i < a->layer->hardlink_count; i++) {
        struct tw_node *from = tw_tree_find(a->tree, a->layer->hardlinks[i].target, false);
        if (!from || (!from->file && !from->target))
            continue;
        struct tw_node *node = put(a, a->layer->hardlinks[i].path);
        if (!node)
            return no_memory(a);
        node->target = from->target;
        node->file = from->file;
        node->file_layer = from->file_layer;
        node->own_name = node == from;
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
            return no_memory(a);
        int n = snprintf(path, sizeof path, "%s%sVERSION", at, *at ? "/" : "");
        struct tw_node *node = n >= 0 && (size_t)n < sizeof path ? put(a, path) : NULL;
        if (!node)
            return no_memory(a);
        node->go_version = a->layer->version_files[i].version;
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
            return no_memory(a);
        node->skipped = true;
    }
    return 0;
}

int tw_tree_apply(
    struct tw_tree *tree, const struct tw_layer_inventory *layer, size_t index, struct tw_err *err)
{
    static int (*const puts[])(struct apply *) = {
        put_links, put_files, put_hardlinks, put_versions, put_skipped};
    struct apply a = {.tree = tree, .layer = layer, .index = index, .err = err};
    apply_whiteouts(&a);
    int r = replace_below(&a, tw_tree_root(tree), "", 0);
    for (size_t i = 0; r == 0 && i < TW_COUNT(puts); i++)
        r = puts[i](&a);
    return r;
}
