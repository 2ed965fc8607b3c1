// A format-neutral view of an executable: what every format's reader fills in, and all that the
// readers of Go facts need. Spans point into the file; nothing is copied.
#pragma once

#include "scanner/gobin/gobin.h"

struct tw_section {
    struct tw_span name;
    struct tw_span data; // empty when it has none in the file, or is compressed
    uint64_t address;
};

struct tw_segment { // part of the file that is mapped at run time
    struct tw_span data;
    uint64_t address;
    bool writable;
    bool executable;
};

// Bytes; symbols with longer names are passed over, sections with longer ones have none.
enum { TW_SYMBOL_NAME_MAX = 4096, TW_SECTION_NAME_MAX = 256 };

struct tw_symbol {
    struct tw_span name;
    uint64_t address;
};

struct tw_object {
    const struct tw_limits *limits;
    struct tw_arena *arena;
    struct tw_gobin *bin; // for notes
    enum tw_format format;
    const char *os;
    const char *arch;
    bool big_endian;
    unsigned pointer_bytes; // 4 or 8
    struct tw_span file;
    struct tw_section *sections;
    size_t section_count;
    struct tw_segment *segments;
    size_t segment_count;
    uint64_t mapped_bytes; // of all segments
    void *memory;          // what spans point into when the file holds it in pieces (wasm); NULL

    struct tw_span symbols; // raw symbol table of the format; empty: stripped
    struct tw_span symbol_names;
    // The symbol at *at of `symbols`; moves *at to the next one. False: there is none. NULL: the
    // format has no symbols of data.
    bool (*next_symbol)(const struct tw_object *object, uint64_t *at, struct tw_symbol *ret_symbol);

    // What the loader will write at `address`, where the file has `raw`; false: nothing else.
    // NULL: the file has all addresses in place.
    bool (*relocate)(
        const struct tw_object *object, uint64_t address, uint64_t raw, uint64_t *ret_target);
    struct tw_span relocations; // raw, of the format
    uint64_t image_base;
    unsigned pointer_format;
};

// One row a format. `open` finds limits, arena, bin, format and file filled in, and fills in what
// it can of the rest; damage is told by notes, and a negative return value means that there is no
// memory.
struct tw_object_kind {
    enum tw_format format;
    bool (*matches)(struct tw_span head);
    int (*open)(struct tw_object *object);
};
extern const struct tw_object_kind tw_object_elf, tw_object_pe, tw_object_macho, tw_object_wasm,
    tw_object_xcoff, tw_object_plan9;

// Adds a part; past limits->binary_segments or binary_sections it is left out, and noted once. So
// is a segment when all of them together are twice the file: they overlap. 0 or TW_E_NOMEM.
int tw_object_add_segment(struct tw_object *object, struct tw_segment segment);
int tw_object_add_section(struct tw_object *object, struct tw_section section);

// Notes that the file is damaged: `what` "lies outside of the file". Of many such things only the
// first few are told. 0 or TW_E_NOMEM.
int tw_object_truncated(struct tw_object *object, const char *what);

// NULL: no such section.
const struct tw_section *tw_object_section(const struct tw_object *object, const char *name);

// The bytes mapped at [address, address + size); false when they are not in one segment.
bool tw_object_at(
    const struct tw_object *object, uint64_t address, uint64_t size, struct tw_span *ret_bytes);

// A word of pointer size in the object's byte order.
bool tw_object_pointer(
    const struct tw_object *object, struct tw_span bytes, uint64_t offset, uint64_t *ret_v);

// The address stored at `address`, a word of pointer size, after relocation.
bool tw_object_address_at(const struct tw_object *object, uint64_t address, uint64_t *ret_target);

// The Go string whose header {address, length} is at `address`; at most max_bytes long.
bool tw_object_string_at(
    const struct tw_object *object, uint64_t address, uint64_t max_bytes, struct tw_span *ret_text);

// The address of a symbol; false when there is none of that name.
bool tw_object_symbol(const struct tw_object *object, const char *name, uint64_t *ret_address);

// The string variable of that symbol; "" when it has no bytes in the file, as zeroed variables do.
// Where the loader puts the address of its bytes in, they are found by the symbol that the linker
// gives them, NAME.str.
bool tw_object_string_variable(
    const struct tw_object *object, const char *name, uint64_t max_bytes, struct tw_span *ret_text);

// Calls `each` for what may be string variables: words of writable data that are the header of a
// string of `min` to `max` bytes in the program. Until it returns false; at most
// TW_STRING_HEADERS_MAX are tried.
enum { TW_STRING_HEADERS_MAX = 1 << 20 };
void tw_object_strings(const struct tw_object *object, uint64_t min, uint64_t max,
    bool (*each)(void *ctx, uint64_t address, struct tw_span text), void *ctx);

// The address at which bytes of a segment are mapped; false when they are in none.
bool tw_object_address_of(
    const struct tw_object *object, struct tw_span bytes, uint64_t *ret_address);

// Whether the program itself refers to `address`: a word of data, or of its relocations, holds
// it. What one program carries inside of it as data is laid out for other addresses.
bool tw_object_refers_to(const struct tw_object *object, uint64_t address);

// Adds a note; 0 or TW_E_NOMEM.
int tw_gobin_note(struct tw_arena *arena, struct tw_gobin *bin, const char *code, const char *fmt,
    ...) TW_PRINTF(4, 5);
