#include "scanner/pod/pod.h"

#include <string.h>

#include "scanner/pod/inside.h"

enum { POD_OF_IMAGES_BYTES = 16 << 20 };

void tw_pod_free(struct tw_pod *pod)
{
    if (pod)
        tw_arena_free(pod->arena); // the record itself lies in it
}

// ---- fields ----

int tw_place_no_memory(const struct tw_place *place)
{
    return tw_err_set(place->err, TW_E_NOMEM, "out of memory, or the object says too much");
}

int tw_place_fail(const struct tw_place *place, const char *key, const char *wants)
{
    return tw_err_set(place->err, TW_E_FORMAT, "%s%s%s must be %s", place->where, key ? "." : "",
        key ? key : "", wants);
}

const char *tw_place_at(const struct tw_place *place, const char *key, size_t index)
{
    return tw_arena_printf(place->pod->arena, "%s.%s[%zu]", place->where, key, index);
}

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int tw_place_text(
    const struct tw_place *place, const json_t *object, const char *key, const char **ret_text)
{
    const json_t *value = member(object, key);
    const char *text = json_string_value(value);
    if (!value)
        return 0;
    if (!text || strlen(text) != json_string_length(value))
        return tw_place_fail(place, key, "a string");
    char *copy = tw_arena_strdup(place->pod->arena, text);
    if (!copy)
        return tw_place_no_memory(place);
    *ret_text = copy;
    return 0;
}

int tw_place_array(
    const struct tw_place *place, const json_t *object, const char *key, const json_t **ret_array)
{
    const json_t *value = member(object, key);
    if (value && !json_is_array(value))
        return tw_place_fail(place, key, "a list");
    *ret_array = value;
    return 0;
}

int tw_place_object(
    const struct tw_place *place, const json_t *object, const char *key, const json_t **ret_object)
{
    const json_t *value = member(object, key);
    if (value && !json_is_object(value))
        return tw_place_fail(place, key, "an object");
    *ret_object = value;
    return 0;
}

int tw_place_labels(const struct tw_place *place, const json_t *object, const char *key,
    struct tw_label **ret_labels, size_t *ret_count)
{
    struct tw_arena *arena = place->pod->arena;
    const json_t *map = NULL;
    const char *name;
    json_t *value;
    int r = tw_place_object(place, object, key, &map);
    json_object_foreach((json_t *)(uintptr_t)map, name, value)
    {
        struct tw_label *label = r == 0 ? tw_arena_push(arena, ret_labels, ret_count) : NULL;
        const char *text = json_string_value(value);
        if (r < 0)
            return r;
        if (!text)
            return tw_place_fail(place, key, "an object of strings");
        if (!label || !(label->name = tw_arena_strdup(arena, name)) ||
            !(label->value = tw_arena_strdup(arena, text)))
            return tw_place_no_memory(place);
    }
    return r;
}

// ---- the specification ----

static const struct list {
    const char *key;
    enum tw_container_kind kind;
} lists[] = {
    {"initContainers", TW_CONTAINER_INIT},
    {"containers", TW_CONTAINER},
    {"ephemeralContainers", TW_CONTAINER_EPHEMERAL},
    {"volumes", TW_CONTAINER_VOLUME},
};

static const char *name_of(const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    return name ? name : "";
}

// Whether the list had exactly this item before.
static bool was_there(const json_t *old, const char *key, const json_t *item)
{
    const json_t *list = json_object_get(old, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *other = json_array_get(list, i);
        if (strcmp(name_of(other), name_of(item)) == 0 && json_equal(other, item))
            return true;
    }
    return false;
}

static int read_item(struct tw_pod *pod, const struct list *list, const json_t *json,
    const char *where, const json_t *pod_limits, struct tw_err *err)
{
    struct tw_place place = {pod, where, err};
    if (!json_is_object(json))
        return tw_place_fail(&place, NULL, "an object");
    struct tw_pod_container container = {
        .kind = list->kind, .name = "", .image = "", .where = where};
    int r;
    if (list->kind == TW_CONTAINER_VOLUME) {
        const json_t *image = NULL;
        r = tw_place_object(&place, json, "image", &image);
        if (r < 0 || !image)
            return r; // a volume of another kind
        r = tw_place_text(&place, json, "name", &container.name);
        if (r == 0)
            r = tw_place_text(&place, image, "reference", &container.image);
    } else {
        r = tw_container_read(&place, json, pod_limits, &container);
    }
    if (r < 0 || !*container.image)
        return r; // a template that leaves the image to somebody else
    if (pod->container_count == TW_POD_CONTAINERS_MAX)
        return tw_err_set(
            err, TW_E_LIMIT, "more than %d containers are not looked at", TW_POD_CONTAINERS_MAX);
    struct tw_pod_container *added =
        tw_arena_push(pod->arena, &pod->containers, &pod->container_count);
    if (!added)
        return tw_place_no_memory(&place);
    *added = container;
    return 0;
}

static int read_list(struct tw_pod *pod, const struct list *list, const json_t *spec,
    const json_t *old, const char *where, struct tw_err *err)
{
    struct tw_place place = {pod, where, err};
    const json_t *items = NULL, *resources = NULL, *limits = NULL;
    int r = tw_place_array(&place, spec, list->key, &items);
    if (r == 0)
        r = tw_place_object(&place, spec, "resources", &resources);
    if (r == 0)
        r = tw_place_object(&place, resources, "limits", &limits);
    for (size_t i = 0; r == 0 && i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *at = tw_place_at(&place, list->key, i);
        if (!at)
            return tw_place_no_memory(&place);
        if (!was_there(old, list->key, item))
            r = read_item(pod, list, item, at, limits, err);
    }
    return r;
}

static int read_platform(
    struct tw_pod *pod, const json_t *spec, const char *where, struct tw_err *err)
{
    struct tw_place place = {pod, where, err};
    const json_t *selector = NULL, *os = NULL;
    int r = tw_place_object(&place, spec, "nodeSelector", &selector);
    if (r == 0)
        r = tw_place_object(&place, spec, "os", &os);
    if (r == 0)
        r = tw_place_text(&place, selector, "kubernetes.io/os", &pod->os);
    if (r == 0)
        r = tw_place_text(&place, os, "name", &pod->os);
    return r < 0 ? r : tw_place_text(&place, selector, "kubernetes.io/arch", &pod->arch);
}

int tw_pod_read_spec(struct tw_pod *pod, const json_t *spec, const json_t *old, const char *where,
    struct tw_err *err)
{
    struct tw_place place = {pod, where, err};
    if (!json_is_object(spec))
        return tw_place_fail(&place, NULL, "an object");
    int r = read_platform(pod, spec, where, err);
    if (r == 0)
        r = tw_place_text(&place, spec, "serviceAccountName", &pod->service_account);
    for (size_t i = 0; r == 0 && i < TW_COUNT(lists); i++)
        r = read_list(pod, &lists[i], spec, old, where, err);
    return r;
}

struct tw_pod *tw_pod_of_images(const char *const *images, size_t count, const char *kube_namespace)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(POD_OF_IMAGES_BYTES);
    struct tw_pod *pod = arena ? tw_arena_alloc(arena, sizeof *pod) : NULL;
    if (!pod || !(pod->kube_namespace = tw_arena_strdup(arena, kube_namespace)))
        return NULL;
    pod->arena = arena;
    pod->kind = pod->name = pod->service_account = "";
    for (size_t i = 0; i < count; i++) {
        struct tw_pod_container *container =
            tw_arena_push(arena, &pod->containers, &pod->container_count);
        if (!container || !(container->image = tw_arena_strdup(arena, images[i])))
            return NULL;
        container->kind = TW_CONTAINER;
        container->name = container->where = "";
    }
    (void)TW_TAKE(arena);
    return pod;
}
