// Files of a layer: executables, VERSION files, and texts that speak of Go.
#include <inttypes.h>
#include <string.h>

#include "scanner/base/text.h"
#include "scanner/inventory/gobin_copy.h"
#include "scanner/inventory/layer_reader.h"

enum {
    VERSION_FILE_BYTES = 4096,  // a VERSION file is one or two short lines
    FIRST_BODY_BYTES = 1 << 20, // the buffer of executables starts here
};

// Puts bytes behind those of the body. TW_E_LIMIT when it would grow past `limit`.
static int append_body(
    struct tw_reader *r, const void *bytes, size_t size, uint64_t limit, struct tw_err *why)
{
    if (size > limit - r->body_size)
        return tw_err_set(why, TW_E_LIMIT,
            "an executable of more than %" PRIu64 " bytes is not read (limit binary_bytes)", limit);
    if (size > r->body_capacity - r->body_size) {
        size_t capacity = r->body_capacity ? r->body_capacity : FIRST_BODY_BYTES;
        while (capacity - r->body_size < size)
            capacity *= 2;
        uint8_t *grown = realloc(r->body, capacity);
        if (!grown)
            return tw_err_set(why, TW_E_NOMEM, "out of memory");
        r->body = grown;
        r->body_capacity = capacity;
    }
    memcpy(r->body + r->body_size, bytes, size);
    r->body_size += size;
    return 0;
}

// Reads the current entry on until the body holds at least `enough` bytes, or the entry ends.
static int read_body(struct tw_reader *r, uint64_t enough, uint64_t limit, struct tw_err *why)
{
    while (r->body_size < enough) {
        const void *bytes;
        size_t size;
        int code = tw_reader_data(r, &bytes, &size, why);
        if (code < 0 || size == 0)
            return code;
        code = append_body(r, bytes, size, limit, why);
        if (code < 0)
            return code;
    }
    return 0;
}

// Whether a record is worth keeping: Go, or something that may hide Go.
static bool matters(const struct tw_gobin *bin)
{
    return bin->is_go || tw_gobin_has_note(bin, TW_NOTE_PACKED);
}

// Names of functions are what a record can do without.
static int admit_names(struct tw_reader *r, const char *path, struct tw_gobin *record)
{
    if (record->function_names.n <= r->limits->layer_names_bytes - r->names_bytes) {
        r->names_bytes += record->function_names.n;
        return 0;
    }
    record->function_names.n = 0;
    return tw_reader_note(r, path, TW_NOTE_FUNCTIONS, false,
        "the names of its functions are not kept: the layer has more than layer_names_bytes "
        "allows");
}

static int push_file(
    struct tw_reader *r, const char *path, const struct tw_gobin *records, size_t count)
{
    struct tw_layer_inventory *inv = r->inv;
    struct tw_file *file = tw_arena_push(inv->arena, &inv->files, &inv->file_count);
    if (!file || !(file->path = tw_arena_strdup(inv->arena, path)) ||
        !(file->records = tw_arena_alloc(inv->arena, count * sizeof *records)))
        return tw_reader_arena_full(r);
    file->size_bytes = r->body_size;
    file->record_count = count;
    for (size_t i = 0; i < count; i++) {
        struct tw_gobin record = records[i];
        int code = admit_names(r, path, &record);
        if (code < 0)
            return code;
        if (tw_gobin_copy(&record, inv->arena, &file->records[i]) < 0)
            return tw_reader_arena_full(r);
    }
    if (tw_digest_of(r->body, r->body_size, &file->sha256) < 0)
        return tw_err_set(r->err, TW_E_NOMEM, "no memory for a hash");
    return tw_reader_remember(r, &r->files);
}

// A limit may be why no Go was seen.
static int note_limits(
    struct tw_reader *r, const char *path, const struct tw_gobin *records, size_t count)
{
    int code = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < records[i].note_count && code == 0; k++) {
            const struct tw_note *note = &records[i].notes[k];
            if (strcmp(note->code, "over-limit") == 0)
                code = tw_reader_note(r, path, note->code, true, "%s", note->message);
        }
    }
    return code;
}

// Reads the executable in the body and keeps it when it matters, or always.
static int read_executable(struct tw_reader *r, const char *path, bool always)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(r->limits->inventory_bytes);
    if (!arena)
        return tw_reader_no_memory(r);
    r->inv->executables++;
    struct tw_gobin *records = NULL;
    size_t count = 0;
    struct tw_err why = {0};
    int code =
        tw_gobin_read(tw_span_of(r->body, r->body_size), r->limits, arena, &records, &count, &why);
    if (code == TW_E_NOMEM && tw_arena_is_full(arena))
        code = tw_err_set(&why, TW_E_LIMIT,
            "its record needs more than %" PRIu64 " bytes (limit inventory_bytes)",
            r->limits->inventory_bytes);
    if (code < 0)
        return tw_reader_damage(r, path, &why);
    bool keep = always;
    for (size_t i = 0; i < count; i++)
        keep |= matters(&records[i]);
    if (!keep || count == 0)
        return note_limits(r, path, records, count);
    if (r->inv->file_count >= r->limits->layer_binaries) {
        bool noted = r->files_noted;
        r->files_noted = true;
        return noted ? 0
                     : tw_reader_note(r, NULL, "over-limit", true,
                           "more than %" PRIu64
                           " Go binaries: later ones are left out (limit layer_binaries)",
                           r->limits->layer_binaries);
    }
    return push_file(r, path, records, count);
}

// <root>/VERSION in the body. Whether <root> is a toolchain is decided when layers are merged.
static int read_version(struct tw_reader *r, const char *path)
{
    struct tw_layer_inventory *inv = r->inv;
    struct tw_span body = tw_span_of(r->body, r->body_size);
    if (!tw_span_starts_with(body, "go1") && !tw_span_starts_with(body, "devel"))
        return 0;
    const uint8_t *end = memchr(body.p, '\n', body.n);
    struct tw_span line = tw_span_of(body.p, end ? (uint64_t)(end - body.p) : body.n);
    while (line.n > 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' '))
        line.n--;
    struct tw_version_file *file =
        tw_arena_push(inv->arena, &inv->version_files, &inv->version_file_count);
    size_t base = (size_t)(tw_path_base(path) - path);
    if (!file || !(file->version = tw_text_escape(inv->arena, line)) ||
        !(file->root = tw_arena_strndup(inv->arena, path, base > 0 ? base - 1 : 0)))
        return tw_reader_arena_full(r);
    return tw_reader_remember(r, &r->version_files);
}

// ---- texts ----

enum { ZONE_FILES_KEPT = 16 }; // of a layer: enough to know that they are there

static int push_text(struct tw_reader *r, const char *path, const struct tw_text_file *text)
{
    struct tw_layer_inventory *inv = r->inv;
    if (inv->text_count >= r->limits->layer_texts) {
        bool noted = r->texts_noted;
        r->texts_noted = true;
        return noted ? 0
                     : tw_reader_note(r, NULL, "over-limit", true,
                           "more than %" PRIu64
                           " scripts and other texts: later ones are left out (limit layer_texts)",
                           r->limits->layer_texts);
    }
    struct tw_text_file *slot = tw_arena_push(inv->arena, &inv->texts, &inv->text_count);
    if (!slot || !(slot->path = tw_arena_strdup(inv->arena, path)))
        return tw_reader_arena_full(r);
    slot->kind = text->kind;
    slot->traces = text->traces;
    slot->trace_count = text->trace_count;
    return tw_reader_remember(r, &r->texts);
}

// Reads as much of the text as is looked into, and keeps what it says.
static int read_text(
    struct tw_reader *r, const char *path, const struct tw_tar_entry *entry, enum tw_text_kind kind)
{
    struct tw_text_file text = {.kind = kind};
    uint64_t limit = tw_text_kind_bytes(kind, r->limits);
    bool full = false;
    r->inv->texts_read++;
    if (limit > 0) {
        struct tw_err why = {0};
        int code = read_body(r, limit, UINT64_MAX, &why);
        if (code < 0)
            return tw_reader_damage(r, path, &why);
        uint64_t size = r->body_size < limit ? r->body_size : limit;
        code = tw_text_traces(kind, tw_span_of(r->body, size), r->limits, r->inv->arena,
            &text.traces, &text.trace_count, &full);
        if (code < 0)
            return tw_reader_arena_full(r);
        if (text.trace_count == 0)
            return 0;
    }
    if (kind == TW_TEXT_ZONES && r->zone_files++ >= ZONE_FILES_KEPT)
        return 0;
    int code = push_text(r, path, &text);
    if (code == 0 && (full || (limit > 0 && entry->size_bytes > limit)))
        code = tw_reader_note(r, path, "text-in-part", false,
            "only the beginning of this text was looked into (limits script_bytes, text_traces)");
    return code;
}

int tw_reader_file(struct tw_reader *r, const char *path, const struct tw_tar_entry *entry)
{
    if (entry->size_bytes == 0)
        return 0;
    struct tw_err why = {0};
    const void *bytes;
    size_t size;
    int code = tw_reader_data(r, &bytes, &size, &why);
    if (code < 0)
        return tw_reader_damage(r, path, &why);
    // Nearly always the first run is long enough to judge by, and nothing is copied.
    uint64_t limit = r->limits->binary_bytes;
    bool version =
        entry->size_bytes <= VERSION_FILE_BYTES && strcmp(tw_path_base(path), "VERSION") == 0;
    uint64_t enough = version ? VERSION_FILE_BYTES + 1 : TW_TEXT_HEAD_BYTES;
    bool copied = version || (size < enough && size < entry->size_bytes);
    r->body_size = 0;
    if (copied) {
        code = append_body(r, bytes, size, limit, &why);
        if (code == 0)
            code = read_body(r, enough, limit, &why);
        if (code < 0)
            return tw_reader_damage(r, path, &why);
    }
    if (version && (code = read_version(r, path)) < 0)
        return code;
    struct tw_span head = copied ? tw_span_of(r->body, r->body_size) : tw_span_of(bytes, size);
    enum tw_text_kind kind;
    bool executable = tw_gobin_may_be_executable(head);
    if (!executable && !tw_text_kind_of(path, head, &kind))
        return 0;
    if (!copied)
        code = append_body(r, bytes, size, limit, &why);
    if (!executable)
        return code < 0 ? tw_reader_damage(r, path, &why) : read_text(r, path, entry, kind);
    if (code == 0)
        code = entry->size_bytes > limit ? append_body(r, NULL, SIZE_MAX, limit, &why)
                                         : read_body(r, UINT64_MAX, limit, &why);
    return code < 0 ? tw_reader_damage(r, path, &why) : read_executable(r, path, false);
}

int tw_reader_single(struct tw_reader *r, const struct tw_stream *source)
{
    struct tw_err why = {0};
    uint8_t *run = tw_arena_alloc(r->scratch, TW_READER_SCRATCH_BYTES);
    if (!run)
        return tw_reader_no_memory(r);
    bool over = false;
    for (;;) {
        int64_t n = source->read(source->ctx, run, TW_READER_SCRATCH_BYTES, r->err);
        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        r->inv->in_bytes += (uint64_t)n;
        int code = over ? 0 : append_body(r, run, (size_t)n, r->limits->binary_bytes, &why);
        if (code == TW_E_NOMEM)
            return tw_reader_no_memory(r);
        over |= code < 0;
    }
    r->inv->out_bytes = r->inv->in_bytes;
    return over ? tw_reader_damage(r, "", &why) : read_executable(r, "", true);
}
