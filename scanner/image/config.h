// The image configuration: environment, history, command. Input is raw JSON bytes, hostile.
// https://github.com/opencontainers/image-spec/blob/main/config.md
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/digest.h"
#include "scanner/base/limits.h"
#include "scanner/base/span.h"

struct tw_config_env {
    const char *name;
    const char *value;       // "" when the entry has no "="
    const char *instruction; // the Dockerfile instruction that set this value; NULL: not known
    int64_t history_index;   // index into history[]; -1: not known
};

struct tw_history {
    const char *created_by;  // "" when not given
    const char *instruction; // the Dockerfile instruction in it, as written; NULL: none
    bool empty_layer;
};

struct tw_label {
    const char *name, *value;
};

struct tw_config {
    struct tw_arena *arena;                            // owns everything below
    const char *os, *architecture, *variant, *created; // NULL: not given
    struct tw_config_env *env; // config.Env, in its order, repeated names kept
    size_t env_count;
    const char **entrypoint;
    size_t entrypoint_count;
    const char **cmd;
    size_t cmd_count;
    const char *working_dir; // NULL
    struct tw_label *labels;
    size_t label_count;
    struct tw_history *history;
    size_t history_count;
    struct tw_digest *diff_ids; // of the uncompressed layers
    size_t diff_id_count;
};

// config.Env is the truth; history says which instruction set each value: the last ENV in
// history whose parsed assignment to that name gives exactly the final value. Text is kept as
// valid UTF-8 (other bytes escaped). TW_E_FORMAT, TW_E_LIMIT.
int tw_config_parse(struct tw_span json, const struct tw_limits *limits,
    struct tw_config **ret_config, struct tw_err *err);
void tw_config_free(struct tw_config *config);
TW_DEFINE_AUTO(struct tw_config, tw_config_free)
