// The part of a file system that matters when layers are merged: Go files, links, toolchains,
// and what could not be read, each at its canonical place. Private to merge.c.
//
// Layers are applied from the base up. Applying a layer first takes away what its whiteouts and
// its own paths hide of the layers below, then puts its own things in place.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/inventory/layer.h"

// What stands at one path. A node without anything is a directory, or was emptied.
struct tw_node {
    struct tw_node *parent, *child, *sibling;
    struct tw_node *chain; // of the hash table
    const char *name;
    uint32_t hash;
    uint32_t path_size;         // of the whole path, with separators
    uint64_t keys[3];           // tw_path_key() by kind, 0: not computed yet
    size_t layer;               // which put it there
    const char *target;         // a symbolic link
    const struct tw_file *file; // an executable ...
    size_t file_layer;          // ... first put there by this layer
    bool own_name;              // `file` is known by this name, not by a hard link
    const char *go_version;     // a VERSION file
    bool skipped;               // a file that could not be looked at
};

struct tw_tree;

// `max_bytes`: memory of the tree; paths longer than path_bytes are not followed.
struct tw_tree *tw_tree_new(uint64_t max_bytes, uint64_t path_bytes);
void tw_tree_free(struct tw_tree *tree);
TW_DEFINE_AUTO(struct tw_tree, tw_tree_free)

struct tw_node *tw_tree_root(struct tw_tree *tree);

// The node at `path`; symbolic links on the way are followed (inside the root, at most 40), and
// the last one when `follow`. NULL: there is none, or the links go round in a circle.
struct tw_node *tw_tree_find(struct tw_tree *tree, const char *path, bool follow);

// The same, made when there is none. Links that lead nowhere are then taken for directories.
// NULL: no memory.
struct tw_node *tw_tree_make(struct tw_tree *tree, const char *path);

// The next node after `node` in the subtree of `top`, parents before children; NULL at the end.
struct tw_node *tw_tree_next(struct tw_node *top, struct tw_node *node, bool skip_children);

// Whether anything stands there.
bool tw_node_is_set(const struct tw_node *node);

// Takes away what layers below `layer` put at the node, and below it when `deep`.
void tw_node_clear(struct tw_node *node, size_t layer, bool deep);

// The node's path. The text is valid until the next call. NULL: no memory.
const char *tw_node_path(struct tw_tree *tree, const struct tw_node *node);

// The node's path key.
uint64_t tw_node_key(struct tw_tree *tree, struct tw_node *node, enum tw_path_kind kind);
