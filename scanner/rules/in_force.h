// The GODEBUG settings that act on each program of an image, as the rules see them: for lists that
// are asked "which programs run with tls10server=1?".
#pragma once

#include "scanner/inventory/image.h"

struct tw_in_force {
    const char *name, *value;
    bool from_default; // DefaultGODEBUG of the program, not the image's ENV
};

struct tw_program_in_force {
    size_t binary;             // its number in image->binaries
    bool has_number;           // the release is known
    int64_t go_number;         // tw_goversion_number() of it
    struct tw_in_force *items; // each key once, the environment's first
    size_t count;
};

// One row a Go program of the image, in its order. A key counts when the program's Go version knows
// it, or refuses to start because of it, and when what reads it is linked in, as far as that can be
// told. All is in the arena or in the image. TW_E_NOMEM: also when the arena is full.
int tw_in_force_of(const struct tw_image_inventory *image, struct tw_arena *arena,
    struct tw_program_in_force **ret_programs, size_t *ret_count, struct tw_err *err);
