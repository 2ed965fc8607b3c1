// The settings of both programs: one table. Each comes from the command line (--name=value),
// else from the environment (TIDEWAITER_NAME), else from its default.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "daemon/cage/options.h"
#include "daemon/registry/registry.h"
#include "scanner/base/limits.h"

struct tw_settings {
    char *listen;
    char *data_dir;
    char *registries_text;
    char *docker_config;
    char *cage_program; // NULL: beside our own program
    char *cage;         // its walls
    char *seekable_layers;
    uint64_t layers_at_once, layers_memory_mib;
    char *log_level;
    char *cors_origins; // NULL: none
    char *policy;       // NULL: the profile alone
    char *profile;
    char *access; // NULL: not said
    char *tls_cert, *tls_key, *tls_client_ca;
    char *certs_dir;
    uint64_t workers;
    uint64_t queue_max;
    uint64_t max_attempts;
    uint64_t layer_store_mib, layer_days, stats_days, events_max;
    uint64_t max_connections;
    uint64_t client_connections;
    uint64_t client_rate;
    uint64_t disk_reserve_mib;
    uint64_t idle_timeout_s;
    uint64_t admission_timeout_s, admission_memory_mib, admission_tag_s;
    uint64_t grace_s;
    uint64_t connect_timeout_s;
    uint64_t stall_timeout_s;
    struct tw_limits limits;
    struct tw_registries registries; // made of the above by tw_settings_finish
};

enum tw_settings_program { TW_FOR_DAEMON = 1, TW_FOR_CLI = 2 };

// Defaults, then the environment. TW_E_USAGE names the variable.
int tw_settings_init(struct tw_settings *settings, struct tw_err *err);
void tw_settings_done(struct tw_settings *settings);

// One setting by its name ("data-dir"), or "limit" with "name=value". TW_E_USAGE: no such
// setting for that program, or a value that does not fit; the message says what would.
int tw_settings_set(struct tw_settings *settings, enum tw_settings_program program,
    const char *name, const char *value, struct tw_err *err);

// Takes a "--name=value" or "--name value" argument. Returns the number of arguments taken (1
// or 2), 0 when argv[0] is no setting's flag, negative on error.
int tw_settings_flag(struct tw_settings *settings, enum tw_settings_program program, int argc,
    char **argv, struct tw_err *err);

// Works out what depends on several settings: the registries (the daemon asks only those that
// are listed), where docker's config.json is, where the daemon's data is.
int tw_settings_finish(
    struct tw_settings *settings, enum tw_settings_program program, struct tw_err *err);

// Whether layers that could be read in parts are read whole.
bool tw_settings_whole_layers(const struct tw_settings *settings);

// How cages are built; borrows from the settings.
struct tw_cage_options tw_settings_cage(const struct tw_settings *settings);

void tw_settings_print_help(enum tw_settings_program program, FILE *out);
void tw_settings_print(const struct tw_settings *settings, FILE *out);
void tw_settings_print_limits(const struct tw_settings *settings, FILE *out);
