// A Dockerfile: its stages, the environment that the last one ends with, the Go programs that it
// builds, and what its text does about Go. https://docs.docker.com/reference/dockerfile/
#pragma once

#include "scanner/base/limits.h"
#include "scanner/image/step.h"
#include "scanner/image/trace.h"
#include "scanner/image/word.h"

struct tw_docker_env {
    const char *name;
    const char *value; // NULL: depends on what is not in the file
    const char *instruction;
    uint64_t line;
    bool is_arg; // ARG: for RUN in this stage only
};

struct tw_docker_stage {
    const char *name;      // AS name; NULL
    const char *base;      // as expanded; NULL: not known
    const char *go;        // "1.22", "1.22.3" of a golang base image; NULL: not known
    bool has_go;           // it is, or is made from, a golang image
    bool from_scratch;     // nothing is inherited from outside of the file
    const char *platform;  // --platform, as expanded; NULL
    const char *directory; // WORKDIR; NULL: not known
    uint64_t line;
    size_t parent; // the stage that it is made from; SIZE_MAX: none
    struct tw_docker_env *env;
    size_t env_count;
    const char **entrypoint; // the JSON form, or "/bin/sh", "-c", text; NULL: not set
    size_t entrypoint_count;
    const char **cmd;
    size_t cmd_count;
};

struct tw_docker_flag { // of the go command that built it
    const char *name, *value;
};

struct tw_docker_program { // what a go build in a stage makes, when the last stage has it
    const char *path;      // in the image, "usr/bin/app"; "" when the file does not tell
    const char *text;      // the command
    uint64_t line;
    size_t stage;
    struct tw_docker_flag *flags;
    size_t flag_count;
    const char *experiments; // GOEXPERIMENT when it was built; NULL: not set, or not known
};

struct tw_dockerfile {
    struct tw_arena *arena; // owns everything below
    struct tw_docker_stage *stages;
    size_t stage_count; // at least 1
    struct tw_docker_program *programs;
    size_t program_count;
    struct tw_trace *traces; // not the ENV of the last stage and of those that it is made from
    size_t trace_count;
    bool traces_full; // there were more
};

// `text` is hostile. TW_E_FORMAT, with the line; TW_E_LIMIT (dockerfile_bytes, dockerfile_steps,
// image_env); TW_E_NOMEM.
int tw_dockerfile_parse(struct tw_span text, const struct tw_limits *limits,
    struct tw_dockerfile **ret_dockerfile, struct tw_err *err);
void tw_dockerfile_free(struct tw_dockerfile *dockerfile);
TW_DEFINE_AUTO(struct tw_dockerfile, tw_dockerfile_free)

// The value of a variable in the stage, those that it is made from included; NULL: not set there.
const struct tw_docker_env *tw_docker_stage_env(
    const struct tw_dockerfile *dockerfile, size_t stage, const char *name);

// Whether `stage` is the last one, or one that the last one is made from.
bool tw_docker_stage_is_last(const struct tw_dockerfile *dockerfile, size_t stage);

// Whether a file of this name is taken for a Dockerfile: Dockerfile, Containerfile,
// NAME.Dockerfile, Dockerfile.NAME.
bool tw_dockerfile_is_named(const char *base_name);

// "1.22", "1.22.3", "1.23rc1" for golang:1.22-alpine and its like in any registry; "" when it is a
// golang image whose version its name does not tell; NULL when it is none. In the arena.
const char *tw_golang_image(struct tw_arena *arena, const char *reference);
