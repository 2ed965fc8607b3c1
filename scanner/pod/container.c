// One container: its variables in the kubelet's order, its command, its limits.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/quantity.h"
#include "scanner/pod/inside.h"

// ---- limits ----

// A quantity as the API server writes it, or as a person did. False: absent, or none.
static bool quantity(const json_t *json, uint64_t scale, uint64_t *ret_value)
{
    char number[32];
    if (json_is_string(json))
        return tw_quantity_parse(tw_span_str(json_string_value(json)), scale, ret_value);
    if (!json_is_integer(json))
        return false;
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    return tw_quantity_parse(tw_span_str(number), scale, ret_value);
}

static uint64_t limit_of(const json_t *own, const json_t *of_pod, const char *name, uint64_t scale)
{
    uint64_t value = 0;
    if (!quantity(json_object_get(own, name), scale, &value))
        (void)quantity(json_object_get(of_pod, name), scale, &value);
    return value;
}

// ---- valueFrom ----

struct known { // what values may come from
    const struct tw_pod *pod;
    const char *container;
    const json_t *resources;
};

// "metadata.labels['tier']" -> "tier"
static struct tw_span subscript(const char *path, const char *of)
{
    size_t n = strlen(of), size = strlen(path);
    if (strncmp(path, of, n) != 0 || size < n + 4 || strncmp(path + n, "['", 2) != 0 ||
        strcmp(path + size - 2, "']") != 0)
        return (struct tw_span){0};
    return tw_span_of(path + n + 2, size - n - 4);
}

// What is not there is empty, when nobody adds to it any more.
static const char *label(
    const struct tw_pod *pod, const struct tw_label *labels, size_t count, struct tw_span name)
{
    for (size_t i = 0; i < count; i++) {
        if (tw_span_equals(name, labels[i].name))
            return labels[i].value;
    }
    return pod->is_template ? NULL : "";
}

static const char *field(const struct tw_pod *pod, const char *path)
{
    const struct {
        const char *path, *value;
    } plain[] = {
        {"metadata.name", pod->is_template || !*pod->name ? NULL : pod->name},
        {"metadata.namespace", *pod->kube_namespace ? pod->kube_namespace : NULL},
        {"spec.serviceAccountName", *pod->service_account ? pod->service_account : NULL},
    };
    for (size_t i = 0; i < TW_COUNT(plain); i++) {
        if (strcmp(path, plain[i].path) == 0)
            return plain[i].value;
    }
    struct tw_span name = subscript(path, "metadata.labels");
    if (name.p)
        return label(pod, pod->labels, pod->label_count, name);
    name = subscript(path, "metadata.annotations");
    return name.p ? label(pod, pod->annotations, pod->annotation_count, name) : NULL;
}

// "limits.memory" by its divisor, rounded up. Without a limit it would be the node's.
static const char *resource(const struct known *known, struct tw_arena *arena, const json_t *ref)
{
    const char *name = json_string_value(json_object_get(ref, "resource"));
    const char *dot = name ? strchr(name, '.') : NULL;
    const char *other = json_string_value(json_object_get(ref, "containerName"));
    uint64_t value, divisor;
    if (!dot || (other && *other && strcmp(other, known->container) != 0))
        return NULL;
    char list[16];
    snprintf(list, sizeof list, "%.*s", (int)(dot - name), name);
    uint64_t scale = strcmp(dot + 1, "cpu") == 0 ? 1000 : 1;
    const json_t *amounts = json_object_get(known->resources, list);
    if (!quantity(json_object_get(amounts, dot + 1), scale, &value))
        return NULL;
    if (!quantity(json_object_get(ref, "divisor"), scale, &divisor) || divisor == 0)
        divisor = scale;
    return tw_arena_printf(arena, "%" PRIu64, value / divisor + (value % divisor > 0));
}

// Sets value, or source.
static int value_from(const struct tw_place *place, const json_t *from, const struct known *known,
    struct tw_pod_variable *variable)
{
    static const struct {
        const char *key, *what;
    } objects[] = {{"configMapKeyRef", "ConfigMap"}, {"secretKeyRef", "Secret"}};
    struct tw_arena *arena = place->pod->arena;
    const char *path =
        json_string_value(json_object_get(json_object_get(from, "fieldRef"), "fieldPath"));
    const json_t *ref = json_object_get(from, "resourceFieldRef");
    if (path)
        variable->value = field(place->pod, path);
    else if (ref)
        variable->value = resource(known, arena, ref);
    if (variable->value)
        return 0;
    variable->source = path ? tw_arena_strdup(arena, path) : "valueFrom";
    for (size_t i = 0; i < TW_COUNT(objects); i++) {
        const json_t *object = json_object_get(from, objects[i].key);
        const char *name = json_string_value(json_object_get(object, "name"));
        if (object)
            variable->source = tw_arena_printf(arena, "%s %s", objects[i].what, name ? name : "");
    }
    return variable->source ? 0 : tw_place_no_memory(place);
}

// ---- variables ----

static int read_variable(const struct tw_place *place, const json_t *json,
    const struct known *known, const char *where, struct tw_pod_container *container)
{
    struct tw_pod_variable variable = {.where = where};
    struct tw_place here = {place->pod, where, place->err};
    const char *text = NULL;
    const json_t *from = NULL;
    bool is_known = true;
    int r = json_is_object(json) ? tw_place_text(&here, json, "name", &variable.name)
                                 : tw_place_fail(&here, NULL, "an object");
    if (r == 0 && !variable.name)
        r = tw_place_fail(&here, "name", "a string");
    if (r == 0)
        r = tw_place_text(&here, json, "value", &text);
    if (r == 0)
        r = tw_place_object(&here, json, "valueFrom", &from);
    if (r < 0)
        return r;
    if (from && (!text || !*text)) {
        r = value_from(&here, from, known, &variable);
    } else {
        variable.value = tw_expand(place->pod->arena, container, text ? text : "", &is_known);
        r = variable.value ? 0 : tw_place_no_memory(place);
        if (!is_known) {
            variable.source = variable.value;
            variable.value = NULL;
        }
    }
    struct tw_pod_variable *added =
        r == 0 ? tw_arena_push(place->pod->arena, &container->variables, &container->variable_count)
               : NULL;
    if (r == 0 && !added)
        return tw_place_no_memory(place);
    if (r == 0)
        *added = variable;
    return r;
}

static int read_variables(
    const struct tw_place *place, const json_t *json, struct tw_pod_container *container)
{
    const json_t *list = NULL;
    struct known known = {place->pod, container->name, json_object_get(json, "resources")};
    int r = tw_place_array(place, json, "env", &list);
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
        const char *where = tw_place_at(place, "env", i);
        r = where ? read_variable(place, json_array_get(list, i), &known, where, container)
                  : tw_place_no_memory(place);
    }
    return r;
}

static int read_source(
    const struct tw_place *place, const json_t *json, struct tw_pod_container *container)
{
    static const struct {
        const char *key, *what;
    } kinds[] = {{"configMapRef", "ConfigMap"}, {"secretRef", "Secret"}};
    struct tw_arena *arena = place->pod->arena;
    struct tw_pod_source *source =
        tw_arena_push(arena, &container->sources, &container->source_count);
    if (!source)
        return tw_place_no_memory(place);
    *source = (struct tw_pod_source){.name = "envFrom", .prefix = ""};
    int r = json_is_object(json) ? tw_place_text(place, json, "prefix", &source->prefix)
                                 : tw_place_fail(place, "envFrom", "a list of objects");
    for (size_t i = 0; r == 0 && i < TW_COUNT(kinds); i++) {
        const json_t *ref = json_object_get(json, kinds[i].key);
        const char *name = json_string_value(json_object_get(ref, "name"));
        if (ref)
            source->name = tw_arena_printf(arena, "%s %s", kinds[i].what, name ? name : "");
        if (!source->name)
            r = tw_place_no_memory(place);
    }
    return r;
}

static int read_sources(
    const struct tw_place *place, const json_t *json, struct tw_pod_container *container)
{
    const json_t *list = NULL;
    int r = tw_place_array(place, json, "envFrom", &list);
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
        r = read_source(place, json_array_get(list, i), container);
    return r;
}

// ---- the command ----

static int read_words(const struct tw_place *place, const json_t *json, const char *key,
    const struct tw_pod_container *container, const char ***words, size_t *count)
{
    const json_t *list = NULL;
    bool known;
    int r = tw_place_array(place, json, key, &list);
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
        const json_t *word = json_array_get(list, i);
        if (!json_is_string(word))
            return tw_place_fail(place, key, "a list of strings");
        const char **added = tw_arena_push(place->pod->arena, words, count);
        if (!added ||
            !(*added = tw_expand(place->pod->arena, container, json_string_value(word), &known)))
            r = tw_place_no_memory(place);
    }
    return r;
}

int tw_container_read(const struct tw_place *place, const json_t *json, const json_t *pod_limits,
    struct tw_pod_container *container)
{
    const json_t *resources = NULL, *limits = NULL;
    int r = tw_place_text(place, json, "name", &container->name);
    if (r == 0)
        r = tw_place_text(place, json, "image", &container->image);
    if (r == 0)
        r = tw_place_object(place, json, "resources", &resources);
    if (r == 0)
        r = tw_place_object(place, resources, "limits", &limits);
    container->cpu_limit_millis = limit_of(limits, pod_limits, "cpu", 1000);
    container->memory_limit_bytes = limit_of(limits, pod_limits, "memory", 1);
    if (r == 0)
        r = read_sources(place, json, container);
    if (r == 0)
        r = read_variables(place, json, container);
    if (r == 0)
        r = read_words(
            place, json, "command", container, &container->command, &container->command_count);
    return r < 0 ? r
                 : read_words(
                       place, json, "args", container, &container->args, &container->args_count);
}
