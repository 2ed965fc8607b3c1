#include "scanner/gobin/recover.h"

#include "scanner/base/goversion.h"
#include "scanner/gobin/milestones.h"
#include "scanner/gobin/modinfo.h"
#include "scanner/gobin/version.h"

enum {
    VERSION_BYTES_MIN = 5,
    VERSION_BYTES_MAX = 256,
    CANDIDATES_MAX = 64,
};

// A module info text begins with a record; other data may hold the sentinels.
static bool is_modinfo(struct tw_span text)
{
    return tw_span_starts_with(text, "path\t") || tw_span_starts_with(text, "mod\t") ||
           tw_span_starts_with(text, "build\t");
}

// The text of the program itself is the value of a string variable; what it carries inside as
// data is not. *ret_too_long: it has no end within the limit, and *ret_text is not it.
static bool find_modinfo(
    const struct tw_object *object, struct tw_span *ret_text, bool *ret_too_long)
{
    uint64_t most = object->limits->binary_text_bytes;
    unsigned candidates = 0;
    // It lies in data, but for formats that put read-only data into their text.
    for (int in_text = 0; in_text <= 1; in_text++) {
        for (size_t i = 0; i < object->segment_count; i++) {
            const struct tw_segment *s = &object->segments[i];
            uint64_t at = 0;
            while (s->executable == (bool)in_text && candidates < CANDIDATES_MAX &&
                   tw_modinfo_find(s->data, most, &at, ret_text)) {
                candidates++;
                *ret_too_long = ret_text->n == 0 && s->data.n - at > most;
                if (is_modinfo(tw_span_of(s->data.p + at, s->data.n - at)) &&
                    (ret_text->n > 0 || *ret_too_long) &&
                    tw_object_refers_to(object, s->address + at - TW_MODINFO_SENTINEL_BYTES))
                    return true;
            }
        }
    }
    return false;
}

static bool is_version(struct tw_span text)
{
    struct tw_goversion v;
    uint64_t size;
    if (!tw_span_starts_with(text, "go1.") || !tw_goversion_scan(text, &v, &size))
        return false;
    // File names such as go1.26.go and fragments of longer texts are no versions.
    return size == text.n || text.p[size] == ' ' || text.p[size] == '-';
}

struct versions {
    struct tw_span found;
    unsigned count; // different ones
};

static bool look_at_string(void *ctx, uint64_t address, struct tw_span text)
{
    struct versions *v = ctx;
    (void)address;
    if (!is_version(text) ||
        (v->count > 0 && text.n == v->found.n && memcmp(text.p, v->found.p, text.n) == 0))
        return true;
    v->found = text;
    return ++v->count == 1;
}

// runtime.buildVersion is a string variable. When variables say different versions, nothing is
// known.
static bool find_version(const struct tw_object *object, struct tw_span *ret_version)
{
    struct versions versions = {0};
    tw_object_strings(object, VERSION_BYTES_MIN, VERSION_BYTES_MAX, look_at_string, &versions);
    *ret_version = versions.found;
    return versions.count == 1;
}

static void set_source(struct tw_gobin *bin, const char *source, const char *confidence)
{
    bin->go.source = source;
    bin->go.confidence = confidence;
}

static bool read_version(const struct tw_object *object, struct tw_span *ret_version)
{
    return tw_object_string_variable(
               object, "runtime.buildVersion", VERSION_BYTES_MAX, ret_version) &&
           is_version(*ret_version);
}

bool tw_recover_agrees(const struct tw_object *object, struct tw_span version)
{
    struct tw_span own;
    if (!read_version(object, &own) && !find_version(object, &own))
        return true;
    return own.n == version.n && memcmp(own.p, version.p, own.n) == 0;
}

// Not for wasm, and not before Go 1.13. A table of the oldest form alone does not tell.
static bool linker_writes_one(const struct tw_object *object)
{
    const struct tw_gobin *bin = object->bin;
    struct tw_goversion v;
    bool oldest = bin->go.range_to && strcmp(bin->go.range_to, "1.15") == 0;
    return object->format != TW_FORMAT_WASM && !oldest &&
           !(bin->go.release && tw_goversion_parse(tw_span_str(bin->go.release), &v) &&
               !tw_goversion_at_least(v, 1, 13, 0));
}

int tw_recover(const struct tw_object *object, const struct tw_pclntab *table, struct tw_gobin *bin,
    struct tw_err *err)
{
    struct tw_span modinfo, version;
    bool too_long = false;
    bin->is_go = true;
    if (find_modinfo(object, &modinfo, &too_long)) {
        int r = too_long ? tw_modinfo_too_long(object->arena, bin)
                         : tw_modinfo_parse(modinfo, object->limits, object->arena, bin, err);
        if (r < 0)
            return r;
    }
    bool by_symbol = read_version(object, &version);
    bool has_version = by_symbol || find_version(object, &version);
    if (has_version && tw_goversion_string(version, object->arena, bin)) {
        set_source(bin, "buildversion", by_symbol ? "certain" : "inferred");
    } else {
        tw_milestones_narrow(object, table);
        set_source(bin, "pclntab", "inferred");
    }
    if (!linker_writes_one(object))
        return 0;
    return tw_gobin_note(object->arena, bin, TW_NOTE_BUILDINFO_REMOVED,
        "the build info that the linker writes is not there; the version comes from %s",
        has_version ? "the runtime's version string" : "the form of the function table");
}
