// What lists say of one image: its Go programs, and what was found in it. daemon/judge makes it of
// inventory and verdict; the store keeps it as rows that questions about all images are answered
// from.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/digest.h"

struct tw_listed_module {
    const char *path, *version; // version "": not given
};

struct tw_listed_setting {
    const char *name, *value; // GODEBUG
    bool from_default;
};

struct tw_listed_program {
    const char *path, *os, *arch; // "": not known; so are the others
    struct tw_digest sha256;
    const char *version;     // "go1.26.5-X:fieldtrack"
    const char *release;     // "1.26.5"
    const char *experiments; // "fieldtrack noswissmap"
    int64_t go_number;       // tw_goversion_number(); 0: not known
    const char *main_path, *main_version;
    struct tw_listed_module *modules; // what is linked in, replacements beside what they replace
    size_t module_count;
    uint8_t key[TW_SHA256_BYTES]; // of all above but path: the same program is kept once
    struct tw_listed_setting *settings;
    size_t setting_count;
};

struct tw_listed_finding {
    const char *rule;
    int severity;
    const char *title, *message;
    const char *binary; // NULL: the image as a whole
    const char *fingerprint;
    bool waived;
};

struct tw_listing {
    struct tw_arena *arena; // owns everything below
    struct tw_listed_program *programs;
    size_t program_count;
    struct tw_listed_finding *findings;
    size_t finding_count;
    // Of everything in them: what is stored already need not be written again. Never 0.
    int64_t programs_mark, findings_mark;
    size_t left_out; // rows past the limit listed_rows
};

static inline void tw_listing_done(struct tw_listing *listing)
{
    tw_arena_free(listing->arena);
    *listing = (struct tw_listing){0};
}
