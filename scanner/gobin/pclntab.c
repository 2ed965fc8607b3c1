#include "scanner/gobin/pclntab.h"

#include <endian.h>

enum {
    PREFIX_BYTES = 8,
    FUNCTIONS_MIN = 20,
    NAME_BYTES_MAX = 65536,
    CANDIDATES_MAX = 16, // headers that hold together, in one file
};

// Which word after the 8-byte prefix says what; -1: this form does not have it.
static const struct form {
    uint32_t magic;
    const char *from, *to;
    int names, files, next_of_names, next_of_files, functions;
} forms[] = {
    {0xFFFFFFFB, "1.2", "1.15", -1, -1, -1, -1, -1},
    {0xFFFFFFFA, "1.16", "1.17", 2, 4, 3, 5, 6},
    {0xFFFFFFF0, "1.18", "1.19", 3, 5, 4, 6, 7},
    {0xFFFFFFF1, "1.20", NULL, 3, 5, 4, 6, 7},
};

static bool word(const struct tw_pclntab *t, int index, uint64_t *ret_v)
{
    return tw_span_uint(t->table, PREFIX_BYTES + (uint64_t)index * t->pointer_bytes,
        t->pointer_bytes, t->big_endian, ret_v);
}

// [words[first], words[next]) of the table.
static bool part(const struct tw_pclntab *t, int first, int next, struct tw_span *ret_part)
{
    uint64_t from, to;
    return word(t, first, &from) && word(t, next, &to) && from <= to &&
           tw_span_sub(t->table, from, to - from, ret_part);
}

static bool read_old(struct tw_pclntab *t)
{
    uint64_t pair = 2 * t->pointer_bytes, size, files;
    t->functions_at = PREFIX_BYTES + t->pointer_bytes;
    if (__builtin_mul_overflow(t->function_count, pair, &size) ||
        !tw_span_has(t->table, t->functions_at, size))
        return false;
    uint64_t end = t->functions_at + size + t->pointer_bytes; // behind the end pc
    if (!tw_span_uint(t->table, end, 4, t->big_endian, &files))
        return false;
    t->file_table_at = files;
    t->names = t->files = tw_span_of("", 0);
    return true;
}

static bool read_new(struct tw_pclntab *t, const struct form *form)
{
    uint64_t functions;
    return part(t, form->names, form->next_of_names, &t->names) &&
           part(t, form->files, form->next_of_files, &t->files) &&
           word(t, form->functions, &functions) && functions < t->table.n &&
           t->function_count <= (t->table.n - functions) / 8 && t->names.n > t->function_count;
}

static bool read_as(
    const struct form *form, struct tw_span table, bool big_endian, struct tw_pclntab *ret_table)
{
    struct tw_pclntab t = {
        .table = table, .big_endian = big_endian, .from = form->from, .to = form->to};
    if (!tw_span_has(table, 0, PREFIX_BYTES))
        return false;
    uint8_t quantum = table.p[6], width = table.p[7];
    t.pointer_bytes = width;
    if (table.p[4] || table.p[5] || (quantum != 1 && quantum != 2 && quantum != 4) ||
        (width != 4 && width != 8) || !word(&t, 0, &t.function_count) ||
        t.function_count < FUNCTIONS_MIN || !(form->names < 0 ? read_old(&t) : read_new(&t, form)))
        return false;
    *ret_table = t;
    return true;
}

static bool read_header(struct tw_span table, struct tw_pclntab *ret_table)
{
    uint32_t magic;
    for (int big_endian = 0; big_endian <= 1; big_endian++) {
        for (size_t i = 0; tw_span_u32(table, 0, big_endian, &magic) && i < TW_COUNT(forms); i++) {
            if (magic == forms[i].magic)
                return read_as(&forms[i], table, big_endian, ret_table);
        }
    }
    return false;
}

// garble writes a magic of its own; the newest form is the only one that it has ever written.
static bool read_obfuscated(
    struct tw_span table, const struct tw_object *object, struct tw_pclntab *ret_table)
{
    const struct form *newest = &forms[TW_COUNT(forms) - 1];
    if (!read_as(newest, table, object->big_endian, ret_table))
        return false;
    ret_table->obfuscated = true;
    return true;
}

static bool has_runtime(void *ctx, struct tw_span name)
{
    bool *found = ctx;
    *found = tw_span_equals(name, "runtime.main") || tw_span_equals(name, "runtime.goexit");
    return !*found;
}

// The first place at or behind `at` where one of the magics may stand, in either byte order, with
// the two zeros behind it. Whole programs are searched, so this is a plain loop over words.
static bool next_magic(struct tw_span bytes, uint64_t *at)
{
    for (uint64_t i = *at; i + PREFIX_BYTES <= bytes.n; i += 4) {
        uint32_t v;
        memcpy(&v, bytes.p + i, sizeof v);
        v = le32toh(v);
        if ((v >= 0xFFFFFF00 || (v & 0x00FFFFFF) == 0x00FFFFFF) && bytes.p[i + 4] == 0 &&
            bytes.p[i + 5] == 0) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool is_native(const struct tw_object *object, const struct tw_pclntab *t)
{
    bool found = false;
    uint64_t address;
    if (t->pointer_bytes != object->pointer_bytes || t->big_endian != object->big_endian)
        return false;
    if (!tw_object_address_of(object, t->table, &address) || !tw_object_refers_to(object, address))
        return false;
    tw_pclntab_names(t, object->limits, has_runtime, &found);
    return found;
}

// The table is aligned to words at least. One pass for all magics.
static bool search(const struct tw_object *object, struct tw_span bytes, unsigned *candidates,
    struct tw_pclntab *ret_table)
{
    struct tw_span table;
    for (uint64_t at = 0; next_magic(bytes, &at); at += 4) {
        if (!tw_span_from(bytes, at, &table) || !read_header(table, ret_table))
            continue;
        if (is_native(object, ret_table))
            return true;
        if (++*candidates >= CANDIDATES_MAX)
            return false;
    }
    return false;
}

// Sections that hold nothing else, by the names that Go gives them.
static const char *const homes[] = {".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"};

// Sections that hold it among other things: position-independent builds of older Go, and formats
// in which it has no section of its own.
static const struct {
    enum tw_format format;
    const char *section;
} hosts[] = {
    {TW_FORMAT_ELF, ".data.rel.ro"},
    {TW_FORMAT_PE, ".rdata"},
    {TW_FORMAT_PE, ".text"}, // Go 1.8 and earlier
    {TW_FORMAT_XCOFF, ".text"},
    {TW_FORMAT_PLAN9, "text"},
};

bool tw_pclntab_find(const struct tw_object *object, struct tw_pclntab *ret_table)
{
    unsigned candidates = 0;
    for (size_t i = 0; i < TW_COUNT(homes); i++) {
        const struct tw_section *section = tw_object_section(object, homes[i]);
        if (section && (read_header(section->data, ret_table) ||
                           read_obfuscated(section->data, object, ret_table)))
            return true;
    }
    for (size_t i = 0; i < TW_COUNT(hosts); i++) {
        const struct tw_section *section =
            hosts[i].format == object->format ? tw_object_section(object, hosts[i].section) : NULL;
        if (section && search(object, section->data, &candidates, ret_table))
            return true;
    }
    bool blind = object->section_count == 0;
    for (size_t i = 0; blind && i < object->segment_count && candidates < CANDIDATES_MAX; i++) {
        if (search(object, object->segments[i].data, &candidates, ret_table))
            return true;
    }
    return false;
}

static bool each_string(
    struct tw_span strings, uint64_t max, bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    struct tw_span text;
    uint64_t n = 0;
    for (uint64_t at = 0; tw_span_cstr(strings, at, &text); at += text.n + 1) {
        if (text.n == 0)
            continue; // padding
        if (n++ == max)
            return false;
        if (!each(ctx, text))
            return true;
    }
    return true;
}

// A name of the old forms. They may overlap, so that their bytes have a limit of their own; one
// without an end costs as much as the longest.
static bool old_name(
    const struct tw_pclntab *t, uint64_t at, uint64_t *bytes, struct tw_span *ret_name)
{
    bool found = tw_span_cstr_within(t->table, at, NAME_BYTES_MAX, ret_name);
    *bytes += found ? ret_name->n : NAME_BYTES_MAX;
    return found;
}

// Before 1.16: the pairs {pc, offset of the function}, there {entry, i32 offset of the name}.
static bool each_old_function(const struct tw_pclntab *t, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < t->function_count; i++) {
        uint64_t pair = t->functions_at + i * 2 * t->pointer_bytes, function, name_at;
        struct tw_span name;
        if (i >= limits->binary_functions || bytes > limits->binary_names_bytes)
            return false;
        if (tw_span_uint(
                t->table, pair + t->pointer_bytes, t->pointer_bytes, t->big_endian, &function) &&
            function < t->table.n &&
            tw_span_uint(t->table, function + t->pointer_bytes, 4, t->big_endian, &name_at) &&
            old_name(t, name_at, &bytes, &name) && !each(ctx, name))
            return true;
    }
    return true;
}

bool tw_pclntab_names(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    return table->names.n > 0 ? each_string(table->names, limits->binary_functions, each, ctx)
                              : each_old_function(table, limits, each, ctx);
}

static void each_old_file(const struct tw_pclntab *t, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    uint64_t count = 0, at, bytes = 0;
    struct tw_span name;
    if (!tw_span_uint(t->table, t->file_table_at, 4, t->big_endian, &count))
        return;
    for (uint64_t i = 1;
         i < count && i < limits->binary_functions && bytes <= limits->binary_names_bytes; i++) {
        if (!tw_span_uint(t->table, t->file_table_at + i * 4, 4, t->big_endian, &at) ||
            (old_name(t, at, &bytes, &name) && !each(ctx, name)))
            return;
    }
}

void tw_pclntab_files(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    if (table->files.n > 0)
        each_string(table->files, limits->binary_functions, each, ctx);
    else
        each_old_file(table, limits, each, ctx);
}
