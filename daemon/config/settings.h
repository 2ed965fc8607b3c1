// The settings of both programs: one table. Each comes from the command line (--name=value),
// else from the environment (TIDEWAITER_NAME), else from the file (docs/configuration.md), else
// from its default. Limits (scanner/base/limits.h) go the same way: --limit=NAME=VALUE,
// TIDEWAITER_LIMIT_NAME, `limits:` in the file.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "daemon/cage/options.h"
#include "daemon/registry/registry.h"
#include "scanner/base/limits.h"

enum { TW_SETTINGS_MAX = 96, TW_LIMITS_MAX = 96 };

// Of the daemon's file, when none is named.
#define TW_CONFIG_DEFAULT "/etc/tidewaiter/tidewaiterd.yaml"
// Of the token that a client shows. It is no setting: it is never printed, and never a flag.
#define TW_TOKEN_VARIABLE "TIDEWAITER_TOKEN"

// Where a value comes from; what is further down here counts more.
enum tw_origin_kind { TW_FROM_DEFAULT, TW_FROM_FILE, TW_FROM_ENVIRONMENT, TW_FROM_FLAG };

struct tw_origin {
    enum tw_origin_kind from;
    unsigned line; // FILE
};

struct tw_settings {
    char *config; // NULL or "": no file
    char *listen;
    char *data_dir;
    char *registries_text;
    char *docker_config;
    char *cage_program; // NULL: beside our own program
    char *cage;         // its walls
    char *seekable_layers;
    uint64_t layers_at_once, layers_memory_mib;
    char *log_level, *log_format;
    char *server, *token_file, *ca; // of a client
    char *cors_origins;             // NULL: none
    char *policy;                   // NULL: the profile alone
    char *profile;
    char *access; // NULL: not said
    char *google_keys;
    char *notify; // NULL: nobody is told
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
    struct tw_origin origins[TW_SETTINGS_MAX], limit_origins[TW_LIMITS_MAX]; // by row
};

// CLI: what reads images itself; CLIENT: what asks a daemon.
enum tw_settings_program { TW_FOR_DAEMON = 1, TW_FOR_CLI = 2, TW_FOR_CLIENT = 4 };

// Defaults, then the environment. TW_E_USAGE names the variable.
int tw_settings_init(struct tw_settings *settings, struct tw_err *err);
void tw_settings_done(struct tw_settings *settings);

// Tells of each TIDEWAITER_* variable that is nobody's, in one line that is safe to print. That is
// no error: an environment is shared by many, and Kubernetes puts variables of Services into it.
void tw_settings_strangers(void (*tell)(void *ctx, const char *message), void *ctx);

// One setting by its name ("data-dir"), or "limit" with "name=value". TW_E_USAGE: no such
// setting for that program, or a value that does not fit; the message says what would.
int tw_settings_set(struct tw_settings *settings, enum tw_settings_program program,
    const char *name, const char *value, struct tw_err *err);

// Takes a "--name=value" or "--name value" argument. Returns the number of arguments taken (1
// or 2), 0 when argv[0] is no setting's flag, negative on error.
int tw_settings_flag(struct tw_settings *settings, enum tw_settings_program program, int argc,
    char **argv, struct tw_err *err);

// The name most like it of those that the programs have; NULL: none is.
const char *tw_settings_nearest(unsigned programs, struct tw_span name);

// After the flags: reads the file that `config` names, or the daemon's default one when it is
// there. What flags and environment say stays, but what the file says has to fit all the same.
// Settings of the other program are no error: both may have one file. TW_E_FORMAT:
// "FILE:LINE:COLUMN: ...".
int tw_settings_read_file(
    struct tw_settings *settings, enum tw_settings_program program, struct tw_err *err);
// The same from the text of such a file; `name` is for messages.
int tw_settings_read_text(
    struct tw_settings *settings, const char *name, struct tw_span text, struct tw_err *err);

// Works out what depends on several settings: the registries (the daemon asks only those that
// are listed), where docker's config.json is, where the daemon's data is.
int tw_settings_finish(
    struct tw_settings *settings, enum tw_settings_program program, struct tw_err *err);

// Whether layers that could be read in parts are read whole.
bool tw_settings_whole_layers(const struct tw_settings *settings);

// How cages are built; borrows from the settings.
struct tw_cage_options tw_settings_cage(const struct tw_settings *settings);

// The flags that programs have, for what is made of the table: shells' completion. False past the
// end.
struct tw_setting_flag {
    const char *name, *metavar, *help;
    bool is_words; // metavar is a list of words: "text|json"
    unsigned programs;
};
bool tw_settings_flag_at(size_t index, struct tw_setting_flag *ret_flag);

void tw_settings_print_help(enum tw_settings_program program, FILE *out);
// All that the program has, as a file, each with where it comes from.
void tw_settings_print(
    const struct tw_settings *settings, enum tw_settings_program program, FILE *out);
void tw_settings_print_limits(const struct tw_settings *settings, FILE *out);

// A reload: what may change while the daemon runs is taken from `fresh`; in the rest `fresh` gets
// the value of `now`, and `tell` hears the setting's name when the two differ. TW_E_NOMEM: `fresh`
// is to be given up.
int tw_settings_keep(struct tw_settings *fresh, const struct tw_settings *now,
    void (*tell)(void *ctx, const char *name), void *ctx, struct tw_err *err);
