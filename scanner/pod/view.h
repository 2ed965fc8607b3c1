// An image as one container will see it: its inventory with the environment, the command and the
// name of that container. Rules judge it like any other image.
#pragma once

#include "scanner/image/reference.h"
#include "scanner/inventory/image.h"
#include "scanner/pod/pod.h"
#include "scanner/rules/verdict.h"

struct tw_unknown {     // what the process will have, and nobody can tell here
    const char *name;   // of the variable; NULL: any
    const char *source; // "Secret db"
};

struct tw_view {
    struct tw_image_inventory image; // shares all but environment, command and name
    struct tw_unknown *unknown;      // that may matter to Go
    size_t unknown_count;
    // As struct tw_judge_options.
    const char **unknown_names;
    size_t unknown_name_count;
    bool may_set_any;
};

// Everything goes into `arena`, and refers to the image and the container. `reference`: what the
// container calls the image. 0 or TW_E_NOMEM.
int tw_view_make(const struct tw_image_inventory *image, const struct tw_pod_container *container,
    const struct tw_reference *reference, struct tw_arena *arena, struct tw_view *ret_view,
    struct tw_err *err);

// Where it will run, for the rules: limits, what is not known, the Pod's place. The rest of
// *options stays as it is.
void tw_view_place(const struct tw_view *view, const struct tw_pod *pod,
    const struct tw_pod_container *container, struct tw_judge_options *options);
