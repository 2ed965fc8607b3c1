// The Kubernetes API as a Pod reaches it: by its service account, and trusting that account's CA
// only. https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <jansson.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"

struct tw_cluster; // one connection; not for two threads at once

struct tw_cluster_place {
    const char *account; // folder with the files token, namespace and ca.crt
    const char *host;    // name or address, IPv6 without brackets
    const char *port;
};

// Reads the files. TW_E_IO and the like name the file.
int tw_cluster_open(
    const struct tw_cluster_place *place, struct tw_cluster **ret_cluster, struct tw_err *err);
void tw_cluster_close(struct tw_cluster *cluster); // the token is wiped
TW_DEFINE_AUTO(struct tw_cluster, tw_cluster_close)

// Of the Pod.
const char *tw_cluster_namespace(const struct tw_cluster *cluster);

enum tw_cluster_kind { TW_CLUSTER_SECRET, TW_CLUSTER_WEBHOOKS };

// Each names the object in its messages. TW_E_NOT_FOUND: there is none of that name. TW_E_DENIED:
// the service account may not; the message has the rule that is missing. TW_E_UNAVAILABLE: the
// object has been changed meanwhile, or the API server does not answer: worth another try.
int tw_cluster_get(struct tw_cluster *cluster, enum tw_cluster_kind kind, const char *name,
    json_t **ret_object, struct tw_err *err);

// Replaces the object if it still is as it was read (metadata.resourceVersion); creates it when it
// was not read.
int tw_cluster_put(struct tw_cluster *cluster, enum tw_cluster_kind kind, const json_t *object,
    struct tw_err *err);
