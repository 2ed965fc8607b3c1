// The commands of `tidewaiter`: one row and one file a command.
#pragma once

#include "daemon/config/settings.h"

// Exit codes that people's scripts rely on.
enum tw_exit {
    TW_EXIT_CLEAN = 0,
    TW_EXIT_FINDINGS = 1,   // findings at or above --fail-on
    TW_EXIT_TROUBLE = 2,    // wrong usage, or input that cannot be read
    TW_EXIT_INCOMPLETE = 3, // nothing at or above it, but the scan is incomplete
};

struct tw_command {
    const char *name;
    const char *usage;   // after "tidewaiter NAME "
    const char *summary; // one line
    // argv[0] is the command's name. Prints errors itself; returns an exit code.
    int (*run)(struct tw_settings *settings, int argc, char **argv);
};

int tw_command_scan(struct tw_settings *settings, int argc, char **argv);
int tw_command_gate(struct tw_settings *settings, int argc, char **argv);
int tw_command_diff(struct tw_settings *settings, int argc, char **argv);
int tw_command_inspect(struct tw_settings *settings, int argc, char **argv);
int tw_command_facts(struct tw_settings *settings, int argc, char **argv);
int tw_command_rules(struct tw_settings *settings, int argc, char **argv);

// NULL past the end.
const struct tw_command *tw_command_at(size_t index);
const struct tw_command *tw_command_find(const char *name);
