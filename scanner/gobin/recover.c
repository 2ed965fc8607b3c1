#include "scanner/gobin/recover.h"

#include "scanner/base/goversion.h"
#include "scanner/gobin/modinfo.h"
#include "scanner/gobin/version.h"

enum { VERSION_BYTES_MIN = 5, VERSION_BYTES_MAX = 256 };

// A module info text begins with a record; other data may hold the sentinels.
static bool is_modinfo(struct tw_span text)
{
    return tw_span_starts_with(text, "path\t") || tw_span_starts_with(text, "mod\t") ||
           tw_span_starts_with(text, "build\t");
}

static bool find_modinfo(
    const struct tw_object *object, const struct tw_limits *limits, struct tw_span *ret_text)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        uint64_t at = 0, before;
        do {
            before = at;
            if (tw_modinfo_find(
                    object->segments[i].data, limits->binary_text_bytes, &at, ret_text) &&
                is_modinfo(*ret_text))
                return true;
        } while (at > before);
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

// runtime.buildVersion is a string variable: a header in data that points at "go1.N...". When
// headers point at different versions, nothing is known.
static bool find_version(const struct tw_object *object, struct tw_span *ret_version)
{
    bool found = false;
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        unsigned width = object->pointer_bytes;
        if (!s->writable)
            continue;
        for (uint64_t at = 0; at + 2 * width <= s->data.n; at += width) {
            uint64_t size;
            struct tw_span header, text;
            if (!tw_object_pointer(object, s->data, at + width, &size) ||
                size < VERSION_BYTES_MIN || size > VERSION_BYTES_MAX ||
                !tw_span_sub(s->data, at, 2 * width, &header) ||
                !tw_object_string(object, header, VERSION_BYTES_MAX, &text) || !is_version(text))
                continue;
            if (found && (text.n != ret_version->n || memcmp(text.p, ret_version->p, text.n) != 0))
                return false;
            found = true;
            *ret_version = text;
        }
    }
    return found;
}

static void set_source(struct tw_gobin *bin, const char *source, const char *confidence)
{
    bin->go.source = source;
    bin->go.confidence = confidence;
}

int tw_recover(const struct tw_object *object, const struct tw_pclntab *table,
    const struct tw_limits *limits, struct tw_arena *arena, struct tw_gobin *bin,
    struct tw_err *err)
{
    struct tw_span modinfo, version;
    bool has_modinfo = find_modinfo(object, limits, &modinfo);
    // Without either, a mention of a Go version is only text.
    if (!table && !has_modinfo)
        return 0;
    bin->is_go = true;
    if (has_modinfo) {
        int r = tw_modinfo_parse(modinfo, limits, arena, bin, err);
        if (r < 0)
            return r;
    }
    bool has_version =
        tw_object_string_symbol(object, "runtime.buildVersion", VERSION_BYTES_MAX, &version) &&
        is_version(version);
    bool by_symbol = has_version;
    if (!has_version)
        has_version = find_version(object, &version);
    if (has_version && tw_goversion_string(version, arena, bin)) {
        set_source(bin, "buildversion", by_symbol ? "certain" : "inferred");
    } else if (table) {
        bin->go.range_from = table->from;
        bin->go.range_to = table->to;
        set_source(bin, "pclntab", "inferred");
    } else {
        set_source(bin, "modinfo", "inferred");
    }
    return tw_gobin_note(arena, bin, TW_NOTE_BUILDINFO_REMOVED,
        "the build info that the linker writes is not there; the version comes from %s",
        has_version ? "the runtime's version string" : "the form of the function table");
}
