#include <stdlib.h>

#include "scanner/base/text.h"
#include "scanner/gobin/buildinfo.h"
#include "scanner/gobin/functions.h"
#include "scanner/gobin/goline.h"
#include "scanner/gobin/goroot.h"
#include "scanner/gobin/macho.h"
#include "scanner/gobin/mainversion.h"
#include "scanner/gobin/milestones.h"
#include "scanner/gobin/modinfo.h"
#include "scanner/gobin/object.h"
#include "scanner/gobin/packages.h"
#include "scanner/gobin/recover.h"
#include "scanner/gobin/sourcedir.h"
#include "scanner/gobin/version.h"

static const struct tw_object_kind *const kinds[] = {&tw_object_elf, &tw_object_pe,
    &tw_object_macho, &tw_object_wasm, &tw_object_xcoff, &tw_object_plan9};

// Formats that are told by their first bytes, whether they are read or not.
static const struct {
    enum tw_format format;
    const char *magic;
    size_t size;
} magics[] = {
    {TW_FORMAT_ELF, "\177ELF", 4}, {TW_FORMAT_PE, "MZ", 2},
    {TW_FORMAT_MACHO, "\xCF\xFA\xED\xFE", 4}, {TW_FORMAT_MACHO, "\xCE\xFA\xED\xFE", 4},
    {TW_FORMAT_MACHO, "\xFE\xED\xFA\xCF", 4}, {TW_FORMAT_MACHO, "\xFE\xED\xFA\xCE", 4},
    {TW_FORMAT_MACHO, "\xCA\xFE\xBA\xBE", 4}, // universal; Java classes begin so too
    {TW_FORMAT_MACHO, "\xCA\xFE\xBA\xBF", 4}, {TW_FORMAT_WASM, "\0asm", 4},
    {TW_FORMAT_XCOFF, "\x01\xF7", 2}, {TW_FORMAT_PLAN9, "\0\0\x01\xEB", 4}, // 386
    {TW_FORMAT_PLAN9, "\0\0\x8A\x97", 4},                                   // amd64
    {TW_FORMAT_PLAN9, "\0\0\x06\x47", 4},                                   // arm
};

static const char *const format_names[] = {
    [TW_FORMAT_ELF] = "elf",
    [TW_FORMAT_PE] = "pe",
    [TW_FORMAT_MACHO] = "macho",
    [TW_FORMAT_WASM] = "wasm",
    [TW_FORMAT_XCOFF] = "xcoff",
    [TW_FORMAT_PLAN9] = "plan9",
};

const char *tw_format_name(enum tw_format format)
{
    return (size_t)format < TW_COUNT(format_names) ? format_names[format] : NULL;
}

static enum tw_format format_of(struct tw_span head)
{
    for (size_t i = 0; i < TW_COUNT(magics); i++) {
        if (head.n >= magics[i].size && memcmp(head.p, magics[i].magic, magics[i].size) == 0)
            return magics[i].format;
    }
    return TW_FORMAT_UNKNOWN;
}

bool tw_gobin_may_be_executable(struct tw_span head)
{
    return format_of(head) != TW_FORMAT_UNKNOWN;
}

const char *tw_gobin_setting(const struct tw_gobin *bin, const char *key)
{
    for (size_t i = 0; i < bin->setting_count; i++) {
        if (strcmp(bin->settings[i].key, key) == 0)
            return bin->settings[i].value;
    }
    return NULL;
}

bool tw_gobin_has_note(const struct tw_gobin *bin, const char *code)
{
    for (size_t i = 0; i < bin->note_count; i++) {
        if (strcmp(bin->notes[i].code, code) == 0)
            return true;
    }
    return false;
}

static bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

bool tw_gobin_links(const struct tw_gobin *bin, const char *package)
{
    return has_text(bin->links, bin->link_count, package);
}

bool tw_gobin_calls(const struct tw_gobin *bin, const char *function)
{
    return has_text(bin->calls, bin->call_count, function);
}

// `table` NULL: there is none.
static int read_blob(const struct tw_object *object, const struct tw_buildinfo *info,
    const struct tw_pclntab *table, struct tw_err *err)
{
    const struct tw_limits *limits = object->limits;
    struct tw_arena *arena = object->arena;
    struct tw_gobin *bin = object->bin;
    struct tw_span text;
    bin->is_go = true;
    bin->go.source = "buildinfo";
    bin->go.confidence = "certain";
    if (!tw_goversion_string(info->version, arena, bin)) {
        const char *version = tw_text_escape(arena, info->version);
        int r = !version ? TW_E_NOMEM
                         : tw_gobin_note(arena, bin, "version-unknown",
                               "the build info gives \"%.80s\" as Go version (obfuscators write "
                               "\"unknown\")",
                               version);
        if (r < 0)
            return r;
        bin->go.source = table ? "pclntab" : "buildinfo";
        bin->go.confidence = "inferred";
        if (table)
            tw_milestones_narrow(object, table);
    }
    if (info->too_long)
        return tw_modinfo_too_long(arena, bin);
    return tw_modinfo_unframe(info->modinfo, &text)
               ? tw_modinfo_parse(text, limits, arena, bin, err)
               : 0;
}

// UPX writes its marks into the file; ELF loses its section headers, PE gets sections of its own.
static bool is_packed(const struct tw_object *object)
{
    uint64_t at;
    if (object->section_count > 0)
        return tw_object_section(object, "UPX0") && tw_object_section(object, "UPX1");
    return tw_span_find(object->file, 0, tw_span_str("UPX!"), &at) &&
           tw_span_find(object->file, 0, tw_span_str("executable packer"), &at);
}

static int look_for_upx(const struct tw_object *object)
{
    if (object->bin->is_go || !is_packed(object))
        return 0;
    return tw_gobin_note(object->arena, object->bin, TW_NOTE_PACKED,
        "packed by UPX: what is inside cannot be seen; unpack it with upx -d and look again");
}

static int read_functions(const struct tw_object *object, const struct tw_pclntab *table)
{
    struct tw_gobin *bin = object->bin;
    bool complete = true;
    int r = tw_packages_linked(table, object->limits, object->arena, bin);
    if (r == 0 && table->obfuscated)
        r = tw_gobin_note(object->arena, bin, TW_NOTE_OBFUSCATED,
            "the function table's mark is none of Go's: an obfuscator such as garble made it, and "
            "names of packages and functions may be made up");
    if (r == 0)
        r = tw_functions_pack(
            table, object->limits, object->arena, &bin->function_names, &complete);
    if (r == 0 && !complete)
        r = tw_gobin_note(object->arena, bin, TW_NOTE_FUNCTIONS,
            "it has more or longer names of functions than binary_functions and binary_names_bytes "
            "allow");
    return r;
}

static void settle_platform(struct tw_gobin *bin)
{
    const char *os = tw_gobin_setting(bin, "GOOS"), *arch = tw_gobin_setting(bin, "GOARCH");
    if (os)
        bin->os = os;
    if (arch)
        bin->arch = arch;
}

static int read_object(const struct tw_object *object, struct tw_err *err)
{
    struct tw_gobin *bin = object->bin;
    struct tw_arena *arena = object->arena;
    struct tw_buildinfo info;
    struct tw_pclntab table;
    int r = 0;
    bool has_table = tw_pclntab_find(object, &table);
    if (tw_buildinfo_find(object, has_table, object->limits->binary_text_bytes, &info) &&
        (info.in_place || tw_recover_agrees(object, info.version)))
        r = read_blob(object, &info, has_table ? &table : NULL, err);
    else if (has_table)
        r = tw_recover(object, &table, bin, err);
    if (r < 0 || !bin->is_go)
        return r < 0 ? r : look_for_upx(object);
    settle_platform(bin);
    if (has_table)
        r = read_functions(object, &table);
    if (r == 0)
        r = tw_goroot_read(object, has_table ? &table : NULL);
    if (r == 0 && has_table)
        r = tw_sourcedir_read(object, &table);
    if (r == 0)
        r = tw_mainversion_read(object);
    return r < 0 ? r : tw_goline_read(arena, bin);
}

static int read_one(struct tw_span file, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_gobin *bin)
{
    bin->format = format_of(file);
    for (size_t i = 0; i < TW_COUNT(kinds); i++) {
        if (!kinds[i]->matches(file))
            continue;
        struct tw_object object = {
            .limits = limits, .arena = arena, .bin = bin, .format = kinds[i]->format, .file = file};
        struct tw_err why = {0};
        int r = kinds[i]->open(&object);
        bin->os = object.os;
        bin->arch = object.arch;
        if (r == 0)
            r = read_object(&object, &why);
        free(object.memory);
        return r == TW_E_LIMIT ? tw_gobin_note(arena, bin, "over-limit", "%s", why.msg) : r;
    }
    bin->format = TW_FORMAT_UNKNOWN; // its mark is the mark of other things too
    return 0;
}

int tw_gobin_read(struct tw_span file, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_gobin **ret_records, size_t *ret_count, struct tw_err *err)
{
    struct tw_span parts[TW_MACHO_PARTS_MAX];
    uint64_t failures = tw_mem_failures;
    size_t count = tw_macho_parts(file, parts);
    if (count == 0)
        parts[count++] = file;
    struct tw_gobin *records = tw_arena_alloc(arena, count * sizeof *records);
    int r = records ? 0 : TW_E_NOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_one(parts[i], limits, arena, &records[i]);
    if (r == 0 && (tw_mem_failures != failures || tw_arena_is_full(arena)))
        r = TW_E_NOMEM; // a reader went on without something
    if (r < 0)
        return tw_err_set(err, r, "no memory for a binary's record");
    *ret_records = records;
    *ret_count = count;
    return 0;
}
