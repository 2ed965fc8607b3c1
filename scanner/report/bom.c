#include "scanner/report/bom.h"

#include <string.h>

enum { VERSION_MAX_BYTES = 1024 }; // the schema's

void tw_bom_append(struct tw_bom *bom, json_t *list, json_t *item)
{
    bom->failed |= json_array_append_new(list, item) < 0;
}

void tw_bom_set(struct tw_bom *bom, json_t *object, const char *key, json_t *item)
{
    bom->failed |= json_object_set_new(object, key, item) < 0;
}

void tw_bom_set_text(struct tw_bom *bom, json_t *object, const char *key, const char *text)
{
    if (text && *text)
        tw_bom_set(bom, object, key, json_string(text));
}

void tw_bom_set_version(struct tw_bom *bom, json_t *object, const char *version)
{
    if (version && strlen(version) <= VERSION_MAX_BYTES)
        tw_bom_set_text(bom, object, "version", version);
}

// The array at `key`, made when it is not there.
static json_t *list_at(struct tw_bom *bom, json_t *object, const char *key)
{
    json_t *list = json_object_get(object, key);
    if (!list) {
        tw_bom_set(bom, object, key, json_array());
        list = json_object_get(object, key);
    }
    return list;
}

void tw_bom_property(
    struct tw_bom *bom, json_t *component, const char *group, const char *name, const char *value)
{
    if (!value)
        return;
    json_t *key = json_sprintf("tidewaiter:%s%s%s", group, name ? ":" : "", name ? name : "");
    tw_bom_append(bom, list_at(bom, component, "properties"),
        json_pack("{s:o, s:s}", "name", key, "value", value));
}

void tw_bom_occurrence(
    struct tw_bom *bom, json_t *component, const char *path, const char *platform)
{
    json_t *occurrence = json_pack("{s:s}", "location", *path ? path : "/");
    tw_bom_set_text(bom, occurrence, "additionalContext", platform);
    if (!json_object_get(component, "evidence"))
        tw_bom_set(bom, component, "evidence", json_object());
    tw_bom_append(
        bom, list_at(bom, json_object_get(component, "evidence"), "occurrences"), occurrence);
}

void tw_bom_depends(struct tw_bom *bom, const char *ref, const json_t *on)
{
    json_t *entry = json_pack("{s:s}", "ref", ref);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)on, key, value)
        tw_bom_append(bom, list_at(bom, entry, "dependsOn"), json_string(key));
    tw_bom_append(bom, bom->dependencies, entry);
}
