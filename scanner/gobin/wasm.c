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
    OP_I64_CONST = 0x42,
    OP_END = 0x0B,
    DATA_ACTIVE = 0,
    DATA_PASSIVE = 1,
    DATA_WITH_MEMORY = 2,
    PIECE_BYTES_MIN = 5,
    GAP_MAX = 65536, // wider gaps part segments
    ALIGNMENT = 64,
    GROWTH = 4, // memory for each byte of the file, past the first GROWTH_FREE
    GROWTH_FREE = 32 << 20,
};

struct piece {
    uint64_t address;
    struct tw_span bytes;
};

struct wasm {
    struct tw_object *object;
    struct piece *pieces;
    size_t count;
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

// An initializer of one constant: opcode, signed LEB128, end. Addresses are taken as unsigned.
static bool read_offset(struct tw_span s, uint64_t *at, uint64_t *ret_offset)
{
    uint8_t op, end;
    uint64_t raw;
    unsigned taken;
    if (!tw_span_u8(s, *at, &op) || (op != OP_I32_CONST && op != OP_I64_CONST) ||
        !tw_span_uvarint(s, *at + 1, &raw, &taken) || taken > (op == OP_I32_CONST ? 5 : 10))
        return false;
    *at += 1 + taken;
    *ret_offset = op == OP_I32_CONST ? (uint32_t)raw : raw;
    // Sign extension: the last group's bit 6.
    if (op == OP_I32_CONST && taken < 5 && raw >> (7 * taken - 1) & 1)
        *ret_offset = (uint32_t)(raw | ~UINT64_C(0) << 7 * taken);
    return tw_span_u8(s, (*at)++, &end) && end == OP_END;
}

static bool read_piece(struct tw_span section, uint64_t *at, struct piece *ret_piece)
{
    uint64_t flags, memory;
    *ret_piece = (struct piece){0};
    if (!read_count(section, at, &flags) || flags > DATA_WITH_MEMORY ||
        (flags == DATA_WITH_MEMORY && !read_count(section, at, &memory)) ||
        (flags != DATA_PASSIVE && !read_offset(section, at, &ret_piece->address)) ||
        !read_bytes(section, at, &ret_piece->bytes))
        return false;
    if (flags == DATA_PASSIVE) // it has no address until the program copies it
        ret_piece->bytes.n = 0;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

static int read_pieces(struct wasm *w, struct tw_span section)
{
    uint64_t count, at = 0;
    if (w->pieces || !read_count(section, &at, &count) || count > section.n / PIECE_BYTES_MIN + 1)
        return 0;
    if (!(w->pieces = calloc(count + 1, sizeof *w->pieces)))
        return TW_E_NOMEM;
    while (w->count < count && read_piece(section, &at, &w->pieces[w->count]))
        w->count++;
    qsort(w->pieces, w->count, sizeof *w->pieces, by_address);
    return w->count == count ? 0 : tw_object_truncated(w->object, "a data segment is damaged or");
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
    int r = 0;
    while (r == 0 && at < w->object->file.n) {
        uint8_t id = 0;
        struct tw_span section;
        tw_span_u8(w->object->file, at++, &id);
        if (!read_bytes(w->object->file, &at, &section))
            return tw_object_truncated(w->object, "a section lies");
        if (id == SECTION_IMPORT)
            read_imports(w, section);
        else if (id == SECTION_DATA)
            r = read_pieces(w, section);
    }
    return r;
}

static uint64_t end_of(const struct piece *piece)
{
    return piece->address + piece->bytes.n; // both below 2^63: checked by usable
}

// Segments begin aligned, as what is searched for in them is.
static uint64_t base_of(const struct piece *piece)
{
    return piece->address - piece->address % ALIGNMENT;
}

static bool usable(const struct piece *piece)
{
    return piece->bytes.n > 0 && piece->address < UINT64_C(1) << 62;
}

// One run of pieces becomes one segment, in `out`.
static int put_run(struct wasm *w, size_t first, size_t behind, uint64_t size, uint8_t *out)
{
    uint64_t base = base_of(&w->pieces[first]);
    for (size_t i = first; i < behind; i++) {
        if (usable(&w->pieces[i]))
            memcpy(out + (w->pieces[i].address - base), w->pieces[i].bytes.p, w->pieces[i].bytes.n);
    }
    return tw_object_add_segment(w->object,
        (struct tw_segment){.data = tw_span_of(out, size), .address = base, .writable = true});
}

// Where the run that begins at `first` ends, and how many bytes of memory it spans.
static size_t run_of(const struct wasm *w, size_t first, uint64_t *ret_size)
{
    uint64_t end = end_of(&w->pieces[first]);
    size_t i = first + 1;
    for (; i < w->count; i++) {
        const struct piece *piece = &w->pieces[i];
        if (!usable(piece))
            continue;
        if (piece->address > end && piece->address - end > GAP_MAX)
            break;
        end = end_of(piece) > end ? end_of(piece) : end;
    }
    *ret_size = end - base_of(&w->pieces[first]);
    return i;
}

static int build_memory(struct wasm *w)
{
    uint64_t total = 0, size, bound = GROWTH_FREE + GROWTH * w->object->file.n;
    for (size_t i = 0, next; i < w->count; i = next) {
        next = i + 1;
        if (!usable(&w->pieces[i]))
            continue;
        next = run_of(w, i, &size);
        total += size;
        if (total > bound)
            return tw_gobin_note(w->object->arena, w->object->bin, "over-limit",
                "the data segments spread over more memory than %d times the file", GROWTH);
    }
    uint8_t *memory = calloc(total + 1, 1);
    if (!memory)
        return TW_E_NOMEM;
    w->object->memory = memory;
    int r = 0;
    for (size_t i = 0, next; r == 0 && i < w->count; i = next) {
        next = i + 1;
        if (!usable(&w->pieces[i]))
            continue;
        next = run_of(w, i, &size);
        r = put_run(w, i, next, size, memory);
        memory += size;
    }
    return r;
}

static bool matches(struct tw_span head)
{
    return tw_span_has(head, 0, HEADER_BYTES) && memcmp(head.p, "\0asm\1\0\0\0", HEADER_BYTES) == 0;
}

static int open_wasm(struct tw_object *object)
{
    struct wasm w = {.object = object};
    object->arch = "wasm";
    object->pointer_bytes = 8; // Go's words, not those of the machine
    int r = read_sections(&w);
    if (r == 0)
        r = build_memory(&w);
    free(w.pieces);
    return r;
}

const struct tw_object_kind tw_object_wasm = {TW_FORMAT_WASM, matches, open_wasm};
