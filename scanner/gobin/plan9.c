// Plan 9's a.out. a.out(6) of Plan 9; debug/plan9obj of Go. The header is big-endian, what the
// program itself reads has the order of its machine (all of Go's are little-endian).
#include "scanner/gobin/object.h"

enum {
    HEADER_BYTES = 32,
    ENTRY_BYTES = 8, // behind the header when MAGIC_64
    MAGIC_64 = 0x8000,
    VARIABLE_NAME = 0x80, // the bit of a symbol's type that ends its name with a NUL
};

static const struct machine {
    uint32_t magic;
    const char *arch;
    uint64_t page; // where text is loaded, and what data is rounded to
} machines[] = {{0x1EB, "386", 0x1000}, {0x8A97, "amd64", 0x200000}, {0x647, "arm", 0x1000}};

static const struct machine *machine_of(struct tw_span head)
{
    uint32_t magic = 0;
    tw_span_u32(head, 0, true, &magic);
    for (size_t i = 0; i < TW_COUNT(machines); i++) {
        if (machines[i].magic == magic)
            return &machines[i];
    }
    return NULL;
}

// {value of a word, type, name, NUL} one after the other. The file history ('z', 'Z'), which
// other compilers write, has other names and ends the walk.
static bool next_symbol(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol)
{
    unsigned width = object->pointer_bytes;
    uint8_t type;
    if (!tw_span_uint(object->symbols, *at, width, true, &ret_symbol->address) ||
        !tw_span_u8(object->symbols, *at + width, &type) || !(type & VARIABLE_NAME) ||
        (type & ~(VARIABLE_NAME | 0x20)) == 'Z' ||
        !tw_span_cstr_within(
            object->symbols, *at + width + 1, TW_SYMBOL_NAME_MAX, &ret_symbol->name))
        return false;
    *at += width + 1 + ret_symbol->name.n + 1;
    return true;
}

static int add(struct tw_object *object, const char *name, struct tw_span bytes, uint64_t address)
{
    bool is_data = strcmp(name, "data") == 0;
    int r = tw_object_add_section(
        object, (struct tw_section){.name = tw_span_str(name), .data = bytes, .address = address});
    return r < 0 ? r
                 : tw_object_add_segment(object, (struct tw_segment){.data = bytes,
                                                     .address = address,
                                                     .writable = is_data,
                                                     .executable = !is_data});
}

static bool matches(struct tw_span head)
{
    return machine_of(head) != NULL;
}

// struct Exec: magic, text, data, bss, syms, entry, spsz, pcsz
static int open_plan9(struct tw_object *object)
{
    struct tw_span file = object->file, text_bytes, data_bytes;
    const struct machine *machine = machine_of(file);
    bool is_64 = machine->magic & MAGIC_64;
    uint64_t header = HEADER_BYTES + (is_64 ? ENTRY_BYTES : 0);
    uint32_t text = 0, data = 0, symbols = 0;
    tw_span_u32(file, 4, true, &text);
    tw_span_u32(file, 8, true, &data);
    tw_span_u32(file, 16, true, &symbols);
    object->os = "plan9";
    object->arch = machine->arch;
    object->pointer_bytes = is_64 ? 8 : 4;
    object->next_symbol = next_symbol;
    if (!tw_span_sub(file, header, text, &text_bytes) ||
        !tw_span_sub(file, header + text, data, &data_bytes))
        return tw_object_truncated(object, "the text or the data lies");
    tw_span_sub(file, header + text + data, symbols, &object->symbols);
    uint64_t text_at = machine->page + header, end = text_at + text;
    uint64_t data_at = (end + machine->page - 1) / machine->page * machine->page;
    int r = add(object, "text", text_bytes, text_at);
    return r < 0 ? r : add(object, "data", data_bytes, data_at);
}

const struct tw_object_kind tw_object_plan9 = {TW_FORMAT_PLAN9, matches, open_plan9};
