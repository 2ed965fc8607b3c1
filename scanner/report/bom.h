// The parts that a CycloneDX document is put together from. Private to cyclonedx.c and its
// bom_library.c.
#pragma once

#include <jansson.h>

#include "scanner/report/report.h"

struct tw_bom {
    json_t *components; // array: libraries and, of an index, images
    json_t *libraries;  // object: reference -> the component (borrowed), so that each is there once
    json_t *dependencies; // array
    struct tw_buf *room;  // for one name at a time
    bool failed;          // something was lost: there will be no document
};

// Takes the reference of `item`.
void tw_bom_append(struct tw_bom *bom, json_t *list, json_t *item);
void tw_bom_set(struct tw_bom *bom, json_t *object, const char *key, json_t *item);

// A text, left out when it is NULL or "".
void tw_bom_set_text(struct tw_bom *bom, json_t *object, const char *key, const char *text);
// A version: at most 1,024 characters, or it is left out.
void tw_bom_set_version(struct tw_bom *bom, json_t *object, const char *version);
// A row of the component's `properties`: "tidewaiter:GROUP" or "tidewaiter:GROUP:NAME". Nothing
// when `value` is NULL.
void tw_bom_property(
    struct tw_bom *bom, json_t *component, const char *group, const char *name, const char *value);
// Where the component was seen; `platform` may be NULL.
void tw_bom_occurrence(
    struct tw_bom *bom, json_t *component, const char *path, const char *platform);
// `ref` depends on the references in `on` (a set: an object of any values), in their order.
void tw_bom_depends(struct tw_bom *bom, const char *ref, const json_t *on);

// The modules and the standard library of a program; their references become members of `on`.
void tw_bom_libraries(
    struct tw_bom *bom, const struct tw_image_binary *file, const char *platform, json_t *on);
