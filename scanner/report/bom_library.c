// The libraries of a bill of materials: Go modules and the standard library, each once.
#include <string.h>

#include "scanner/report/bom.h"
#include "scanner/report/purl.h"

// What a module is in the program: itself, or what the build put in its place.
struct identity {
    const char *path, *version;
    bool has_purl; // a folder of the build machine is nothing that a registry knows
};

static bool is_folder(const char *path)
{
    return *path == '/' || *path == '\\' || *path == '.' || (*path && path[1] == ':');
}

// "(devel)" is no version.
static const char *version_of(const struct tw_module *module)
{
    bool has = module->version && *module->version && strcmp(module->version, "(devel)") != 0;
    return has ? module->version : NULL;
}

static struct identity identify(const struct tw_module *module)
{
    const struct tw_module *replace = module->replace;
    if (replace && replace->path && !is_folder(replace->path))
        return (struct identity){replace->path, version_of(replace), true};
    return (struct identity){module->path, version_of(module), !replace};
}

// "path@version"; "" for none.
static json_t *named(const struct tw_module *module)
{
    const char *version = module && module->version ? module->version : NULL;
    return !module ? json_string("")
                   : json_sprintf("%s%s%s", module->path ? module->path : "", version ? "@" : "",
                         version ? version : "");
}

// The library `ref`, made when it is new (*ret_is_new). NULL: something failed.
static json_t *library(struct tw_bom *bom, const char *ref, const char *name, bool *ret_is_new)
{
    json_t *component = json_object_get(bom->libraries, ref);
    *ret_is_new = component == NULL;
    if (component)
        return component;
    component = json_pack("{s:s, s:s, s:s}", "type", "library", "bom-ref", ref, "name", name);
    if (!component || json_object_set(bom->libraries, ref, component) < 0) {
        json_decref(component);
        bom->failed = true;
        return NULL;
    }
    tw_bom_append(bom, bom->components, component);
    return json_object_get(bom->libraries, ref);
}

// The same library of the same program once: a universal file has several records.
static void seen(struct tw_bom *bom, json_t *component, const char *ref,
    const struct tw_image_binary *file, const char *platform, json_t *on)
{
    if (json_object_get(on, ref))
        return;
    tw_bom_set(bom, on, ref, json_true());
    tw_bom_occurrence(bom, component, file->path, platform);
}

static void purl_of(struct tw_bom *bom, json_t *component, const char *path, const char *version)
{
    tw_bom_set_text(bom, component, "purl", tw_purl_golang(bom->room, path, version, NULL));
    bom->failed |= bom->room->status < 0;
}

static void module(struct tw_bom *bom, const struct tw_image_binary *file, const char *platform,
    const struct tw_module *module, json_t *on)
{
    const struct identity is = identify(module);
    const struct tw_module *sum_of = module->replace ? module->replace : module;
    json_t *from = named(module), *to = named(module->replace);
    json_t *key = json_sprintf(
        "go:%s%s%s", json_string_value(from), module->replace ? "=>" : "", json_string_value(to));
    const char *ref = json_string_value(key);
    bool is_new = false;
    json_t *component = ref ? library(bom, ref, is.path, &is_new) : NULL;
    if (component && is_new) {
        tw_bom_set_version(bom, component, is.version);
        if (is.has_purl)
            purl_of(bom, component, is.path, is.version);
        tw_bom_property(bom, component, "sum", NULL, sum_of->sum);
        if (module->replace) {
            tw_bom_property(bom, component, "replaces", NULL, json_string_value(from));
            tw_bom_property(bom, component, "replaced-by", NULL, json_string_value(to));
        }
    }
    if (component)
        seen(bom, component, ref, file, platform, on);
    bom->failed |= !component;
    json_decref(from);
    json_decref(to);
    json_decref(key);
}

static void standard_library(
    struct tw_bom *bom, const struct tw_image_binary *file, const char *platform, json_t *on)
{
    const char *release = file->bin->go.release;
    json_t *key = json_sprintf("stdlib%s%s", release ? "@" : "", release ? release : "");
    const char *ref = json_string_value(key);
    bool is_new = false;
    json_t *component = ref ? library(bom, ref, "stdlib", &is_new) : NULL;
    if (component && is_new) {
        tw_bom_set_version(bom, component, release);
        purl_of(bom, component, "stdlib", release);
    }
    if (component)
        seen(bom, component, ref, file, platform, on);
    bom->failed |= !component;
    json_decref(key);
}

void tw_bom_libraries(
    struct tw_bom *bom, const struct tw_image_binary *file, const char *platform, json_t *on)
{
    for (size_t i = 0; i < file->bin->module_count; i++) {
        const struct tw_module *m = &file->bin->modules[i];
        if (m->path && *m->path)
            module(bom, file, platform, m, on);
    }
    standard_library(bom, file, platform, on);
}
