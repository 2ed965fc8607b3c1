// The build info blob of the gc linker, both forms. facts/binary-format.md section 1.
#pragma once

#include "scanner/gobin/object.h"

#define TW_BUILDINFO_MAGIC "\xff Go buildinf:"

struct tw_buildinfo {
    struct tw_span version; // "go1.27.4"
    struct tw_span modinfo; // still framed by its sentinels; may be empty
    bool too_long;          // there is a text of more than max_text_bytes: modinfo is empty
    bool in_place;          // where the linker puts it, not just somewhere in data
};

// Looks in the section that the format gives it, else in the writable segments (PE, XCOFF and
// Plan 9 have no section for it, ELF may have lost its section headers): anywhere in them when the
// program has a function table of its own (has_functions), else only at their start, because
// programs carry others as data. A blob counts only when its version reads like one.
bool tw_buildinfo_find(const struct tw_object *object, bool has_functions, uint64_t max_text_bytes,
    struct tw_buildinfo *ret_info);
