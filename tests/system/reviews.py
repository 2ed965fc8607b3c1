"""AdmissionReviews as an API server sends them: defaults filled in, names given, wrapped, and written
as Go writes JSON. tests/system/admission/kubectl has what `kubectl create --dry-run=client` prints."""
import copy
import json
import uuid
from pathlib import Path

DATA = Path(__file__).parent / "admission"
USER = {"username": "kubernetes-admin", "groups": ["kubeadm:cluster-admins", "system:authenticated"],
        "extra": {"authentication.kubernetes.io/credential-id": ["X509SHA256=" + "5f" * 32]}}
CONTROLLER = {"username": "system:serviceaccount:kube-system:replicaset-controller",
              "uid": "ace1dbf0-a810-4e09-ad92-87b1f6ca3dc1",
              "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system",
                         "system:authenticated"]}
RESOURCES = {  # kind: (group, version, resource)
    "Pod": ("", "v1", "pods"), "PodTemplate": ("", "v1", "podtemplates"),
    "ReplicationController": ("", "v1", "replicationcontrollers"),
    "Deployment": ("apps", "v1", "deployments"), "StatefulSet": ("apps", "v1", "statefulsets"),
    "DaemonSet": ("apps", "v1", "daemonsets"), "ReplicaSet": ("apps", "v1", "replicasets"),
    "Job": ("batch", "v1", "jobs"), "CronJob": ("batch", "v1", "cronjobs"),
    "Rollout": ("argoproj.io", "v1alpha1", "rollouts"), "ConfigMap": ("", "v1", "configmaps"),
    "PodExecOptions": ("", "v1", "pods"), "Scale": ("autoscaling", "v1", "deployments"),
}
TOKEN = "kube-api-access-x7k2p"


def encode(value):
    """As encoding/json: no blanks, UTF-8, and <, > and & escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode()


# ---- objects ----

def container(image, name="till", **fields):
    """With the defaults that the API server gives it. None takes a field away."""
    tagged = image.rpartition("/")[2]
    latest = "@" not in tagged and (":" not in tagged or tagged.endswith(":latest"))
    it = {"name": name, "image": image, "resources": {},
          "volumeMounts": [{"name": TOKEN, "readOnly": True,
                            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
          "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
          "imagePullPolicy": "Always" if latest else "IfNotPresent", **fields}
    return {key: value for key, value in it.items() if value is not None}


def env(*pairs, **variables):
    """[{"name": …, "value": …}]; an empty value is left out, as Go does."""
    return [{"name": n, "value": v} if v else {"name": n}
            for n, v in [*pairs, *variables.items()]]


def template_spec(*containers, **fields):
    """The spec of a template: no service account's volume yet."""
    containers = copy.deepcopy(list(containers))
    for one in containers:
        one.pop("volumeMounts", None)
    return {"containers": containers, "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler",
            **fields}


def pod_spec(*containers, volumes=(), **fields):
    """Behind the admission plugins ServiceAccount, Priority and DefaultTolerationSeconds."""
    token = {"name": TOKEN, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {
            "apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]}}
    tolerations = [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": 300} for key in ("not-ready", "unreachable")]
    return {"volumes": [*volumes, token], "containers": list(containers), "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default", "serviceAccount": "default", "securityContext": {},
            "schedulerName": "default-scheduler", "tolerations": tolerations, "priority": 0,
            "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority", **fields}


def managed_fields(manager, spec):
    """Which fields the manager set, roughly as server-side apply keeps books."""
    containers = {f'k:{{"name":"{c.get("name")}"}}': {
        ".": {}, **{f"f:{key}": {} for key in c if key != "volumeMounts"}}
        for c in spec.get("containers", [])}
    return [{"manager": manager, "operation": "Update", "apiVersion": "v1",
             "time": "2026-11-20T08:15:42Z", "fieldsType": "FieldsV1", "fieldsV1": {
                 "f:metadata": {"f:generateName": {}, "f:labels": {
                     ".": {}, "f:app": {}, "f:pod-template-hash": {}}},
                 "f:spec": {"f:containers": containers, "f:dnsPolicy": {},
                            "f:enableServiceLinks": {}, "f:restartPolicy": {},
                            "f:schedulerName": {}, "f:securityContext": {},
                            "f:terminationGracePeriodSeconds": {}}}}]


def pod(spec, name="till", namespace="shop", labels=None, annotations=None, **metadata):
    """As `kubectl run` makes it, and a validating webhook sees it: uid and time are given already."""
    meta = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()),
            "creationTimestamp": "2026-11-20T08:15:42Z", "labels": labels or {"run": name},
            "managedFields": managed_fields("kubectl-run", spec), **metadata}
    if annotations:
        meta["annotations"] = annotations
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec,
            "status": {"phase": "Pending", "qosClass": "BestEffort"}}


def pod_of_replicaset(spec, mutating=False, namespace="shop", labels=None):
    """As the ReplicaSet controller makes it. mutating: before the server gives it name and uid."""
    labels = {"app": "till", "pod-template-hash": "7d9f8b6c54", **(labels or {})}
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "till-7d9f8b6c54",
             "uid": "0b5ff2a4-2f0a-4f0c-8a39-fd9a5c0e8d11", "controller": True,
             "blockOwnerDeletion": True}
    meta = {"generateName": "till-7d9f8b6c54-", "labels": labels, "ownerReferences": [owner],
            "managedFields": managed_fields("kube-controller-manager", spec)}
    if mutating:
        meta = {"generateName": meta.pop("generateName"), "creationTimestamp": None, **meta}
        return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": {}}
    meta = {"name": "till-7d9f8b6c54-w2x8q", "generateName": meta.pop("generateName"),
            "namespace": namespace, "uid": str(uuid.uuid4()),
            "creationTimestamp": "2026-11-20T08:15:42Z", **meta}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec,
            "status": {"phase": "Pending", "qosClass": "BestEffort"}}


def workload(kind, spec, namespace="shop", labels=None):
    """A workload whose Pod template has this spec (template_spec()); None: it has no template."""
    labels = labels or {"app": "till"}
    group, version, _ = RESOURCES[kind]
    template = spec and {"metadata": {"creationTimestamp": None, "labels": dict(labels)}, "spec": spec}
    it = {"kind": kind, "apiVersion": f"{group}/{version}" if group else version,
          "metadata": {"name": "till", "namespace": namespace, "uid": str(uuid.uuid4()),
                       "generation": 1, "creationTimestamp": "2026-11-20T08:15:42Z",
                       "labels": dict(labels),
                       "managedFields": managed_fields("kubectl-create", {})}}
    if kind == "PodTemplate":
        return {**it, "template": template}
    selector = {"selector": labels if kind == "ReplicationController" else {"matchLabels": labels}}
    own = {
        "Deployment": {"replicas": 2, **selector, "template": template, "strategy": {
            "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
        "StatefulSet": {"replicas": 1, **selector, "template": template, "serviceName": "till",
                        "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
                        "updateStrategy": {"type": "RollingUpdate",
                                           "rollingUpdate": {"partition": 0}}},
        "DaemonSet": {**selector, "template": template, "revisionHistoryLimit": 10,
                      "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {
                          "maxUnavailable": 1, "maxSurge": 0}}},
        "Job": {"parallelism": 1, "completions": 1, "backoffLimit": 6, **selector,
                "template": template, "completionMode": "NonIndexed", "suspend": False},
        "CronJob": {"schedule": "*/5 * * * *", "concurrencyPolicy": "Allow", "suspend": False,
                    "jobTemplate": {"metadata": {"creationTimestamp": None},
                                    "spec": {"template": template}},
                    "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1},
        "Rollout": {"replicas": 3, **selector, "template": template, "strategy": {"canary": {
            "steps": [{"setWeight": 20}, {"pause": {"duration": "1h"}}]}}},
    }.get(kind, {"replicas": 1, **selector, "template": template})
    return {**it, "spec": own, "status": {}}


def kubectl(name, image):
    """The object that `kubectl create NAME --image=…` posts, before any default."""
    return json.loads((DATA / "kubectl" / f"{name}.json").read_text().replace("IMAGE", image))


# ---- requests ----

def review(obj, operation="CREATE", old=None, sub=None, kind=None, dry_run=False, name=None,
           namespace="shop", user=None, **request):
    """The AdmissionReview of what happens to an object."""
    kind = kind or (obj or old)["kind"]
    group, version, resource = RESOURCES[kind]
    gvk = {"group": group, "version": version, "kind": kind}
    gvr = {"group": "apps" if kind == "Scale" else group,
           "version": "v1" if kind == "Scale" else version, "resource": resource}
    subresource = {"subResource": sub} if sub else {}
    requested = {"requestSubResource": sub} if sub else {}
    if name is None:
        name = ((obj or old).get("metadata") or {}).get("name")
    options = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
    body = {"uid": str(uuid.uuid4()), "kind": gvk, "resource": gvr, **subresource,
            "requestKind": gvk, "requestResource": gvr, **requested,
            **({"name": name} if name else {}), "namespace": namespace, "operation": operation,
            "userInfo": user or USER, "object": obj, "oldObject": old, "dryRun": dry_run,
            "options": {"kind": options[operation], "apiVersion": "meta.k8s.io/v1",
                        **({"fieldManager": "kubectl-create"} if operation != "DELETE" else {})}
            if operation in options else None, **request}
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": body}


def create(image, namespace="shop", labels=None, annotations=None, dry_run=False, spec=None, **fields):
    """The review of `kubectl run` with one container."""
    made = pod(pod_spec(container(image, **fields), **(spec or {})), namespace=namespace,
               labels=labels, annotations=annotations)
    return review(made, namespace=namespace, dry_run=dry_run)


def update(old, change, sub=None, **request):
    """The review of a change: `change` gets a copy of the object, and changes it."""
    new = copy.deepcopy(old)
    change(new)
    return review(new, "UPDATE", old, sub, **request)
