#include "scanner/gobin/buildinfo.h"

enum {
    ALIGNMENT = 16,
    POINTER_SIZE_AT = 14,
    FLAGS_AT = 15,
    POINTERS_AT = 16,
    INLINE_AT = 32,
    FLAG_BIG_ENDIAN = 1,
    FLAG_INLINE = 2,
    VERSION_BYTES_MAX = 512,
    HITS_MAX = 64, // aligned marks that no blob follows, of one section or segment
};

static const char magic[] = TW_BUILDINFO_MAGIC;

static bool reads_like_a_version(struct tw_span text)
{
    return tw_span_starts_with(text, "go") || tw_span_starts_with(text, "devel") ||
           tw_span_equals(text, "unknown"); // garble
}

static void cut(struct tw_buildinfo *info, uint64_t max_bytes)
{
    info->too_long = info->modinfo.n > max_bytes;
    if (info->too_long)
        info->modinfo = tw_span_of("", 0);
}

// 1.18 and later: two strings, each with its length in front.
static bool read_inline(struct tw_span blob, uint64_t max_bytes, struct tw_buildinfo *info)
{
    uint64_t at = INLINE_AT, size;
    unsigned taken;
    if (!tw_span_uvarint(blob, at, &size, &taken) || size > VERSION_BYTES_MAX ||
        !tw_span_sub(blob, at + taken, size, &info->version))
        return false;
    at += taken + size;
    if (!tw_span_uvarint(blob, at, &size, &taken) ||
        !tw_span_sub(blob, at + taken, size, &info->modinfo))
        info->modinfo = tw_span_of("", 0);
    cut(info, max_bytes);
    return true;
}

// 1.13 to 1.17: addresses of two Go string headers, in the words of the target.
static bool read_pointers(const struct tw_object *object, uint64_t address, uint8_t width,
    bool big_endian, uint64_t max_bytes, struct tw_buildinfo *info)
{
    struct tw_object target = *object;
    target.pointer_bytes = width;
    target.big_endian = big_endian;
    uint64_t version_at, modinfo_at;
    if (!tw_object_address_at(&target, address + POINTERS_AT, &version_at) ||
        !tw_object_address_at(&target, address + POINTERS_AT + width, &modinfo_at) ||
        !tw_object_string_at(&target, version_at, VERSION_BYTES_MAX, &info->version))
        return false;
    if (!tw_object_string_at(&target, modinfo_at, UINT64_MAX, &info->modinfo))
        info->modinfo = tw_span_of("", 0);
    cut(info, max_bytes);
    return true;
}

static bool read_blob(const struct tw_object *object, struct tw_span blob, uint64_t address,
    uint64_t max_bytes, struct tw_buildinfo *ret_info)
{
    uint8_t width, flags;
    struct tw_buildinfo info = {.modinfo = tw_span_of("", 0), .in_place = true};
    if (!tw_span_starts_with(blob, magic) || !tw_span_u8(blob, POINTER_SIZE_AT, &width) ||
        !tw_span_u8(blob, FLAGS_AT, &flags) || flags > (FLAG_BIG_ENDIAN | FLAG_INLINE))
        return false;
    bool good = flags & FLAG_INLINE        ? read_inline(blob, max_bytes, &info)
                : width == 4 || width == 8 ? read_pointers(object, address, width,
                                                 flags & FLAG_BIG_ENDIAN, max_bytes, &info)
                                           : false;
    if (!good || !reads_like_a_version(info.version))
        return false;
    *ret_info = info;
    return true;
}

// The linker aligns the blob in the address space, and a section's bytes begin aligned.
static bool search(const struct tw_object *object, struct tw_span bytes, uint64_t address,
    uint64_t max_bytes, struct tw_buildinfo *ret_info)
{
    uint64_t at = 0;
    unsigned hits = 0;
    struct tw_span blob;
    while (hits < HITS_MAX && tw_span_find(bytes, at, tw_span_of(magic, sizeof magic - 1), &at)) {
        if ((address + at) % ALIGNMENT == 0 && tw_span_from(bytes, at, &blob)) {
            if (read_blob(object, blob, address + at, max_bytes, ret_info)) {
                ret_info->in_place = at == 0;
                return true;
            }
            hits++;
        }
        at++;
    }
    return false;
}

bool tw_buildinfo_find(const struct tw_object *object, bool has_functions, uint64_t max_text_bytes,
    struct tw_buildinfo *ret_info)
{
    static const char *const names[] = {".go.buildinfo", "__go_buildinfo"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        const struct tw_section *section = tw_object_section(object, names[i]);
        if (section && search(object, section->data, section->address, max_text_bytes, ret_info)) {
            ret_info->in_place = true;
            return true;
        }
    }
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        if (!s->writable || s->executable)
            continue;
        if (has_functions ? search(object, s->data, s->address, max_text_bytes, ret_info)
                          : read_blob(object, s->data, s->address, max_text_bytes, ret_info))
            return true;
    }
    return false;
}
