#include "scanner/gobin/object.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>

enum { NOTES_MAX = 8 };

static int note_limit(struct tw_object *object, const char *what)
{
    // Once: all that is left out has the same reason.
    return tw_gobin_has_note(object->bin, "over-limit")
               ? 0
               : tw_gobin_note(object->arena, object->bin, "over-limit",
                     "the file has more %s allows; the rest was not looked at", what);
}

int tw_object_add_segment(struct tw_object *object, struct tw_segment segment)
{
    if (object->segment_count >= object->limits->binary_segments)
        return note_limit(object, "segments than binary_segments");
    object->mapped_bytes += segment.data.n;
    if (!object->memory && object->mapped_bytes / 2 > object->file.n)
        return note_limit(object, "bytes in its segments than twice its size");
    struct tw_segment *s = tw_arena_push(object->arena, &object->segments, &object->segment_count);
    if (!s)
        return TW_E_NOMEM;
    *s = segment;
    return 0;
}

int tw_object_add_section(struct tw_object *object, struct tw_section section)
{
    if (object->section_count >= object->limits->binary_sections)
        return note_limit(object, "sections than binary_sections");
    struct tw_section *s = tw_arena_push(object->arena, &object->sections, &object->section_count);
    if (!s)
        return TW_E_NOMEM;
    *s = section;
    return 0;
}

int tw_object_truncated(struct tw_object *object, const char *what)
{
    if (object->bin->note_count >= NOTES_MAX)
        return 0;
    return tw_gobin_note(object->arena, object->bin, "truncated", "%s outside of the file", what);
}

const struct tw_section *tw_object_section(const struct tw_object *object, const char *name)
{
    for (size_t i = 0; i < object->section_count; i++) {
        if (tw_span_equals(object->sections[i].name, name))
            return &object->sections[i];
    }
    return NULL;
}

bool tw_object_at(
    const struct tw_object *object, uint64_t address, uint64_t size, struct tw_span *ret_bytes)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        if (address >= s->address && tw_span_sub(s->data, address - s->address, size, ret_bytes))
            return true;
    }
    return false;
}

bool tw_object_pointer(
    const struct tw_object *object, struct tw_span bytes, uint64_t offset, uint64_t *ret_v)
{
    return tw_span_uint(bytes, offset, object->pointer_bytes, object->big_endian, ret_v);
}

static bool is_mapped(const struct tw_object *object, uint64_t address)
{
    struct tw_span byte;
    return tw_object_at(object, address, 1, &byte);
}

bool tw_object_address_at(const struct tw_object *object, uint64_t address, uint64_t *ret_target)
{
    struct tw_span bytes;
    uint64_t raw;
    if (!tw_object_at(object, address, object->pointer_bytes, &bytes) ||
        !tw_object_pointer(object, bytes, 0, &raw))
        return false;
    bool in_place = raw != 0 && is_mapped(object, raw);
    if (in_place || !object->relocate || !object->relocate(object, address, raw, ret_target))
        *ret_target = raw;
    return true;
}

bool tw_object_string_at(
    const struct tw_object *object, uint64_t address, uint64_t max_bytes, struct tw_span *ret_text)
{
    struct tw_span header;
    uint64_t text, size;
    unsigned width = object->pointer_bytes;
    if (!tw_object_at(object, address, 2 * width, &header) ||
        !tw_object_pointer(object, header, width, &size) || size > max_bytes)
        return false;
    if (size == 0) {
        *ret_text = tw_span_of("", 0);
        return true;
    }
    return tw_object_address_at(object, address, &text) && text != 0 &&
           tw_object_at(object, text, size, ret_text);
}

bool tw_object_string_variable(
    const struct tw_object *object, const char *name, uint64_t max_bytes, struct tw_span *ret_text)
{
    char bytes_name[TW_SYMBOL_NAME_MAX];
    struct tw_span length;
    uint64_t address, size, bytes;
    unsigned width = object->pointer_bytes;
    if (!tw_object_symbol(object, name, &address))
        return false;
    if (!tw_object_at(object, address, 2 * width, &length)) {
        *ret_text = tw_span_of("", 0);
        return true;
    }
    if (tw_object_string_at(object, address, max_bytes, ret_text))
        return true;
    snprintf(bytes_name, sizeof bytes_name, "%s.str", name);
    return tw_object_pointer(object, length, width, &size) && size <= max_bytes &&
           tw_object_symbol(object, bytes_name, &bytes) &&
           tw_object_at(object, bytes, size, ret_text);
}

// A word that is known to be there.
static inline uint64_t word_at(const uint8_t *p, unsigned width, bool big_endian)
{
    uint64_t v8;
    uint32_t v4;
    if (width == 8) {
        memcpy(&v8, p, 8);
        return big_endian ? be64toh(v8) : le64toh(v8);
    }
    memcpy(&v4, p, 4);
    return big_endian ? be32toh(v4) : le32toh(v4);
}

void tw_object_strings(const struct tw_object *object, uint64_t min, uint64_t max,
    bool (*each)(void *ctx, uint64_t address, struct tw_span text), void *ctx)
{
    unsigned width = object->pointer_bytes, tried = 0;
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        for (uint64_t at = 0; s->writable && at + 2 * width <= s->data.n; at += width) {
            uint64_t size = word_at(s->data.p + at + width, width, object->big_endian);
            struct tw_span text;
            if (size < min || size > max)
                continue;
            if (++tried > TW_STRING_HEADERS_MAX)
                return;
            if (tw_object_string_at(object, s->address + at, max, &text) &&
                !each(ctx, s->address + at, text))
                return;
        }
    }
}

bool tw_object_symbol(const struct tw_object *object, const char *name, uint64_t *ret_address)
{
    struct tw_symbol symbol;
    for (uint64_t at = 0; object->next_symbol && object->next_symbol(object, &at, &symbol);) {
        if (tw_span_equals(symbol.name, name)) {
            *ret_address = symbol.address;
            return true;
        }
    }
    return false;
}

bool tw_object_address_of(
    const struct tw_object *object, struct tw_span bytes, uint64_t *ret_address)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct tw_segment *s = &object->segments[i];
        if (bytes.p >= s->data.p && bytes.p < s->data.p + s->data.n) {
            *ret_address = s->address + (uint64_t)(bytes.p - s->data.p);
            return true;
        }
    }
    return false;
}

static bool refers_by_chain(
    const struct tw_object *object, const struct tw_segment *s, uint64_t address)
{
    unsigned width = object->pointer_bytes;
    for (uint64_t at = 0; tw_span_has(s->data, at, width); at += width) {
        uint64_t raw, target;
        tw_object_pointer(object, s->data, at, &raw);
        if (object->relocate(object, s->address + at, raw, &target) && target == address)
            return true;
    }
    return false;
}

// Words as they lie in the file. The width is a constant of each caller, so that this is a plain
// loop over words: whole programs are searched.
static inline bool has_word(struct tw_span s, const uint8_t *word, size_t width)
{
    for (uint64_t at = 0; at + width <= s.n; at += width) {
        if (memcmp(s.p + at, word, width) == 0)
            return true;
    }
    return false;
}

bool tw_object_refers_to(const struct tw_object *object, uint64_t address)
{
    uint8_t word[8];
    unsigned width = object->pointer_bytes;
    for (unsigned i = 0; i < width; i++)
        word[i] = (uint8_t)(address >> 8 * (object->big_endian ? width - 1 - i : i));
    // Data first; addends of relocations are words of a read-only segment.
    for (int writable = 1; writable >= 0; writable--) {
        for (size_t i = 0; i < object->segment_count; i++) {
            const struct tw_segment *s = &object->segments[i];
            if (s->writable != (bool)writable)
                continue;
            if (width == 8 ? has_word(s->data, word, 8) : has_word(s->data, word, 4))
                return true;
            if (object->pointer_format && refers_by_chain(object, s, address))
                return true;
        }
    }
    return false;
}

int tw_gobin_note(
    struct tw_arena *arena, struct tw_gobin *bin, const char *code, const char *fmt, ...)
{
    char message[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    struct tw_note *note = tw_arena_push(arena, &bin->notes, &bin->note_count);
    if (!note)
        return TW_E_NOMEM;
    note->code = code;
    note->message = tw_arena_strdup(arena, message);
    if (!note->message)
        bin->note_count--;
    return note->message ? 0 : TW_E_NOMEM;
}
