// WebAssembly modules, as GOOS=js and wasip1 make them. WebAssembly core specification 2.0,
// chapter 5; cmd/link/internal/wasm/asm.go. The linker drops runs of zeros, so that the memory of
// a program lies in tens of thousands of pieces: it is put together again before it is read.
#include <stdlib.h>

#include "scanner/gobin/object.h"

enum {
    HEADER_BYTES = 8,
    SECTION_IMPORT = 2,
    SECTION_DATA = 11,
    OP_I32_CONST = 0x41,
    OP_END = 0x0B,
    DATA_PASSIVE = 1,
    DATA_WITH_MEMORY = 2,
    BLOCK_BITS = 16, // memory is put together in pages of wasm's size
    BLOCKS = 1 << (32 - BLOCK_BITS),
    GROWTH = 4, // memory for each byte of the file, past the first GROWTH_FREE
    GROWTH_FREE = 32 << 20,
};

struct piece {
    uint32_t address;
    struct tw_span bytes; // empty: the program itself puts it somewhere
};

struct wasm {
    struct tw_object *object;
    struct tw_span data;    // the section's segments
    uint64_t end;           // behind the last block that something is in
    uint32_t place[BLOCKS]; // where the block is in memory, from 1; 0: nothing is in it
};

static bool read_count(struct tw_span s, uint64_t *at, uint64_t *ret_v)
{
    unsigned taken;
    if (!tw_span_uvarint(s, *at, ret_v, &taken))
        return false;
    *at += taken;
    return true;
}

static bool read_bytes(struct tw_span s, uint64_t *at, struct tw_span *ret_bytes)
{
    uint64_t size;
    if (!read_count(s, at, &size) || !tw_span_sub(s, *at, size, ret_bytes))
        return false;
    *at += size;
    return true;
}

// An initializer of one constant: i32.const, signed LEB128, end. Addresses are taken as unsigned.
static bool read_address(struct tw_span s, uint64_t *at, uint32_t *ret_address)
{
    uint8_t op, end;
    uint64_t raw;
    unsigned taken;
    if (!tw_span_u8(s, *at, &op) || op != OP_I32_CONST ||
        !tw_span_uvarint(s, *at + 1, &raw, &taken) || taken > 5)
        return false;
    *at += 1 + taken;
    bool negative = taken < 5 && raw >> (7 * taken - 1) & 1;
    *ret_address = (uint32_t)(negative ? raw | ~UINT64_C(0) << 7 * taken : raw);
    return tw_span_u8(s, (*at)++, &end) && end == OP_END;
}

static bool read_piece(struct tw_span data, uint64_t *at, struct piece *ret_piece)
{
    uint64_t flags, memory;
    *ret_piece = (struct piece){0};
    if (!read_count(data, at, &flags) || flags > DATA_WITH_MEMORY ||
        (flags == DATA_WITH_MEMORY && !read_count(data, at, &memory)) ||
        (flags != DATA_PASSIVE && !read_address(data, at, &ret_piece->address)) ||
        !read_bytes(data, at, &ret_piece->bytes))
        return false;
    if (flags == DATA_PASSIVE || ret_piece->bytes.n > UINT32_MAX - ret_piece->address)
        ret_piece->bytes.n = 0;
    return true;
}

// Calls `each` for every piece that has bytes; false when one is damaged, and those behind it.
static bool each_piece(struct wasm *w, void (*each)(struct wasm *w, const struct piece *piece))
{
    uint64_t count = 0, at = 0;
    if (w->data.n > 0 && !read_count(w->data, &at, &count))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct piece piece;
        if (!read_piece(w->data, &at, &piece))
            return false;
        if (piece.bytes.n > 0)
            each(w, &piece);
    }
    return true;
}

static void mark(struct wasm *w, const struct piece *piece)
{
    uint64_t end = ((piece->address + piece->bytes.n - 1) >> BLOCK_BITS) + 1;
    for (uint64_t block = piece->address >> BLOCK_BITS; block < end; block++)
        w->place[block] = 1;
    w->end = end > w->end ? end : w->end;
}

// All blocks of a piece are marked, and neighbours in the program are neighbours in memory.
static void copy(struct wasm *w, const struct piece *piece)
{
    uint64_t block = w->place[piece->address >> BLOCK_BITS] - 1;
    uint64_t at = (block << BLOCK_BITS) + piece->address % (1u << BLOCK_BITS);
    memcpy((uint8_t *)w->object->memory + at, piece->bytes.p, piece->bytes.n);
}

// Gives the marked blocks their places; returns how many there are.
static uint64_t place_blocks(struct wasm *w)
{
    uint32_t count = 0;
    for (uint64_t block = 0; block < w->end; block++) {
        if (w->place[block])
            w->place[block] = ++count;
    }
    return count;
}

// Blocks that follow each other become one segment.
static int add_segments(struct wasm *w)
{
    const uint8_t *memory = w->object->memory;
    for (uint64_t first = 0, behind; first < w->end; first = behind) {
        behind = first + 1;
        if (!w->place[first])
            continue;
        while (behind < w->end && w->place[behind])
            behind++;
        const uint8_t *bytes = memory + ((uint64_t)(w->place[first] - 1) << BLOCK_BITS);
        int r = tw_object_add_segment(w->object,
            (struct tw_segment){.data = tw_span_of(bytes, (behind - first) << BLOCK_BITS),
                .address = first << BLOCK_BITS,
                .writable = true});
        if (r < 0)
            return r;
    }
    return 0;
}

static int build_memory(struct wasm *w)
{
    struct tw_object *object = w->object;
    bool whole = each_piece(w, mark);
    uint64_t size = place_blocks(w) << BLOCK_BITS;
    if (size > GROWTH_FREE + GROWTH * object->file.n)
        return tw_gobin_note(object->arena, object->bin, "over-limit",
            "the data segments spread over more memory than %d times the file", GROWTH);
    if (!(object->memory = calloc(size + 1, 1)))
        return TW_E_NOMEM;
    each_piece(w, copy);
    int r = whole ? 0 : tw_object_truncated(object, "a data segment is damaged or");
    return r < 0 ? r : add_segments(w);
}

// The system is in the names of the modules that functions are imported from.
static void read_imports(struct wasm *w, struct tw_span section)
{
    uint64_t at;
    if (tw_span_find(section, 0, tw_span_str("wasi_snapshot_preview1"), &at))
        w->object->os = "wasip1";
    else if (tw_span_find(section, 0, tw_span_str("\4gojs"), &at) ||
             tw_span_find(section, 0, tw_span_str("\2go"), &at))
        w->object->os = "js";
}

static int read_sections(struct wasm *w)
{
    uint64_t at = HEADER_BYTES;
    while (at < w->object->file.n) {
        uint8_t id = 0;
        struct tw_span section;
        tw_span_u8(w->object->file, at++, &id);
        if (!read_bytes(w->object->file, &at, &section))
            return tw_object_truncated(w->object, "a section lies");
        if (id == SECTION_IMPORT)
            read_imports(w, section);
        else if (id == SECTION_DATA)
            w->data = section;
    }
    return 0;
}

static bool matches(struct tw_span head)
{
    return tw_span_has(head, 0, HEADER_BYTES) && memcmp(head.p, "\0asm\1\0\0\0", HEADER_BYTES) == 0;
}

static int open_wasm(struct tw_object *object)
{
    struct wasm *w = calloc(1, sizeof *w);
    if (!w)
        return TW_E_NOMEM;
    w->object = object;
    object->arch = "wasm";
    object->pointer_bytes = 8; // Go's words, not those of the machine
    int r = read_sections(w);
    if (r == 0)
        r = build_memory(w);
    free(w);
    return r;
}

const struct tw_object_kind tw_object_wasm = {TW_FORMAT_WASM, matches, open_wasm};
