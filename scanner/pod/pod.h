// A Pod, as far as it decides how the programs of its images will run. facts/admission.md sections
// 5 and 6; k8s.io/api/core/v1 PodSpec.
#pragma once

#include <jansson.h>

#include "scanner/base/arena.h"
#include "scanner/base/limits.h"
#include "scanner/image/config.h"

enum tw_container_kind {
    TW_CONTAINER,
    TW_CONTAINER_INIT,      // sidecars too
    TW_CONTAINER_EPHEMERAL, // of kubectl debug
    TW_CONTAINER_VOLUME,    // no container: an image that is mounted
};

struct tw_pod_variable { // of env[], or set by the command
    const char *name;
    const char *value;  // NULL: not known
    const char *where;  // "spec.containers[0].env[2]"
    const char *source; // where the value comes from when it is not known: "Secret db"; else NULL
};

struct tw_pod_source {  // of envFrom[]
    const char *name;   // "ConfigMap app"
    const char *prefix; // "" for none
};

struct tw_pod_container {
    enum tw_container_kind kind;
    const char *name;  // of the container or volume
    const char *image; // "": a template that leaves it open
    const char *where; // "spec.containers[0]"
    struct tw_pod_variable *variables;
    size_t variable_count;
    struct tw_pod_source *sources;
    size_t source_count;
    const char **command, **args; // $(NAME) expanded; what is not known stays as it is written
    size_t command_count, args_count;
    uint64_t cpu_limit_millis, memory_limit_bytes; // 0: none
};

struct tw_pod {
    struct tw_arena *arena;     // owns everything below, and this
    const char *kind;           // "Pod", or what makes it: "Deployment"
    const char *name;           // as far as it is known; ""
    const char *kube_namespace; // ""
    struct tw_label *labels, *annotations;
    size_t label_count, annotation_count;
    const char *service_account; // ""
    const char *os, *arch;       // that it asks for; NULL: none
    bool is_template;            // its name, and more labels, are given later
    struct tw_pod_container *containers;
    size_t container_count;
};

enum { TW_POD_CONTAINERS_MAX = 1000 };

void tw_pod_free(struct tw_pod *pod);
TW_DEFINE_AUTO(struct tw_pod, tw_pod_free)

// Reads the containers of `spec`. `where` is its path in the object; `old` is the spec before an
// update: containers that are as they were are left out; NULL: none are. The pod's other fields
// are set already. TW_E_FORMAT names the field; TW_E_LIMIT: too many containers.
int tw_pod_read_spec(struct tw_pod *pod, const json_t *spec, const json_t *old, const char *where,
    struct tw_err *err);

// A Pod that only has these images, for questions that come without one. NULL: out of memory.
struct tw_pod *tw_pod_of_images(
    const char *const *images, size_t count, const char *kube_namespace);
