// What the files of this folder share. Private to it.
#pragma once

#include "scanner/pod/pod.h"

// Where in the object we are, and where failures go.
struct tw_place {
    struct tw_pod *pod;
    const char *where; // "spec.containers[0]"
    struct tw_err *err;
};

int tw_place_no_memory(const struct tw_place *place);
// TW_E_FORMAT: "spec.containers[0].image must be a string".
int tw_place_fail(const struct tw_place *place, const char *key, const char *wants);

// Each takes null for absent; the value is untouched then.
int tw_place_text(
    const struct tw_place *place, const json_t *object, const char *key, const char **ret_text);
// An array, or an object; NULL when absent.
int tw_place_array(
    const struct tw_place *place, const json_t *object, const char *key, const json_t **ret_array);
int tw_place_object(
    const struct tw_place *place, const json_t *object, const char *key, const json_t **ret_object);
// An object of texts.
int tw_place_labels(const struct tw_place *place, const json_t *object, const char *key,
    struct tw_label **ret_labels, size_t *ret_count);

// "WHERE.KEY[INDEX]" in the arena; NULL: out of memory.
const char *tw_place_at(const struct tw_place *place, const char *key, size_t index);

// container.c: a container of spec.containers[] and the like, without its image volume cousins.
// `pod_limits`: resources.limits of the Pod as a whole, or NULL.
int tw_container_read(const struct tw_place *place, const json_t *json, const json_t *pod_limits,
    struct tw_pod_container *container);

// expand.c: the text with each $(NAME) expanded by the container's variables so far, "$$" as "$".
// *ret_known is false when one is not known, and stays as it is written then, or when the text is
// longer than Linux takes (128 KiB: the program can't be started). NULL: out of memory.
const char *tw_expand(struct tw_arena *arena, const struct tw_pod_container *container,
    const char *text, bool *ret_known);
