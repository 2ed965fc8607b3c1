// The build info blob of the gc linker, both forms. facts/binary-format.md section 1.
#pragma once

#include "scanner/gobin/object.h"

#define TW_BUILDINFO_MAGIC "\xff Go buildinf:"

struct tw_buildinfo {
    struct tw_span version; // "go1.27.4"
    struct tw_span modinfo; // still framed by its sentinels; may be empty
};

// Looks in the section that the format gives it, else through the writable segments (ELF
// without section headers; Go before 1.27 did so too). False when there is none. A blob counts
// only when its version reads like one: programs carry the magic as data.
bool tw_buildinfo_find(
    const struct tw_object *object, uint64_t max_text_bytes, struct tw_buildinfo *ret_info);
