#include "scanner/gobin/pclntab.h"

enum { PREFIX_BYTES = 8, FUNCTIONS_MIN = 20 };

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

static bool read_header(struct tw_span table, struct tw_pclntab *ret_table)
{
    for (int big_endian = 0; big_endian <= 1; big_endian++) {
        uint32_t magic;
        if (!tw_span_u32(table, 0, big_endian, &magic))
            return false;
        for (size_t i = 0; i < TW_COUNT(forms); i++) {
            if (magic != forms[i].magic || !tw_span_has(table, 0, PREFIX_BYTES))
                continue;
            uint8_t quantum = table.p[6], width = table.p[7];
            if (table.p[4] || table.p[5] || (quantum != 1 && quantum != 2 && quantum != 4) ||
                (width != 4 && width != 8))
                return false;
            struct tw_pclntab t = {.table = table,
                .big_endian = big_endian,
                .pointer_bytes = width,
                .from = forms[i].from,
                .to = forms[i].to};
            if (!word(&t, 0, &t.function_count) || t.function_count < FUNCTIONS_MIN)
                return false;
            if (forms[i].names < 0 ? !read_old(&t) : !read_new(&t, &forms[i]))
                return false;
            *ret_table = t;
            return true;
        }
    }
    return false;
}

static bool has_runtime(void *ctx, struct tw_span name)
{
    bool *found = ctx;
    *found = tw_span_equals(name, "runtime.main") || tw_span_equals(name, "runtime.goexit");
    return !*found;
}

// Whether one of the magics may stand here, in either byte order.
static bool may_be_magic(const uint8_t *p)
{
    return (p[1] & p[2]) == 0xFF && (p[0] & p[3]) >= 0xF0 && (p[0] | p[3]) == 0xFF;
}

// The table is aligned to words at least. One pass for all magics: this is read for every
// program without section headers.
static bool search(
    struct tw_span bytes, const struct tw_limits *limits, struct tw_pclntab *ret_table)
{
    struct tw_span table;
    struct tw_pclntab t;
    for (uint64_t at = 0; tw_span_has(bytes, at, PREFIX_BYTES); at += 4) {
        bool found = false;
        if (may_be_magic(bytes.p + at) && tw_span_from(bytes, at, &table) && read_header(table, &t))
            tw_pclntab_names(&t, limits, has_runtime, &found);
        if (found) {
            *ret_table = t;
            return true;
        }
    }
    return false;
}

bool tw_pclntab_find(
    const struct tw_object *object, const struct tw_limits *limits, struct tw_pclntab *ret_table)
{
    static const char *const names[] = {".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        const struct tw_section *section = tw_object_section(object, names[i]);
        if (section && read_header(section->data, ret_table))
            return true;
    }
    // Position-independent builds of older Go, and PE, have it here, without a section of its own.
    static const char *const hosts[] = {".data.rel.ro", ".rdata"};
    for (size_t i = 0; i < TW_COUNT(hosts); i++) {
        const struct tw_section *section = tw_object_section(object, hosts[i]);
        if (section && search(section->data, limits, ret_table))
            return true;
    }
    for (size_t i = 0; object->section_count == 0 && i < object->segment_count; i++) {
        if (search(object->segments[i].data, limits, ret_table))
            return true;
    }
    return false;
}

static void each_string(
    struct tw_span strings, uint64_t max, bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    struct tw_span text;
    for (uint64_t at = 0, n = 0; n < max && tw_span_cstr(strings, at, &text); n++) {
        if (text.n > 0 && !each(ctx, text))
            return;
        at += text.n + 1;
    }
}

// Before 1.16: the pairs {pc, offset of the function}, there {entry, i32 offset of the name}.
static void each_old_function(const struct tw_pclntab *t, uint64_t max,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    for (uint64_t i = 0; i < t->function_count && i < max; i++) {
        uint64_t pair = t->functions_at + i * 2 * t->pointer_bytes, function, name_at;
        struct tw_span name;
        if (tw_span_uint(
                t->table, pair + t->pointer_bytes, t->pointer_bytes, t->big_endian, &function) &&
            function < t->table.n &&
            tw_span_uint(t->table, function + t->pointer_bytes, 4, t->big_endian, &name_at) &&
            tw_span_cstr(t->table, name_at, &name) && !each(ctx, name))
            return;
    }
}

void tw_pclntab_names(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    if (table->names.n > 0)
        each_string(table->names, limits->binary_functions, each, ctx);
    else
        each_old_function(table, limits->binary_functions, each, ctx);
}

void tw_pclntab_files(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    if (table->files.n > 0) {
        each_string(table->files, limits->binary_functions, each, ctx);
        return;
    }
    uint64_t count = 0, at;
    struct tw_span name;
    if (!tw_span_uint(table->table, table->file_table_at, 4, table->big_endian, &count))
        return;
    for (uint64_t i = 1; i < count && i < limits->binary_functions; i++) {
        if (!tw_span_uint(table->table, table->file_table_at + i * 4, 4, table->big_endian, &at))
            return;
        if (tw_span_cstr(table->table, at, &name) && !each(ctx, name))
            return;
    }
}
