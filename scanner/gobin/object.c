#include "scanner/gobin/object.h"

#include <stdarg.h>
#include <stdio.h>

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

bool tw_object_string(const struct tw_object *object, struct tw_span header, uint64_t max_bytes,
    struct tw_span *ret_text)
{
    uint64_t address, size;
    if (!tw_object_pointer(object, header, 0, &address) ||
        !tw_object_pointer(object, header, object->pointer_bytes, &size) || size > max_bytes)
        return false;
    if (size == 0) {
        *ret_text = tw_span_of("", 0);
        return true;
    }
    return tw_object_at(object, address, size, ret_text);
}

bool tw_object_string_symbol(const struct tw_object *object, const char *symbol, uint64_t max_bytes,
    struct tw_span *ret_text)
{
    uint64_t address;
    struct tw_span header;
    return object->symbol && object->symbol(object, symbol, &address) &&
           tw_object_at(object, address, 2 * object->pointer_bytes, &header) &&
           tw_object_string(object, header, max_bytes, ret_text);
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
