#include "scanner/report/cyclonedx.h"

#include <string.h>

#include "scanner/base/json.h"
#include "scanner/report/binary.h"
#include "scanner/report/bom.h"
#include "scanner/report/naming.h"
#include "scanner/report/purl.h"

// Build settings that hold no secrets.
static const char *const settings_told[] = {"-asan", "-buildmode", "-compiler", "-cover", "-msan",
    "-race", "-tags", "-trimpath", "CGO_ENABLED", "GO386", "GOAMD64", "GOARCH", "GOARM", "GOARM64",
    "GOEXPERIMENT", "GOFIPS140", "GOMIPS", "GOMIPS64", "GOOS", "GOPPC64", "GORISCV64", "GOWASM",
    "vcs", "vcs.modified", "vcs.revision", "vcs.time"};

// ---- a program ----

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

// Some name that is not empty.
static const char *program_name(const struct tw_image_binary *file)
{
    const struct tw_gobin *bin = file->bin;
    if (bin->main_path && *bin->main_path && strcmp(bin->main_path, "command-line-arguments") != 0)
        return bin->main_path;
    if (bin->main_module && bin->main_module->path && *bin->main_module->path)
        return bin->main_module->path;
    return *file->path ? last_name(file->path) : "program";
}

static const char *program_version(const struct tw_gobin *bin)
{
    const char *version = bin->main_version;
    if (!version && bin->main_module)
        version = bin->main_module->version;
    return version && strcmp(version, "(devel)") != 0 ? version : NULL;
}

// The module's own version belongs into the package URL, not one that -ldflags gave it.
static void program_purl(struct tw_bom *bom, json_t *component, const struct tw_gobin *bin)
{
    const struct tw_module *m = bin->main_module;
    if (!m || !m->path || !*m->path)
        return;
    const char *version = m->version && strcmp(m->version, "(devel)") != 0 ? m->version : NULL;
    tw_bom_set_text(
        bom, component, "purl", tw_purl_golang(bom->room, m->path, version, bin->main_path));
    bom->failed |= bom->room->status < 0;
}

// DefaultGODEBUG is "key=value,key=value".
static void godebug_defaults(struct tw_bom *bom, json_t *component, const char *text)
{
    while (text && *text) {
        size_t size = strcspn(text, ","), name = strcspn(text, ",=");
        json_t *key = json_stringn(text, name);
        json_t *value = json_stringn(text + name + (name < size), size - name - (name < size));
        if (key && value)
            tw_bom_property(
                bom, component, "godebug", json_string_value(key), json_string_value(value));
        bom->failed |= !key || !value;
        json_decref(key);
        json_decref(value);
        text += size + (text[size] == ',');
    }
}

static void experiments(struct tw_bom *bom, json_t *component, const struct tw_gobin *bin)
{
    for (size_t i = 0; i < bin->go.experiment_count; i++)
        tw_bom_property(bom, component, "go", "experiment", bin->go.experiments[i]);
}

static void program_properties(
    struct tw_bom *bom, json_t *component, const struct tw_image_binary *file)
{
    const struct tw_gobin *bin = file->bin;
    const struct {
        const char *group, *name, *value;
    } known[] = {
        {"go", "version", bin->go.version},
        {"go", "release", bin->go.release},
        {"go", "at-least", bin->go.range_from},
        {"go", "at-most", bin->go.range_to},
        {"go", "vendor", bin->go.vendor},
        {"go", "confidence", bin->go.confidence},
        {"format", NULL, tw_format_name(bin->format)},
        {"os", NULL, bin->os},
        {"arch", NULL, bin->arch},
        {"layer", NULL, file->layer},
    };
    for (size_t i = 0; i < TW_COUNT(known); i++)
        tw_bom_property(bom, component, known[i].group, known[i].name, known[i].value);
    experiments(bom, component, bin);
    godebug_defaults(bom, component, tw_gobin_setting(bin, "DefaultGODEBUG"));
    for (size_t i = 0; i < TW_COUNT(settings_told); i++)
        tw_bom_property(
            bom, component, "setting", settings_told[i], tw_gobin_setting(bin, settings_told[i]));
}

// "image-1/usr/bin/app", and "image-1.2/usr/bin/app" for the second record of a file: no path can
// make two of them the same.
static json_t *program_ref(const char *image_ref, const struct tw_image_binary *file, size_t record)
{
    return record == 0 ? json_sprintf("%s/%s", image_ref, file->path)
                       : json_sprintf("%s.%zu/%s", image_ref, record + 1, file->path);
}

static json_t *program_json(struct tw_bom *bom, const struct tw_image_binary *file, const char *ref)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "type", "application", "bom-ref",
        ref, "name", program_name(file), "hashes", "alg", "SHA-256", "content",
        tw_digest_hex(&file->sha256));
    tw_bom_set_version(bom, json, program_version(file->bin));
    program_purl(bom, json, file->bin);
    tw_bom_occurrence(bom, json, file->path, NULL);
    for (size_t i = 0; i < file->alias_count; i++)
        tw_bom_occurrence(bom, json, file->aliases[i], NULL);
    program_properties(bom, json, file);
    return json;
}

// ---- an image ----

static json_t *image_component(struct tw_bom *bom, const struct tw_report_set *set,
    const struct tw_image_inventory *image, const char *ref, const char *platform)
{
    const char *name = image->repository && *image->repository ? last_name(image->repository)
                                                               : tw_report_name(set, image);
    json_t *json = json_pack("{s:s, s:s, s:s}", "type", "container", "bom-ref", ref, "name", name);
    if (tw_digest_is_set(&image->digest))
        tw_bom_set_version(bom, json, image->digest.text);
    tw_bom_set_text(bom, json, "purl", tw_purl_oci(bom->room, image));
    bom->failed |= bom->room->status < 0;
    tw_bom_property(bom, json, "platform", NULL, platform);
    tw_bom_property(bom, json, "completeness", NULL, tw_completeness_name(image->status));
    return json;
}

// The programs of an image as a new array, with what they depend on; the image depends on them.
static json_t *programs_of(struct tw_bom *bom, const struct tw_image_inventory *image,
    const char *image_ref, const char *platform)
{
    json_t *programs = json_array(), *refs = json_object();
    const struct tw_image_binary *before = NULL;
    size_t record = 0;
    for (size_t i = 0; i < image->binary_count && !bom->failed; i++) {
        const struct tw_image_binary *file = &image->binaries[i];
        if (!file->bin->is_go)
            continue; // packed: kept for TW904
        record = before && strcmp(before->path, file->path) == 0 ? record + 1 : 0;
        before = file;
        json_t *ref = program_ref(image_ref, file, record), *on = json_object();
        if (ref) {
            tw_bom_append(bom, programs, program_json(bom, file, json_string_value(ref)));
            tw_bom_libraries(bom, file, platform, on);
            tw_bom_depends(bom, json_string_value(ref), on);
            tw_bom_set(bom, refs, json_string_value(ref), json_true());
        }
        bom->failed |= !ref;
        json_decref(ref);
        json_decref(on);
    }
    tw_bom_depends(bom, image_ref, refs);
    json_decref(refs);
    return programs;
}

// Of an index the images are components, of which the programs are parts; of one image the image is
// what the document is about, and its programs are the components.
static json_t *images(struct tw_bom *bom, const struct tw_report_set *set, bool is_index,
    struct tw_arena *arena, json_t *refs)
{
    json_t *subject = NULL;
    for (size_t i = 0; i < set->count && !bom->failed; i++) {
        const struct tw_image_inventory *image = set->reports[i].image;
        const char *platform = tw_report_platform(arena, image);
        const char *ref = tw_arena_printf(arena, "image-%zu", i + 1);
        bom->failed |= !ref;
        if (!ref)
            break;
        json_t *json = image_component(bom, set, image, ref, platform);
        json_t *programs = programs_of(bom, image, ref, is_index ? platform : NULL);
        tw_bom_set(bom, refs, ref, json_true());
        if (is_index) {
            if (json_array_size(programs) > 0)
                tw_bom_set(bom, json, "components", json_incref(programs));
            tw_bom_append(bom, bom->components, json);
        } else {
            bom->failed |= json_array_extend(bom->components, programs) < 0;
            subject = json;
        }
        json_decref(programs);
    }
    return subject;
}

static json_t *index_component(struct tw_bom *bom, const struct tw_report_set *set)
{
    const struct tw_image_inventory *image = set->count > 0 ? set->reports[0].image : NULL;
    const char *name = image && image->repository && *image->repository
                           ? last_name(image->repository)
                           : (set->reference && *set->reference ? set->reference : "image");
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "type", "container", "bom-ref", "index", "name", name);
    tw_bom_set_version(bom, json, set->index_digest.text);
    if (image) {
        struct tw_image_inventory whole = {.registry = image->registry,
            .repository = image->repository,
            .tag = image->tag,
            .digest = set->index_digest};
        tw_bom_set_text(bom, json, "purl", tw_purl_oci(bom->room, &whole));
    }
    return json;
}

// ---- the document ----

// Libraries have nothing below them, as far as is known; the standard says so one by one.
static void leaves(struct tw_bom *bom)
{
    const char *ref;
    json_t *component;
    json_object_foreach(bom->libraries, ref, component)
        tw_bom_append(bom, bom->dependencies, json_pack("{s:s}", "ref", ref));
}

// A version 8 UUID (RFC 9562) of what the document says.
static json_t *serial_number(const json_t *document)
{
    uint8_t sum[TW_SHA256_BYTES];
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    int r = text ? tw_sha256(text, strlen(text), sum) : TW_E_NOMEM;
    free(text);
    if (r < 0)
        return NULL;
    sum[6] = (uint8_t)((sum[6] & 0x0F) | 0x80);
    sum[8] = (uint8_t)((sum[8] & 0x3F) | 0x80);
    return json_sprintf(
        "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", sum[0],
        sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], sum[7], sum[8], sum[9], sum[10], sum[11],
        sum[12], sum[13], sum[14], sum[15]);
}

static json_t *document_json(
    struct tw_bom *bom, const struct tw_report_set *set, struct tw_arena *arena)
{
    bool is_index = tw_digest_is_set(&set->index_digest);
    json_t *refs = json_object();
    json_t *subject = images(bom, set, is_index, arena, refs);
    if (is_index) {
        subject = index_component(bom, set);
        tw_bom_depends(bom, "index", refs);
        tw_bom_set(bom, refs, "index", json_true());
    }
    leaves(bom);
    json_t *assemblies = json_array();
    const char *ref;
    json_t *value;
    json_object_foreach(refs, ref, value) tw_bom_append(bom, assemblies, json_string(ref));
    json_decref(refs);
    json_t *json = json_pack("{s:s, s:s, s:i, s:{s:{s:[{s:s, s:s, s:s}]}, s:o}, s:O, s:O, "
                             "s:[{s:s, s:o}]}",
        "bomFormat", "CycloneDX", "specVersion", "1.6", "version", 1, "metadata", "tools",
        "components", "type", "application", "name", "tidewaiter", "version", TW_VERSION,
        "component", subject, "components", bom->components, "dependencies", bom->dependencies,
        "compositions", "aggregate", "incomplete", "assemblies", assemblies);
    json_t *serial = json ? serial_number(json) : NULL;
    tw_bom_set(bom, json, "serialNumber", serial);
    return json;
}

int tw_report_write_cyclonedx(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    (void)style; // there are no texts in it
    bool is_index = tw_digest_is_set(&set->index_digest);
    if (!is_index && set->count != 1)
        return tw_err_set(err, TW_E_INTERNAL, "%zu reports without an index", set->count);
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(TW_REPORT_ARENA_MAX_BYTES);
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(TW_REPORT_NAME_MAX_BYTES);
    TW_AUTO(tw_json_decrefp) json_t *components = json_array();
    TW_AUTO(tw_json_decrefp) json_t *libraries = json_object();
    TW_AUTO(tw_json_decrefp) json_t *dependencies = json_array();
    struct tw_bom bom = {components, libraries, dependencies, &room, !arena};
    json_t *json = bom.failed ? NULL : document_json(&bom, set, arena);
    if (bom.failed) {
        json_decref(json);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    return tw_json_write(json, JSON_INDENT(2), out, err);
}
