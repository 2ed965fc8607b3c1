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

struct pe {
    struct tw_span file;
    uint64_t base; // where the image is mapped
    const struct tw_limits *limits;
    struct tw_arena *arena;
    struct tw_object *object;
    struct tw_gobin *bin;
};

static int truncated(const struct pe *p, const char *what)
{
    return tw_gobin_note(p->arena, p->bin, "truncated", "%s outside of the file", what);
}

// The sections' names are at most 8 bytes long, and NUL-terminated only when shorter.
static struct tw_span short_name(struct tw_span header)
{
    size_t n = 0;
    while (n < 8 && header.p[n])
        n++;
    return tw_span_of(header.p, n);
}

static int read_section(const struct pe *p, struct tw_span header)
{
    uint32_t address = 0, size = 0, offset = 0, flags = 0;
    struct tw_span bytes = tw_span_of("", 0);
    tw_span_u32(header, 12, false, &address);
    tw_span_u32(header, 16, false, &size);
    tw_span_u32(header, 20, false, &offset);
    tw_span_u32(header, 36, false, &flags);
    if (size > 0 && !tw_span_sub(p->file, offset, size, &bytes)) {
        int r = truncated(p, "a section lies");
        if (r < 0)
            return r;
        tw_span_from(p->file, offset, &bytes);
    }
    struct tw_section *section =
        tw_arena_push(p->arena, &p->object->sections, &p->object->section_count);
    struct tw_segment *segment =
        tw_arena_push(p->arena, &p->object->segments, &p->object->segment_count);
    if (!section || !segment)
        return TW_E_NOMEM;
    *section = (struct tw_section){
        .name = short_name(header), .data = bytes, .address = p->base + address};
    *segment = (struct tw_segment){.data = bytes,
        .address = p->base + address,
        .writable = flags & FLAG_WRITE,
        .executable = flags & FLAG_EXECUTE};
    return 0;
}

static int read_sections(const struct pe *p, uint64_t at, uint16_t count)
{
    if (count > p->limits->binary_sections)
        return tw_gobin_note(p->arena, p->bin, "over-limit",
            "the file says that it has more sections than binary_sections allows");
    for (uint16_t i = 0; i < count; i++) {
        struct tw_span header;
        if (!tw_span_sub(p->file, at + (uint64_t)i * SECTION_BYTES, SECTION_BYTES, &header))
            return truncated(p, "the section headers lie");
        int r = read_section(p, header);
        if (r < 0)
            return r;
    }
    return 0;
}

// The COFF symbol table, and the strings right behind it. A table that lies outside is none.
static void find_symbols(const struct pe *p, uint64_t coff)
{
    uint32_t at = 0, count = 0, size = 0;
    uint64_t strings;
    tw_span_u32(p->file, coff + 8, false, &at);
    tw_span_u32(p->file, coff + 12, false, &count);
    strings = at + (uint64_t)count * SYMBOL_BYTES;
    if (at == 0 || !tw_span_sub(p->file, at, strings - at, &p->object->symbols))
        return;
    if (tw_span_u32(p->file, strings, false, &size))
        tw_span_sub(p->file, strings, size, &p->object->symbol_names);
}

static bool has_name(const struct tw_object *object, struct tw_span record, const char *name)
{
    uint32_t zeros = 0, at = 0;
    struct tw_span text;
    tw_span_u32(record, 0, false, &zeros);
    tw_span_u32(record, 4, false, &at);
    if (zeros != 0)
        return tw_span_equals(short_name(record), name);
    size_t size = strlen(name) + 1;
    return tw_span_sub(object->symbol_names, at, size, &text) && memcmp(text.p, name, size) == 0;
}

static bool symbol(const struct tw_object *object, const char *name, uint64_t *ret_address)
{
    struct tw_span record;
    uint8_t auxiliaries = 0;
    for (uint64_t at = 0; tw_span_sub(object->symbols, at, SYMBOL_BYTES, &record);
         at += (1 + (uint64_t)auxiliaries) * SYMBOL_BYTES) {
        auxiliaries = record.p[17];
        if (!has_name(object, record, name))
            continue;
        uint32_t value = 0;
        uint16_t section = 0; // from 1
        tw_span_u32(record, 8, false, &value);
        tw_span_u16(record, 12, false, &section);
        if (section == 0 || section > object->section_count)
            return false;
        *ret_address = object->sections[section - 1].address + value;
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

static int open_pe(struct tw_span file, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_object *object, struct tw_gobin *bin)
{
    struct pe p = {.file = file, .limits = limits, .arena = arena, .object = object, .bin = bin};
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
    object->symbol = symbol;
    if (magic == MAGIC_64) {
        tw_span_u64(file, coff + COFF_BYTES + 24, false, &p.base);
    } else if (tw_span_u32(file, coff + COFF_BYTES + 28, false, &base32)) {
        p.base = base32;
    }
    find_symbols(&p, coff);
    return read_sections(&p, coff + COFF_BYTES + optional_bytes, sections);
}

const struct tw_object_kind tw_object_pe = {TW_FORMAT_PE, matches, open_pe};
