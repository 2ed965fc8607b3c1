#include "scanner/inventory/tree.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/base/siphash.h"

enum {
    HOPS_MAX = 40,         // Linux's own limit for links in one path (path_resolution(7))
    STEPS_MAX = 100000000, // a layer of two million names ten deep takes 20 million
    ESCAPED_BYTES = 4,     // of one byte, "\\xNN"
};

struct tw_tree {
    struct tw_arena *arena;
    struct tw_sipkey key;
    uint64_t path_bytes;
    uint64_t steps_left;
    struct tw_node root;
    struct tw_node **buckets;
    size_t bucket_count, node_count;
    char *path; // what tw_node_path() returned last
    size_t path_capacity;
};

struct tw_tree *tw_tree_new(uint64_t max_bytes, uint64_t path_bytes)
{
    TW_AUTO(tw_tree_freep) struct tw_tree *tree = calloc(1, sizeof *tree);
    if (!tree || !(tree->arena = tw_arena_new(max_bytes)) || tw_sipkey_new(&tree->key) < 0)
        return NULL;
    tree->path_bytes = path_bytes * ESCAPED_BYTES;
    tree->steps_left = STEPS_MAX;
    tree->root.name = "";
    tree->bucket_count = 1024;
    tree->buckets = calloc(tree->bucket_count, sizeof *tree->buckets);
    return tree->buckets ? TW_TAKE(tree) : NULL;
}

void tw_tree_free(struct tw_tree *tree)
{
    if (!tree)
        return;
    tw_arena_free(tree->arena);
    free(tree->buckets);
    free(tree->path);
    free(tree);
}

struct tw_node *tw_tree_root(struct tw_tree *tree)
{
    return &tree->root;
}

void *tw_tree_alloc(struct tw_tree *tree, size_t size)
{
    return tw_arena_alloc(tree->arena, size);
}

bool tw_tree_spend(struct tw_tree *tree, uint64_t steps)
{
    tree->steps_left -= steps < tree->steps_left ? steps : tree->steps_left;
    return tree->steps_left > 0;
}

bool tw_tree_is_spent(const struct tw_tree *tree)
{
    return tree->steps_left == 0;
}

static struct tw_node *child_of(
    const struct tw_tree *tree, const struct tw_node *parent, const char *name, size_t size)
{
    uint64_t hash = tw_siphash(&tree->key, parent->hash, name, size);
    struct tw_node *node = tree->buckets[hash & (tree->bucket_count - 1)];
    while (node && (node->hash != hash || node->parent != parent ||
                       strncmp(node->name, name, size) != 0 || node->name[size] != '\0'))
        node = node->chain;
    return node;
}

static bool grow(struct tw_tree *tree)
{
    size_t count = tree->bucket_count * 2;
    struct tw_node **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return false;
    for (size_t i = 0; i < tree->bucket_count; i++) {
        for (struct tw_node *node = tree->buckets[i], *next; node; node = next) {
            next = node->chain;
            node->chain = buckets[node->hash & (count - 1)];
            buckets[node->hash & (count - 1)] = node;
        }
    }
    free(tree->buckets);
    tree->buckets = buckets;
    tree->bucket_count = count;
    return true;
}

static struct tw_node *add_child(
    struct tw_tree *tree, struct tw_node *parent, const char *name, size_t size)
{
    // Links that point at paths with links can make paths of any length out of short ones.
    if (parent->path_size + size + 1 > tree->path_bytes)
        return NULL;
    struct tw_node *node = tw_arena_alloc(tree->arena, sizeof *node);
    if (!node || !(node->name = tw_arena_strndup(tree->arena, name, size)))
        return NULL;
    if (tree->node_count >= tree->bucket_count && !grow(tree))
        return NULL;
    tree->node_count++;
    node->parent = parent;
    node->path_size = parent->path_size + (uint32_t)size + 1;
    node->hash = tw_siphash(&tree->key, parent->hash, name, size);
    node->sibling = parent->child;
    parent->child = node;
    struct tw_node **bucket = &tree->buckets[node->hash & (tree->bucket_count - 1)];
    node->chain = *bucket;
    *bucket = node;
    return node;
}

enum walk {
    WALK_FOLLOW = 1, // the last component too
    WALK_MAKE = 2,
    WALK_LITERAL = 4, // follow no link at all
};

// Recursion is bounded by the hops.
static struct tw_node *walk(
    struct tw_tree *tree, struct tw_node *at, const char *path, int flags, unsigned *hops)
{
    while (at && *path) {
        if (!tw_tree_spend(tree, 1))
            return NULL;
        size_t n = strcspn(path, "/");
        const char *name = path;
        path += n;
        path += strspn(path, "/");
        if (n == 0 || (n == 1 && name[0] == '.'))
            continue;
        if (n == 2 && name[0] == '.' && name[1] == '.') {
            at = at->parent ? at->parent : at;
            continue;
        }
        struct tw_node *parent = at;
        at = child_of(tree, parent, name, n);
        if (!at && (flags & WALK_MAKE))
            at = add_child(tree, parent, name, n);
        if (!at || !at->target || (flags & WALK_LITERAL) || (!*path && !(flags & WALK_FOLLOW)))
            continue;
        if (++*hops > HOPS_MAX)
            return NULL;
        struct tw_node *start = at->target[0] == '/' ? &tree->root : parent;
        at = walk(tree, start, at->target, flags | WALK_FOLLOW, hops);
    }
    return at;
}

struct tw_node *tw_tree_find(struct tw_tree *tree, const char *path, bool follow)
{
    unsigned hops = 0;
    return walk(tree, &tree->root, path, follow ? WALK_FOLLOW : 0, &hops);
}

struct tw_node *tw_tree_make(struct tw_tree *tree, const char *path)
{
    unsigned hops = 0;
    struct tw_node *node = walk(tree, &tree->root, path, WALK_MAKE, &hops);
    // A path through links that go round is one that no runtime can unpack: any place does.
    return node ? node : walk(tree, &tree->root, path, WALK_MAKE | WALK_LITERAL, &hops);
}

struct tw_node *tw_tree_next(struct tw_node *top, struct tw_node *node, bool skip_children)
{
    if (node->child && !skip_children)
        return node->child;
    while (node != top && !node->sibling)
        node = node->parent;
    return node == top ? NULL : node->sibling;
}

bool tw_node_is_set(const struct tw_node *node)
{
    return node->target || node->file || node->go_version || node->text || node->skipped;
}

void tw_node_clear(struct tw_node *node, size_t layer)
{
    if (!tw_node_is_set(node) || node->layer >= layer)
        return;
    if (node->skipped)
        node->skipped->names--;
    node->target = NULL;
    node->file = NULL;
    node->go_version = NULL;
    node->text = NULL;
    node->skipped = NULL;
    node->own_name = false;
}

void tw_tree_clear(struct tw_tree *tree, struct tw_node *top, size_t layer)
{
    bool done = false;
    for (struct tw_node *node = top; node; node = tw_tree_next(top, node, done)) {
        done = node->cleared == layer + 1;
        tw_tree_spend(tree, 1);
        tw_node_clear(node, layer);
        node->cleared = layer + 1;
    }
}

void tw_node_skip(struct tw_node *node, struct tw_skipped *skipped)
{
    if (node->skipped)
        node->skipped->names--;
    node->skipped = skipped;
    skipped->names++;
}

const char *tw_node_path(struct tw_tree *tree, const struct tw_node *node)
{
    size_t size = node->path_size + 1;
    if (size > tree->path_capacity) {
        char *grown = realloc(tree->path, size);
        if (!grown)
            return NULL;
        tree->path = grown;
        tree->path_capacity = size;
    }
    char *end = tree->path + (node->path_size ? node->path_size - 1 : 0);
    *end = '\0';
    for (; node->parent; node = node->parent) {
        size_t n = strlen(node->name);
        end -= n;
        memcpy(end, node->name, n);
        if (node->parent->parent)
            *--end = '/';
    }
    return tree->path;
}

uint64_t tw_node_key(struct tw_tree *tree, struct tw_node *node, enum tw_path_kind kind)
{
    if (!node->keys[kind]) {
        const char *path = tw_node_path(tree, node);
        node->keys[kind] = path ? tw_path_key(kind, path) : 0;
    }
    return node->keys[kind];
}
