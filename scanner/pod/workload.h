// The kinds of Kubernetes objects that run containers, and the Pod in each. facts/admission.md
// section 5.
#pragma once

#include "scanner/pod/pod.h"

struct tw_workload {
    const char *group, *kind; // "apps", "Deployment"
    const json_t *object;
    const json_t *old; // of an UPDATE; NULL: none
    const char *kube_namespace;
};

// The Pod that the object is or will make. A kind that is not known is looked at as one that has
// spec.template.spec. An update: containers of a Pod that are new or changed; all of a template's
// when it changed, else none. An object that runs nothing, or is being deleted, gives a Pod without
// containers. TW_E_FORMAT names the field that is not what it should be.
int tw_workload_read(
    const struct tw_workload *workload, struct tw_pod **ret_pod, struct tw_err *err);
