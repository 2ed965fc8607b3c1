// What one Go executable says of itself. Input is the whole file in memory, hostile.
// Fields and words are those of the JSON contract ("A Go binary").
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/arena.h"
#include "scanner/base/limits.h"
#include "scanner/base/span.h"

enum tw_format {
    TW_FORMAT_UNKNOWN,
    TW_FORMAT_ELF,
    TW_FORMAT_PE,
    TW_FORMAT_MACHO,
    TW_FORMAT_WASM,
    TW_FORMAT_XCOFF,
    TW_FORMAT_PLAN9,
};

// "elf", "pe", ...; NULL for unknown.
const char *tw_format_name(enum tw_format format);

// Codes of notes that others act on.
#define TW_NOTE_PACKED "packed-upx"
#define TW_NOTE_BUILDINFO_REMOVED "buildinfo-removed"
#define TW_NOTE_OBFUSCATED "obfuscated"
#define TW_NOTE_FUNCTIONS "functions-left-out" // not all names of functions were kept

struct tw_note {
    const char *code;    // "buildinfo-removed", "packed-upx", "truncated" ...
    const char *message; // one sentence
};

struct tw_module {
    const char *path;
    const char *version;       // NULL: not given
    const char *sum;           // NULL: not given
    struct tw_module *replace; // NULL: not replaced
};

struct tw_setting {
    const char *key; // "-ldflags", "CGO_ENABLED" ...
    const char *value;
};

// All pointers are into the arena that was given to tw_gobin_read, or static. Text that comes
// from the file is valid UTF-8 (tw_text_keep); whoever prints it makes it safe for a terminal.
struct tw_gobin {
    enum tw_format format;
    const char *os;   // Go's GOOS word; NULL: not known
    const char *arch; // Go's GOARCH word; NULL: not known
    bool is_go;

    struct {
        const char *version;      // whole string as found: "go1.26.5-X:fieldtrack"; NULL
        const char *release;      // "1.26.5", "1.27rc1"; NULL when only a range is known
        const char **experiments; // "fieldtrack", "noswissmap", in the order of the string
        size_t experiment_count;
        const char *vendor; // what a vendor added: "Red Hat 1.26.5-1.el10_2"; NULL
        bool devel;
        const char *range_from; // source pclntab: "1.20"
        const char *range_to;   // source pclntab: last release, NULL: open
        const char *source;     // "buildinfo" "modinfo" "buildversion" "pclntab"; NULL
        const char *confidence; // "certain" or "inferred"; NULL
    } go;

    const char *main_path;           // package path of main; NULL
    struct tw_module *main_module;   // NULL
    const char *main_version;        // NULL
    const char *main_version_source; // "module" "ldflags" "symbol"; NULL

    struct tw_module *modules;
    size_t module_count;
    struct tw_setting *settings; // in file order
    size_t setting_count;

    const char *goroot;          // NULL: not known; "" is a value
    const char *goroot_source;   // "symbol" "ldflags" "pclntab" "trimmed"; NULL
    const char *source_dir;      // of the program's own files, on the machine that built it; NULL
    const char *go_line_at_most; // "1.21"; NULL
    const char *go_line_source;  // "default_godebug"; NULL

    bool functions_known;
    uint64_t function_count;
    struct tw_span function_names; // packed: gobin/functions.h; empty: not kept
    const char **calls;            // functions of gobin/packages.h that are linked in, sorted
    size_t call_count;
    const char **links; // packages of gobin/packages.h with functions linked in, sorted
    size_t link_count;

    struct tw_note *notes;
    size_t note_count;
};

// Whether bytes that start like this may be an executable (any format of enum tw_format).
// 16 bytes are enough; fewer are judged by what is there.
bool tw_gobin_may_be_executable(struct tw_span head);

// Reads an executable. Gives one record (a universal Mach-O file: one an architecture), also
// for files that are not Go or not executables at all (is_go false). Damage in parts is noted
// in `notes`, it is not an error. Errors: TW_E_NOMEM, also when the arena is full.
int tw_gobin_read(struct tw_span file, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_gobin **ret_records, size_t *ret_count, struct tw_err *err);

bool tw_gobin_has_note(const struct tw_gobin *bin, const char *code);

// The value of a build setting, or NULL.
const char *tw_gobin_setting(const struct tw_gobin *bin, const char *key);

// Whether `package` is among bin->links.
bool tw_gobin_links(const struct tw_gobin *bin, const char *package);

// Whether `function` is among bin->calls.
bool tw_gobin_calls(const struct tw_gobin *bin, const char *function);
