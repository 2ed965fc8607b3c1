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

struct tw_object {
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
    struct tw_span symbols; // raw symbol table of the format; empty: stripped
    struct tw_span symbol_names;
    // Looks a symbol's address up; false: not there. NULL: the format has no symbols.
    bool (*symbol)(const struct tw_object *object, const char *name, uint64_t *ret_address);
};

// One row a format. `open` fills what it can; damage is told by notes on `bin`, and a negative
// return value means that there is no memory.
struct tw_object_kind {
    enum tw_format format;
    bool (*matches)(struct tw_span head);
    int (*open)(struct tw_span file, const struct tw_limits *limits, struct tw_arena *arena,
        struct tw_object *object, struct tw_gobin *bin);
};
extern const struct tw_object_kind tw_object_elf, tw_object_pe, tw_object_macho;

// NULL: no such section.
const struct tw_section *tw_object_section(const struct tw_object *object, const char *name);

// The bytes mapped at [address, address + size); false when they are not in one segment.
bool tw_object_at(
    const struct tw_object *object, uint64_t address, uint64_t size, struct tw_span *ret_bytes);

// A word of pointer size in the object's byte order.
bool tw_object_pointer(
    const struct tw_object *object, struct tw_span bytes, uint64_t offset, uint64_t *ret_v);

// The Go string whose header {address, length} is at `header`; at most max_bytes long.
bool tw_object_string(const struct tw_object *object, struct tw_span header, uint64_t max_bytes,
    struct tw_span *ret_text);

// The Go string variable of that symbol.
bool tw_object_string_symbol(const struct tw_object *object, const char *symbol, uint64_t max_bytes,
    struct tw_span *ret_text);

// Adds a note; 0 or TW_E_NOMEM.
int tw_gobin_note(struct tw_arena *arena, struct tw_gobin *bin, const char *code, const char *fmt,
    ...) TW_PRINTF(4, 5);
