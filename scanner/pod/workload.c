#include "scanner/pod/workload.h"

#include <string.h>

#include "scanner/pod/inside.h"

enum { PATH_MAX_KEYS = 4, POD_BYTES_MAX = 64 << 20 };

static const struct kind {
    const char *group, *kind;
    const char *path[PATH_MAX_KEYS]; // of the Pod template; none: it is a Pod
} kinds[] = {
    {"", "Pod", {NULL}},
    {"", "PodTemplate", {"template"}},
    {"", "ReplicationController", {"spec", "template"}},
    {"apps", "Deployment", {"spec", "template"}},
    {"apps", "StatefulSet", {"spec", "template"}},
    {"apps", "DaemonSet", {"spec", "template"}},
    {"apps", "ReplicaSet", {"spec", "template"}},
    {"batch", "Job", {"spec", "template"}},
    {"batch", "CronJob", {"spec", "jobTemplate", "spec", "template"}},
};

static const struct kind any_other = {NULL, NULL, {"spec", "template"}};

static const struct kind *kind_of(const struct tw_workload *workload)
{
    for (size_t i = 0; i < TW_COUNT(kinds); i++) {
        if (strcmp(kinds[i].group, workload->group) == 0 &&
            strcmp(kinds[i].kind, workload->kind) == 0)
            return &kinds[i];
    }
    return &any_other;
}

static const json_t *template_of(const json_t *object, const struct kind *kind)
{
    for (size_t i = 0; i < PATH_MAX_KEYS && kind->path[i]; i++)
        object = json_object_get(object, kind->path[i]);
    return json_is_null(object) ? NULL : object;
}

// "spec.template.spec", or the same with `field` at its end.
static const char *path_of(struct tw_arena *arena, const struct kind *kind, const char *field)
{
    const char *path = "";
    for (size_t i = 0; i < PATH_MAX_KEYS && kind->path[i] && path; i++)
        path = tw_arena_printf(arena, "%s%s.", path, kind->path[i]);
    return path ? tw_arena_printf(arena, "%s%s", path, field) : NULL;
}

// A Pod without a name has the beginning of one.
static int read_names(struct tw_pod *pod, const struct tw_workload *workload, struct tw_err *err)
{
    struct tw_place place = {pod, "metadata", err};
    const json_t *metadata = NULL;
    const char *begin = "", *own_namespace = "";
    int r = tw_place_object(
        &(struct tw_place){pod, workload->kind, err}, workload->object, "metadata", &metadata);
    if (r == 0)
        r = tw_place_text(&place, metadata, "name", &pod->name);
    if (r == 0)
        r = tw_place_text(&place, metadata, "generateName", &begin);
    if (r == 0)
        r = tw_place_text(&place, metadata, "namespace", &own_namespace);
    if (r == 0 && !*pod->name) {
        pod->name = begin;
        pod->is_template |= *begin != '\0'; // metadata.name is not known
    }
    if (r == 0 && !*pod->kube_namespace)
        pod->kube_namespace = own_namespace;
    return r;
}

static int read_labels(
    struct tw_pod *pod, const json_t *template, const char *where, struct tw_err *err)
{
    struct tw_place place = {pod, where, err};
    const json_t *metadata = json_object_get(template, "metadata");
    if (metadata && !json_is_null(metadata) && !json_is_object(metadata))
        return tw_place_fail(&place, NULL, "an object");
    int r = tw_place_labels(&place, metadata, "labels", &pod->labels, &pod->label_count);
    return r < 0 ? r
                 : tw_place_labels(
                       &place, metadata, "annotations", &pod->annotations, &pod->annotation_count);
}

static int read_template(struct tw_pod *pod, const struct kind *kind,
    const struct tw_workload *workload, const json_t *template, struct tw_err *err)
{
    const char *where = path_of(pod->arena, kind, "spec");
    const char *about = path_of(pod->arena, kind, "metadata");
    const json_t *spec = json_object_get(template, "spec");
    const json_t *old = template_of(workload->old, kind);
    bool is_template = kind->path[0] != NULL;
    if (!where || !about)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (is_template && old && json_equal(old, template))
        return 0;
    // A kind that we do not know may mean something else by it.
    if (!kind->kind && !json_is_array(json_object_get(spec, "containers")))
        return 0;
    int r = read_labels(pod, template, about, err);
    if (r < 0)
        return r;
    return tw_pod_read_spec(
        pod, spec, is_template ? NULL : json_object_get(old, "spec"), where, err);
}

int tw_workload_read(
    const struct tw_workload *workload, struct tw_pod **ret_pod, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(POD_BYTES_MAX);
    struct tw_pod *pod = arena ? tw_arena_alloc(arena, sizeof *pod) : NULL;
    const struct kind *kind = kind_of(workload);
    if (!pod || !(pod->kind = tw_arena_strdup(arena, workload->kind)) ||
        !(pod->kube_namespace = tw_arena_strdup(arena, workload->kube_namespace)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    pod->arena = arena;
    pod->name = pod->service_account = "";
    pod->is_template = kind->path[0] != NULL;
    const json_t *deleted =
        json_object_get(json_object_get(workload->object, "metadata"), "deletionTimestamp");
    const json_t *template = template_of(workload->object, kind);
    int r = json_is_object(workload->object) ? read_names(pod, workload, err)
                                             : tw_err_set(err, TW_E_FORMAT, "there is no object");
    if (r == 0 && template && (!deleted || json_is_null(deleted)))
        r = read_template(pod, kind, workload, template, err);
    if (r < 0)
        return r;
    (void)TW_TAKE(arena);
    *ret_pod = pod;
    return 0;
}
