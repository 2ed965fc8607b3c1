// PE, as Windows runs it. https://learn.microsoft.com/windows/win32/debug/pe-format
#include "scanner/gobin/object.h"

enum {
    NEW_HEADER_AT = 0x3C,
    SIGNATURE_BYTES = 4,
    COFF_BYTES = 20,
    SECTION_BYTES = 40,
    SYMBOL_BYTES = 18,
    MAGIC_64 = 0x20B,
};

#define FLAG_EXECUTE 0x20000000u
#define FLAG_WRITE 0x80000000u

static const struct {
    uint16_t machine;
    const char *arch;
} machines[] = {{0x8664, "amd64"}, {0x14C, "386"}, {0xAA64, "arm64"}, {0x1C4, "arm"}};

// The sections' names are at most 8 bytes long, and NUL-terminated only when shorter.
static struct tw_span short_name(struct tw_span header)
{
    size_t n = 0;
    while (n < 8 && header.p[n])
        n++;
    return tw_span_of(header.p, n);
}

static int read_section(struct tw_object *object, struct tw_span header)
{
    uint32_t address = 0, size = 0, offset = 0, flags = 0;
    struct tw_span bytes = tw_span_of("", 0);
    tw_span_u32(header, 12, false, &address);
    tw_span_u32(header, 16, false, &size);
    tw_span_u32(header, 20, false, &offset);
    tw_span_u32(header, 36, false, &flags);
    if (size > 0 && !tw_span_sub(object->file, offset, size, &bytes)) {
        int r = tw_object_truncated(object, "a section lies");
        if (r < 0)
            return r;
        tw_span_from(object->file, offset, &bytes);
    }
    int r = tw_object_add_section(object,
        (struct tw_section){
            .name = short_name(header), .data = bytes, .address = object->image_base + address});
    return r < 0 ? r
                 : tw_object_add_segment(object, (struct tw_segment){.data = bytes,
                                                     .address = object->image_base + address,
                                                     .writable = flags & FLAG_WRITE,
                                                     .executable = flags & FLAG_EXECUTE});
}

static int read_sections(struct tw_object *object, uint64_t at, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        struct tw_span header;
        if (!tw_span_sub(object->file, at + (uint64_t)i * SECTION_BYTES, SECTION_BYTES, &header))
            return tw_object_truncated(object, "the section headers lie");
        int r = read_section(object, header);
        if (r < 0)
            return r;
    }
    return 0;
}

// The COFF symbol table, and the strings right behind it. A table that lies outside is none.
static void find_symbols(struct tw_object *object, uint64_t coff)
{
    uint32_t at = 0, count = 0, size = 0;
    uint64_t strings;
    tw_span_u32(object->file, coff + 8, false, &at);
    tw_span_u32(object->file, coff + 12, false, &count);
    strings = at + (uint64_t)count * SYMBOL_BYTES;
    if (at == 0 || !tw_span_sub(object->file, at, strings - at, &object->symbols))
        return;
    if (tw_span_u32(object->file, strings, false, &size))
        tw_span_sub(object->file, strings, size, &object->symbol_names);
}

static bool name_of(const struct tw_object *object, struct tw_span record, struct tw_span *ret_name)
{
    uint32_t zeros = 0, at = 0;
    tw_span_u32(record, 0, false, &zeros);
    tw_span_u32(record, 4, false, &at);
    if (zeros == 0)
        return tw_span_cstr_within(object->symbol_names, at, TW_SYMBOL_NAME_MAX, ret_name);
    *ret_name = short_name(record);
    return true;
}

static bool next_symbol(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol)
{
    struct tw_span record;
    while (tw_span_sub(object->symbols, *at, SYMBOL_BYTES, &record)) {
        uint32_t value = 0;
        uint16_t section = 0;                               // from 1
        *at += (1 + (uint64_t)record.p[17]) * SYMBOL_BYTES; // the auxiliary records too
        tw_span_u32(record, 8, false, &value);
        tw_span_u16(record, 12, false, &section);
        if (section == 0 || section > object->section_count ||
            !name_of(object, record, &ret_symbol->name))
            continue;
        ret_symbol->address = object->sections[section - 1].address + value;
        return true;
    }
    return false;
}

// Where the COFF header is; false when this is only a DOS program.
static bool find_coff(struct tw_span file, uint64_t *ret_at)
{
    uint32_t at;
    struct tw_span signature;
    if (!tw_span_u32(file, NEW_HEADER_AT, false, &at) ||
        !tw_span_sub(file, at, SIGNATURE_BYTES, &signature) ||
        memcmp(signature.p, "PE\0\0", SIGNATURE_BYTES) != 0)
        return false;
    *ret_at = (uint64_t)at + SIGNATURE_BYTES;
    return true;
}

static bool matches(struct tw_span file)
{
    return tw_span_starts_with(file, "MZ");
}

static int open_pe(struct tw_object *object)
{
    struct tw_span file = object->file;
    uint64_t coff;
    uint32_t base32 = 0;
    uint16_t machine = 0, sections = 0, optional_bytes = 0, magic = 0;
    if (!find_coff(file, &coff))
        return 0;
    tw_span_u16(file, coff, false, &machine);
    tw_span_u16(file, coff + 2, false, &sections);
    tw_span_u16(file, coff + 16, false, &optional_bytes);
    tw_span_u16(file, coff + COFF_BYTES, false, &magic);
    object->os = "windows";
    for (size_t i = 0; i < TW_COUNT(machines); i++) {
        if (machines[i].machine == machine)
            object->arch = machines[i].arch;
    }
    object->pointer_bytes = magic == MAGIC_64 ? 8 : 4;
    object->next_symbol = next_symbol;
    if (magic == MAGIC_64)
        tw_span_u64(file, coff + COFF_BYTES + 24, false, &object->image_base);
    else if (tw_span_u32(file, coff + COFF_BYTES + 28, false, &base32))
        object->image_base = base32;
    find_symbols(object, coff);
    return read_sections(object, coff + COFF_BYTES + optional_bytes, sections);
}

const struct tw_object_kind tw_object_pe = {TW_FORMAT_PE, matches, open_pe};
