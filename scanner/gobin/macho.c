// Mach-O, as Darwin runs it. <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fat.h>
#include "scanner/gobin/macho.h"

enum {
    LC_SEGMENT = 1,
    LC_SYMTAB = 2,
    LC_SEGMENT_64 = 0x19,
    NAME_BYTES = 16,
    PROTECTION_WRITE = 2,
    PROTECTION_EXECUTE = 4,
    ARCHES_MAX = 30, // a class file of Java has at least 45 in that place
    FAT_HEADER_BYTES = 8,
};

#define LC_DYLD_CHAINED_FIXUPS 0x80000034u

// Offsets of the two word sizes.
static const struct layout {
    unsigned word, header, segment, command, section, symbol;
} layouts[] = {
    {4, 28, LC_SEGMENT, 56, 68, 12},
    {8, 32, LC_SEGMENT_64, 72, 80, 16},
};

static const struct {
    uint32_t magic;
    const struct layout *at;
} magics[] = {{0xFEEDFACE, &layouts[0]}, {0xFEEDFACF, &layouts[1]}};

static const struct {
    uint32_t cpu;
    const char *arch;
} cpus[] = {{0x01000007, "amd64"}, {7, "386"}, {0x0100000C, "arm64"}, {12, "arm"},
    {0x01000012, "ppc64"}, {18, "ppc"}};

struct macho {
    struct tw_span file;
    const struct layout *at;
    bool be;
    struct tw_object *object;
};

static uint32_t word32(const struct macho *m, struct tw_span bytes, uint64_t offset)
{
    uint32_t v = 0;
    tw_span_u32(bytes, offset, m->be, &v);
    return v;
}

static uint64_t word(const struct macho *m, struct tw_span bytes, uint64_t offset)
{
    uint64_t v = 0;
    tw_span_uint(bytes, offset, m->at->word, m->be, &v);
    return v;
}

static struct tw_span name_at(struct tw_span bytes, uint64_t offset)
{
    struct tw_span name = tw_span_of("", 0);
    tw_span_sub(bytes, offset, NAME_BYTES, &name);
    const uint8_t *end = name.n ? memchr(name.p, 0, name.n) : NULL;
    return end ? tw_span_of(name.p, (uint64_t)(end - name.p)) : name;
}

// struct section, section_64: sectname, segname, addr, size, offset ...
static int read_section(const struct macho *m, struct tw_span bytes)
{
    unsigned w = m->at->word;
    struct tw_section s = {.name = name_at(bytes, 0), .address = word(m, bytes, 2 * NAME_BYTES)};
    uint32_t offset = word32(m, bytes, 2 * NAME_BYTES + 2 * w);
    if (offset > 0) // zero-filled sections have none
        tw_span_sub(m->file, offset, word(m, bytes, 2 * NAME_BYTES + w), &s.data);
    return tw_object_add_section(m->object, s);
}

// struct segment_command: cmd, cmdsize, segname, vmaddr, vmsize, fileoff, filesize, maxprot,
// initprot, nsects, flags; then the sections.
static int read_segment(const struct macho *m, struct tw_span command)
{
    unsigned w = m->at->word;
    uint64_t at = 8 + NAME_BYTES;
    uint64_t offset = word(m, command, at + 2 * w), size = word(m, command, at + 3 * w);
    uint32_t protection = word32(m, command, at + 4 * w + 4);
    uint32_t sections = word32(m, command, at + 4 * w + 8);
    struct tw_span bytes = tw_span_of("", 0);
    int r = 0;
    if (size > 0 && !tw_span_sub(m->file, offset, size, &bytes)) {
        r = tw_object_truncated(m->object, "a segment lies");
        if (r < 0)
            return r;
        tw_span_from(m->file, offset, &bytes);
    }
    if (offset == 0 && size > 0) // the headers belong to it
        m->object->image_base = word(m, command, at);
    r = tw_object_add_segment(m->object, (struct tw_segment){.data = bytes,
                                             .address = word(m, command, at),
                                             .writable = protection & PROTECTION_WRITE,
                                             .executable = protection & PROTECTION_EXECUTE});
    if (r < 0)
        return r;
    for (uint64_t i = 0; i < sections; i++) {
        struct tw_span section;
        if (!tw_span_sub(command, m->at->command + i * m->at->section, m->at->section, &section))
            return tw_object_truncated(m->object, "the sections of a segment lie");
        if ((r = read_section(m, section)) < 0)
            return r;
    }
    return 0;
}

// struct symtab_command: cmd, cmdsize, symoff, nsyms, stroff, strsize
static void read_symbols(const struct macho *m, struct tw_span command)
{
    uint64_t size = (uint64_t)word32(m, command, 12) * m->at->symbol;
    tw_span_sub(m->file, word32(m, command, 8), size, &m->object->symbols);
    tw_span_sub(m->file, word32(m, command, 16), word32(m, command, 20), &m->object->symbol_names);
}

static bool next_symbol(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol)
{
    const struct layout *l = &layouts[object->pointer_bytes == 8];
    struct tw_span record, name;
    while (tw_span_sub(object->symbols, *at, l->symbol, &record)) {
        uint32_t name_at = 0;
        *at += l->symbol;
        tw_span_u32(record, 0, object->big_endian, &name_at);
        if (!tw_span_cstr_within(object->symbol_names, name_at, TW_SYMBOL_NAME_MAX, &name))
            continue;
        if (name.n > 0 && name.p[0] == '_') // external linkers put it in front
            tw_span_from(name, 1, &name);
        ret_symbol->name = name;
        return tw_span_uint(record, 8, l->word, object->big_endian, &ret_symbol->address);
    }
    return false;
}

// ---- chained fixups: <mach-o/fixup-chains.h> ----

// Where an encoded pointer keeps its target, by DYLD_CHAINED_PTR_*.
static const struct pointer_format {
    unsigned format, target_bits, bind_bit;
    bool from_base; // the target counts from the image, it is not an address
    bool may_sign;  // bit 63: 32 bits of target, from the image
} pointer_formats[] = {
    {1, 43, 62, false, true},  // ARM64E
    {2, 36, 63, false, false}, // 64
    {3, 26, 31, false, false}, // 32
    {6, 36, 63, true, false},  // 64_OFFSET
    {9, 43, 62, true, true},   // ARM64E_USERLAND
    {12, 43, 62, true, true},  // ARM64E_USERLAND24
};

static bool relocate(
    const struct tw_object *object, uint64_t address, uint64_t raw, uint64_t *ret_target)
{
    (void)address;
    for (size_t i = 0; i < TW_COUNT(pointer_formats); i++) {
        const struct pointer_format *f = &pointer_formats[i];
        if (f->format != object->pointer_format || raw == 0 || raw >> f->bind_bit & 1)
            continue;
        bool is_signed = f->may_sign && raw >> 63;
        unsigned bits = is_signed ? 32 : f->target_bits;
        *ret_target = raw & ((UINT64_C(1) << bits) - 1);
        if (f->from_base || is_signed)
            *ret_target += object->image_base;
        return true;
    }
    return false;
}

// struct linkedit_data_command: cmd, cmdsize, dataoff, datasize. There, dyld_chained_fixups_header
// {version, starts_offset ...}; there, dyld_chained_starts_in_image {seg_count, offsets}; there,
// dyld_chained_starts_in_segment {u32 size, u16 page_size, u16 pointer_format ...}.
static void read_fixups(const struct macho *m, struct tw_span command)
{
    struct tw_span fixups;
    if (!tw_span_sub(m->file, word32(m, command, 8), word32(m, command, 12), &fixups))
        return;
    uint64_t image = word32(m, fixups, 4);
    uint32_t count = word32(m, fixups, image), at;
    for (uint64_t i = 0; i < count && tw_span_u32(fixups, image + 4 + 4 * i, m->be, &at); i++) {
        uint16_t format;
        if (at > 0 && tw_span_u16(fixups, image + at + 6, m->be, &format)) {
            m->object->pointer_format = format;
            m->object->relocate = relocate;
            return;
        }
    }
}

static int read_commands(const struct macho *m)
{
    uint32_t count = word32(m, m->file, 16);
    uint64_t at = m->at->header;
    for (uint32_t i = 0; i < count; i++) {
        struct tw_span command;
        uint32_t size = 0, kind = 0;
        if (!tw_span_u32(m->file, at + 4, m->be, &size) || size < 8 ||
            !tw_span_sub(m->file, at, size, &command))
            return tw_object_truncated(m->object, "the load commands lie");
        kind = word32(m, command, 0);
        int r = 0;
        if (kind == m->at->segment && size >= m->at->command)
            r = read_segment(m, command);
        else if (kind == LC_SYMTAB && size >= 24)
            read_symbols(m, command);
        else if (kind == LC_DYLD_CHAINED_FIXUPS && size >= 16)
            read_fixups(m, command);
        if (r < 0)
            return r;
        at += size;
    }
    return 0;
}

static const struct layout *layout_of(struct tw_span file, bool *ret_big_endian)
{
    for (int be = 0; be <= 1; be++) {
        uint32_t magic = 0;
        for (size_t i = 0; tw_span_u32(file, 0, be, &magic) && i < TW_COUNT(magics); i++) {
            if (magics[i].magic == magic) {
                *ret_big_endian = be;
                return magics[i].at;
            }
        }
    }
    return NULL;
}

static bool matches(struct tw_span file)
{
    bool be;
    return layout_of(file, &be) != NULL;
}

static int open_macho(struct tw_object *object)
{
    struct macho m = {.file = object->file, .object = object};
    m.at = layout_of(m.file, &m.be);
    uint32_t cpu = word32(&m, m.file, 4);
    object->os = "darwin";
    object->big_endian = m.be;
    object->pointer_bytes = m.at->word;
    object->next_symbol = next_symbol;
    for (size_t i = 0; i < TW_COUNT(cpus); i++) {
        if (cpus[i].cpu == cpu)
            object->arch = cpus[i].arch;
    }
    return read_commands(&m);
}

const struct tw_object_kind tw_object_macho = {TW_FORMAT_MACHO, matches, open_macho};

// ---- universal files: big-endian, whatever is inside ----

// Whether the last part has bytes of one before it: a real file has none twice.
static bool overlaps(const struct tw_span *parts, size_t last)
{
    for (size_t i = 0; i < last; i++) {
        if (parts[last].p < parts[i].p + parts[i].n && parts[i].p < parts[last].p + parts[last].n)
            return true;
    }
    return false;
}

size_t tw_macho_parts(struct tw_span file, struct tw_span ret_parts[TW_MACHO_PARTS_MAX])
{
    static const struct {
        uint32_t magic;
        unsigned width, entry;
    } kinds[] = {{0xCAFEBABE, 4, 20}, {0xCAFEBABF, 8, 32}};
    uint32_t magic = 0, count = 0;
    size_t found = 0;
    if (!tw_span_u32(file, 0, true, &magic) || !tw_span_u32(file, 4, true, &count) ||
        count > ARCHES_MAX)
        return 0;
    for (size_t k = 0; k < TW_COUNT(kinds); k++) {
        // struct fat_arch: cputype, cpusubtype, offset, size, align
        for (uint64_t i = 0; magic == kinds[k].magic && i < count && found < TW_MACHO_PARTS_MAX;
             i++) {
            uint64_t offset, size, at = FAT_HEADER_BYTES + i * kinds[k].entry + 8;
            if (tw_span_uint(file, at, kinds[k].width, true, &offset) &&
                tw_span_uint(file, at + kinds[k].width, kinds[k].width, true, &size) &&
                tw_span_sub(file, offset, size, &ret_parts[found]) && matches(ret_parts[found]) &&
                !overlaps(ret_parts, found))
                found++;
        }
    }
    return found;
}
