// The Go programs that a Dockerfile builds, followed from the go build of one stage through COPY
// into the last. Private to dockerfile.c.
#pragma once

#include "scanner/image/dockerfile.h"

struct tw_program_copy {
    size_t from, to;
    const char *source, *target;
};

struct tw_programs {
    struct tw_arena *arena;
    struct tw_docker_program *built;
    size_t built_count;
    struct tw_program_copy *copies;
    size_t copy_count;
    struct tw_docker_flag *flags; // of the command whose traces are being taken
    size_t flag_count;
};

// All of them: 0, or TW_E_NOMEM.

// A trace of a RUN in that stage: flags first, then the build that they belong to.
int tw_programs_take(struct tw_programs *programs, const struct tw_dockerfile *file, size_t stage,
    const struct tw_trace *trace);

// COPY --from; `from` SIZE_MAX: no stage of this file.
int tw_programs_copy(struct tw_programs *programs, const struct tw_dockerfile *file, size_t from,
    size_t to, const char *source, const char *target);

// Fills file->programs with those that the last stage has.
int tw_programs_finish(struct tw_programs *programs, struct tw_dockerfile *file);
