// What surrounds the programs of an image: scripts and other texts, certificates, time zones; and
// what its history and its command do about Go. Private to image.c.
#pragma once

#include "scanner/image/config.h"
#include "scanner/inventory/image.h"
#include "scanner/inventory/tree.h"

// `digests`: of the layers, by number; NULL: none. All: 0, TW_E_LIMIT (the arena is full) or
// TW_E_NOMEM.
int tw_surroundings_of_tree(struct tw_image_inventory *image, struct tw_tree *tree,
    const char *const *digests, const struct tw_limits *limits);
int tw_surroundings_of_config(struct tw_image_inventory *image, const struct tw_config *config,
    const struct tw_limits *limits);

// Notes that more was found than limits->text_traces; `path` NULL: in history or command.
int tw_surroundings_in_part(struct tw_image_inventory *image, const char *path);

// The traces of the words that the image starts.
int tw_surroundings_of_command(struct tw_image_inventory *image, const struct tw_limits *limits);
