// XCOFF of 64 bits, as AIX runs it. https://www.ibm.com/docs/aix "XCOFF Object File Format";
// debug (internal/xcoff) of Go has the same tables. Always big-endian.
#include "scanner/gobin/object.h"

enum {
    HEADER_BYTES = 24,
    SECTION_BYTES = 72,
    SYMBOL_BYTES = 18,
    NAME_BYTES = 8,
    STYP_TEXT = 0x20,
    STYP_DATA = 0x40,
    STYP_BSS = 0x80,
};

static int read_section(struct tw_object *object, struct tw_span header)
{
    uint64_t address = 0, size = 0, offset = 0;
    uint32_t flags = 0;
    struct tw_span bytes = tw_span_of("", 0);
    tw_span_u64(header, 16, true, &address);
    tw_span_u64(header, 24, true, &size);
    tw_span_u64(header, 32, true, &offset);
    tw_span_u32(header, 64, true, &flags);
    if (!(flags & STYP_BSS) && size > 0 && !tw_span_sub(object->file, offset, size, &bytes)) {
        int r = tw_object_truncated(object, "a section lies");
        if (r < 0)
            return r;
        tw_span_from(object->file, offset, &bytes);
    }
    const uint8_t *end = memchr(header.p, 0, NAME_BYTES);
    uint64_t name_bytes = end ? (uint64_t)(end - header.p) : NAME_BYTES;
    int r = tw_object_add_section(
        object, (struct tw_section){
                    .name = tw_span_of(header.p, name_bytes), .data = bytes, .address = address});
    if (r < 0 || !(flags & (STYP_TEXT | STYP_DATA)) || bytes.n == 0)
        return r; // not mapped, or nothing in it
    return tw_object_add_segment(object, (struct tw_segment){.data = bytes,
                                             .address = address,
                                             .writable = flags & STYP_DATA,
                                             .executable = flags & STYP_TEXT});
}

// The table, and the strings right behind it; both are empty when the file is stripped.
static void find_symbols(struct tw_object *object)
{
    struct tw_span file = object->file;
    uint64_t at = 0;
    uint32_t count = 0, size = 0;
    tw_span_u64(file, 8, true, &at);
    tw_span_u32(file, 20, true, &count);
    uint64_t bytes = (uint64_t)count * SYMBOL_BYTES;
    if (at == 0 || !tw_span_sub(file, at, bytes, &object->symbols))
        return;
    if (tw_span_u32(file, at + bytes, true, &size))
        tw_span_sub(file, at + bytes, size, &object->symbol_names);
}

static bool next_symbol(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol)
{
    struct tw_span record;
    while (tw_span_sub(object->symbols, *at, SYMBOL_BYTES, &record)) {
        uint32_t name = 0;
        *at += (1 + (uint64_t)record.p[17]) * SYMBOL_BYTES; // the auxiliary records too
        tw_span_u32(record, 8, true, &name);
        if (tw_span_cstr_within(object->symbol_names, name, TW_SYMBOL_NAME_MAX, &ret_symbol->name))
            return tw_span_u64(record, 0, true, &ret_symbol->address);
    }
    return false;
}

static bool matches(struct tw_span head)
{
    return tw_span_starts_with(head, "\x01\xF7");
}

static int open_xcoff(struct tw_object *object)
{
    uint16_t count = 0, optional_bytes = 0;
    tw_span_u16(object->file, 2, true, &count);
    tw_span_u16(object->file, 16, true, &optional_bytes);
    object->os = "aix";
    object->arch = "ppc64";
    object->big_endian = true;
    object->pointer_bytes = 8;
    object->next_symbol = next_symbol;
    find_symbols(object);
    int r = 0;
    for (uint64_t i = 0; r == 0 && i < count; i++) {
        struct tw_span header;
        uint64_t at = HEADER_BYTES + optional_bytes + i * SECTION_BYTES;
        if (!tw_span_sub(object->file, at, SECTION_BYTES, &header))
            return tw_object_truncated(object, "the section headers lie");
        r = read_section(object, header);
    }
    return r;
}

const struct tw_object_kind tw_object_xcoff = {TW_FORMAT_XCOFF, matches, open_xcoff};
