#include "scanner/gobin/recover.h"

#include "scanner/base/goversion.h"
#include "scanner/gobin/modinfo.h"
#include "scanner/gobin/version.h"

enum {
    VERSION_BYTES_MIN = 5,
    VERSION_BYTES_MAX = 256,
    CANDIDATES_MAX = 64,
    HEADERS_MAX = 1 << 20, // words of data that are tried as string headers
};

// A module info text begins with a record; other data may hold the sentinels.
static bool is_modinfo(struct tw_span text)
{
    return tw_span_starts_with(text, "path\t") || tw_span_starts_with(text, "mod\t") ||
           tw_span_starts_with(text, "build\t");
}

// The text of the program itself is the value of a string variable; what it carries inside as
// data is not.
static bool find_modinfo(const struct tw_object *object, struct tw_span *ret_text)
{
    unsigned candidates = 0;
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        for (uint64_t at = 0; candidates < CANDIDATES_MAX; candidates++) {
            if (!tw_modinfo_find(s->data, object->limits->binary_text_bytes, &at, ret_text))
                break;
            if (is_modinfo(*ret_text) &&
                tw_object_refers_to(object, s->address + at - TW_MODINFO_SENTINEL_BYTES))
                return true;
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

// runtime.buildVersion is a string variable: a header in data that points at "go1.N...". When
// headers point at different versions, nothing is known.
static bool find_version(const struct tw_object *object, struct tw_span *ret_version)
{
    bool found = false;
    unsigned width = object->pointer_bytes, tried = 0;
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        for (uint64_t at = 0; s->writable && tw_span_has(s->data, at, 2 * width); at += width) {
            uint64_t size = 0;
            struct tw_span text;
            tw_object_pointer(object, s->data, at + width, &size);
            if (size < VERSION_BYTES_MIN || size > VERSION_BYTES_MAX)
                continue;
            if (++tried > HEADERS_MAX)
                return found;
            if (!tw_object_string_at(object, s->address + at, VERSION_BYTES_MAX, &text) ||
                !is_version(text))
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

static bool read_version(const struct tw_object *object, struct tw_span *ret_version)
{
    uint64_t address;
    return tw_object_symbol(object, "runtime.buildVersion", &address) &&
           tw_object_string_at(object, address, VERSION_BYTES_MAX, ret_version) &&
           is_version(*ret_version);
}

int tw_recover(const struct tw_object *object, const struct tw_pclntab *table, struct tw_gobin *bin,
    struct tw_err *err)
{
    struct tw_span modinfo, version;
    bin->is_go = true;
    if (find_modinfo(object, &modinfo)) {
        int r = tw_modinfo_parse(modinfo, object->limits, object->arena, bin, err);
        if (r < 0)
            return r;
    }
    bool by_symbol = read_version(object, &version);
    bool has_version = by_symbol || find_version(object, &version);
    if (has_version && tw_goversion_string(version, object->arena, bin)) {
        set_source(bin, "buildversion", by_symbol ? "certain" : "inferred");
    } else {
        bin->go.range_from = table->from;
        bin->go.range_to = table->to;
        set_source(bin, "pclntab", "inferred");
    }
    if (object->format == TW_FORMAT_WASM) // there the linker writes none
        return 0;
    return tw_gobin_note(object->arena, bin, TW_NOTE_BUILDINFO_REMOVED,
        "the build info that the linker writes is not there; the version comes from %s",
        has_version ? "the runtime's version string" : "the form of the function table");
}
