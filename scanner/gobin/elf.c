// ELF, 32 and 64 bit, both byte orders. System V ABI, chapters 4 and 5.
#include "scanner/gobin/object.h"

enum {
    ET_CORE = 4,
    PT_LOAD = 1,
    PF_X = 1,
    PF_W = 2,
    SHT_SYMTAB = 2,
    SHT_RELA = 4,
    SHT_NOBITS = 8,
    SHF_COMPRESSED = 0x800,
    SHN_XINDEX = 0xFFFF,
    CLASS64 = 2,
    DATA_MSB = 2,
};

static const struct {
    uint16_t machine;
    const char *arch32, *arch64; // little endian
    const char *big32, *big64;
} machines[] = {
    {3, "386", NULL, NULL, NULL},
    {8, "mipsle", "mips64le", "mips", "mips64"},
    {21, NULL, "ppc64le", NULL, "ppc64"},
    {22, NULL, NULL, NULL, "s390x"},
    {40, "arm", NULL, "armbe", NULL},
    {43, NULL, NULL, NULL, "sparc64"},
    {62, NULL, "amd64", NULL, NULL},
    {183, NULL, "arm64", NULL, "arm64be"},
    {243, "riscv", "riscv64", NULL, NULL},
    {258, NULL, "loong64", NULL, NULL},
};

static const struct {
    uint8_t abi;
    const char *os;
} systems[] = {{2, "netbsd"}, {6, "solaris"}, {9, "freebsd"}, {12, "openbsd"}};

// Where the fields of the headers lie, by class.
struct layout {
    unsigned word;
    unsigned phoff, shoff, phentsize, phnum, shentsize, shnum, shstrndx;
    unsigned ph_flags, ph_offset, ph_vaddr, ph_filesz, ph_size;
    unsigned sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_header_size;
    unsigned sym_value, sym_size;
};
static const struct layout layout32 = {
    4, 28, 32, 42, 44, 46, 48, 50, 24, 4, 8, 16, 32, 8, 12, 16, 20, 24, 40, 4, 16};
static const struct layout layout64 = {
    8, 32, 40, 54, 56, 58, 60, 62, 4, 8, 16, 32, 56, 8, 16, 24, 32, 40, 64, 8, 24};

static const struct layout *layout_of(const struct tw_object *object)
{
    return object->pointer_bytes == 8 ? &layout64 : &layout32;
}

struct elf {
    struct tw_span file;
    bool be;
    const struct layout *at;
    struct tw_object *object;
};

static bool half(const struct elf *e, uint64_t offset, uint64_t *ret_v)
{
    return tw_span_uint(e->file, offset, 2, e->be, ret_v);
}

static bool word32(const struct elf *e, uint64_t offset, uint64_t *ret_v)
{
    return tw_span_uint(e->file, offset, 4, e->be, ret_v);
}

static bool word(const struct elf *e, uint64_t offset, uint64_t *ret_v)
{
    return tw_span_uint(e->file, offset, e->at->word, e->be, ret_v);
}

static int read_segments(const struct elf *e)
{
    uint64_t offset, entry, count;
    if (!word(e, e->at->phoff, &offset) || !half(e, e->at->phentsize, &entry) ||
        !half(e, e->at->phnum, &count))
        return tw_object_truncated(e->object, "the ELF header lies");
    if (count == 0)
        return 0;
    if (entry < e->at->ph_size || !tw_span_has(e->file, offset, entry * count))
        return tw_object_truncated(e->object, "the program header table lies");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = offset + i * entry, type = 0, flags = 0, data = 0, address = 0, size = 0;
        word32(e, at, &type);
        word32(e, at + e->at->ph_flags, &flags);
        word(e, at + e->at->ph_offset, &data);
        word(e, at + e->at->ph_vaddr, &address);
        word(e, at + e->at->ph_filesz, &size);
        struct tw_span bytes;
        if (type != PT_LOAD || size == 0)
            continue;
        if (!tw_span_sub(e->file, data, size, &bytes)) {
            int r = tw_object_truncated(e->object, "a segment lies");
            if (r < 0 || !tw_span_from(e->file, data, &bytes))
                return r;
        }
        int r = tw_object_add_segment(e->object, (struct tw_segment){.data = bytes,
                                                     .address = address,
                                                     .writable = flags & PF_W,
                                                     .executable = flags & PF_X});
        if (r < 0)
            return r;
    }
    return 0;
}

struct header {
    uint64_t name, type, flags, address, offset, size, link;
};

static struct header section_header(const struct elf *e, uint64_t at)
{
    struct header h = {0};
    word32(e, at, &h.name);
    word32(e, at + 4, &h.type);
    word(e, at + e->at->sh_flags, &h.flags);
    word(e, at + e->at->sh_addr, &h.address);
    word(e, at + e->at->sh_offset, &h.offset);
    word(e, at + e->at->sh_size, &h.size);
    word32(e, at + e->at->sh_link, &h.link);
    return h;
}

static struct tw_span contents(const struct elf *e, const struct header *h)
{
    struct tw_span bytes = tw_span_of("", 0);
    if (h->type != SHT_NOBITS && !(h->flags & SHF_COMPRESSED))
        tw_span_sub(e->file, h->offset, h->size, &bytes);
    return bytes;
}

// Counts of 0xFF00 and above stand in the first section header (System V ABI, figure 4-7).
static bool section_counts(
    const struct elf *e, uint64_t offset, uint64_t *ret_count, uint64_t *ret_names)
{
    if (!half(e, e->at->shnum, ret_count) || !half(e, e->at->shstrndx, ret_names))
        return false;
    struct header first = section_header(e, offset);
    if (*ret_count == 0)
        *ret_count = first.size;
    if (*ret_names == SHN_XINDEX)
        *ret_names = first.link;
    return true;
}

static int read_sections(const struct elf *e)
{
    uint64_t offset, entry, count, names;
    if (!word(e, e->at->shoff, &offset) || !half(e, e->at->shentsize, &entry))
        return tw_object_truncated(e->object, "the ELF header lies");
    if (offset == 0)
        return 0; // stripped of section headers: the segments have to do
    if (!tw_span_has(e->file, offset, e->at->sh_header_size) ||
        !section_counts(e, offset, &count, &names) || entry < e->at->sh_header_size ||
        count > e->file.n / entry || !tw_span_has(e->file, offset, entry * count))
        return tw_object_truncated(e->object, "the section header table lies");
    struct tw_span texts = tw_span_of("", 0);
    if (names < count) {
        struct header h = section_header(e, offset + names * entry);
        texts = contents(e, &h);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct header h = section_header(e, offset + i * entry);
        struct tw_section s = {.address = h.address, .data = contents(e, &h)};
        tw_span_cstr_within(texts, h.name, TW_SECTION_NAME_MAX, &s.name);
        int r = tw_object_add_section(e->object, s);
        if (r < 0)
            return r;
        if (h.type == SHT_SYMTAB && h.link < count) {
            struct header strings = section_header(e, offset + h.link * entry);
            e->object->symbols = s.data;
            e->object->symbol_names = contents(e, &strings);
        } else if (h.type == SHT_RELA && tw_span_equals(s.name, ".rela.dyn")) {
            e->object->relocations = s.data;
        }
    }
    return 0;
}

static bool next_symbol(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol)
{
    const struct layout *l = layout_of(object);
    uint64_t name;
    while (tw_span_has(object->symbols, *at, l->sym_size)) {
        uint64_t record = *at;
        *at += l->sym_size;
        if (tw_span_uint(object->symbols, record, 4, object->big_endian, &name) &&
            tw_span_cstr_within(object->symbol_names, name, TW_SYMBOL_NAME_MAX, &ret_symbol->name))
            return tw_span_uint(object->symbols, record + l->sym_value, l->word, object->big_endian,
                &ret_symbol->address);
    }
    return false;
}

// With relocations that carry their addend, linkers may leave the place itself empty. They put
// the relative ones first, ordered by place.
static bool relocate(
    const struct tw_object *object, uint64_t address, uint64_t raw, uint64_t *ret_target)
{
    const struct layout *l = layout_of(object);
    uint64_t size = 3 * (uint64_t)l->word, low = 0, high = object->relocations.n / size;
    while (raw == 0 && low < high) {
        uint64_t middle = low + (high - low) / 2, place = 0, info = 0;
        tw_object_pointer(object, object->relocations, middle * size, &place);
        tw_object_pointer(object, object->relocations, middle * size + l->word, &info);
        bool has_symbol = info >> (l->word == 8 ? 32 : 8);
        if (!has_symbol && place == address)
            return tw_object_pointer(
                object, object->relocations, middle * size + 2 * l->word, ret_target);
        if (has_symbol || place > address)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static void name_platform(struct elf *e, uint8_t class, uint8_t abi)
{
    uint64_t machine = 0;
    half(e, 18, &machine);
    for (size_t i = 0; i < TW_COUNT(machines); i++) {
        if (machines[i].machine != machine)
            continue;
        e->object->arch = class == CLASS64 ? (e->be ? machines[i].big64 : machines[i].arch64)
                                           : (e->be ? machines[i].big32 : machines[i].arch32);
    }
    e->object->os = "linux"; // Linux binaries carry ABI 0; settings correct it for Go
    for (size_t i = 0; i < TW_COUNT(systems); i++) {
        if (systems[i].abi == abi)
            e->object->os = systems[i].os;
    }
}

static bool matches(struct tw_span head)
{
    return tw_span_starts_with(head, "\177ELF");
}

static int open_elf(struct tw_object *object)
{
    uint8_t class = 0, data = 0, abi = 0;
    tw_span_u8(object->file, 4, &class);
    tw_span_u8(object->file, 5, &data);
    tw_span_u8(object->file, 7, &abi);
    struct elf e = {.file = object->file,
        .be = data == DATA_MSB,
        .at = class == CLASS64 ? &layout64 : &layout32,
        .object = object};
    object->big_endian = e.be;
    object->pointer_bytes = e.at->word;
    object->next_symbol = next_symbol;
    object->relocate = relocate;
    name_platform(&e, class, abi);
    uint64_t type = 0;
    half(&e, 16, &type);
    if (type == ET_CORE)
        return 0; // a dump of a program is none
    int r = read_segments(&e);
    return r < 0 ? r : read_sections(&e);
}

const struct tw_object_kind tw_object_elf = {TW_FORMAT_ELF, matches, open_elf};
