// The part of a file system that matters when layers are merged: Go files, links, toolchains,
// and what could not be read, each at its canonical place. Private to merge.c and image.c.
//
// Layers are applied from the base up. Applying a layer first takes away what its whiteouts and
// its own paths hide of the layers below, then puts its own things in place.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/inventory/layer.h"

// A file that could not be looked at. It counts while any name leads to it.
struct tw_skipped {
    size_t names;
};

// What stands at one path. A node without anything is a directory, or was emptied.
struct tw_node {
    struct tw_node *parent, *child, *sibling;
    struct tw_node *chain; // of the hash table
    const char *name;
    uint64_t hash;
    uint32_t path_size;         // of the whole path, with separators
    uint64_t keys[3];           // tw_path_key() by kind, 0: not computed yet
    size_t layer;               // which put it there
    const char *target;         // a symbolic link
    const struct tw_file *file; // an executable ...
    size_t file_layer;          // ... first put there by this layer
    bool own_name;              // `file` is known by this name, not by a hard link
    const char *go_version;     // a VERSION file
    const struct tw_text_file *text;
    struct tw_skipped *skipped; // a file that could not be looked at
    size_t cleared;             // number + 1 of the layer that emptied it and all below
};

struct tw_tree;

// `max_bytes`: memory of the tree; paths longer than path_bytes (escaped: up to four times that)
// are not followed. NULL: no memory.
struct tw_tree *tw_tree_new(uint64_t max_bytes, uint64_t path_bytes);
void tw_tree_free(struct tw_tree *tree);
TW_DEFINE_AUTO(struct tw_tree, tw_tree_free)

struct tw_node *tw_tree_root(struct tw_tree *tree);

// Memory that lives as long as the tree, zeroed. NULL: over the limit.
void *tw_tree_alloc(struct tw_tree *tree, size_t size);

// Links that lead back into the tree let a small layer ask for endless work. Every step is paid
// for out of one purse for the whole image, far more than any real image needs. Once it is empty
// nothing is found or made any more, and whoever asks has to say so.
bool tw_tree_spend(struct tw_tree *tree, uint64_t steps); // false: the purse is empty
bool tw_tree_is_spent(const struct tw_tree *tree);

// The node at `path`; symbolic links on the way are followed (inside the root, at most 40), and
// the last one when `follow`. NULL: there is none, the links go round in a circle, or the purse is
// empty.
struct tw_node *tw_tree_find(struct tw_tree *tree, const char *path, bool follow);

// The same, made when there is none. Links that lead nowhere are then taken for directories.
// NULL: no memory, or the purse is empty.
struct tw_node *tw_tree_make(struct tw_tree *tree, const char *path);

// The next node after `node` in the subtree of `top`, parents before children; NULL at the end.
struct tw_node *tw_tree_next(struct tw_node *top, struct tw_node *node, bool skip_children);

// Whether anything stands there.
bool tw_node_is_set(const struct tw_node *node);

// Takes away what layers below `layer` put at the node.
void tw_node_clear(struct tw_node *node, size_t layer);

// The same for the node and everything below it. To do it again before anything is put in place
// costs nothing.
void tw_tree_clear(struct tw_tree *tree, struct tw_node *top, size_t layer);

// Makes the node one more name of `skipped`.
void tw_node_skip(struct tw_node *node, struct tw_skipped *skipped);

// The node's path. The text is valid until the next call. NULL: no memory.
const char *tw_node_path(struct tw_tree *tree, const struct tw_node *node);

// The node's path key.
uint64_t tw_node_key(struct tw_tree *tree, struct tw_node *node, enum tw_path_kind kind);
