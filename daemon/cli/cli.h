// The commands of `tidewaiter`: one row and one file a command.
#pragma once

#include "daemon/config/settings.h"

// Exit codes that people's scripts rely on.
enum tw_exit {
    TW_EXIT_CLEAN = 0,
    TW_EXIT_FINDINGS = 1, // findings at or above --fail-on
    TW_EXIT_TROUBLE = 2,  // wrong usage, input that cannot be read, a scan or a daemon that failed
    TW_EXIT_INCOMPLETE = 3, // nothing at or above it, but the scan is incomplete
};

struct tw_command {
    const char *name;
    const char *usage;   // after "tidewaiter NAME "
    const char *summary; // one line
    const char *takes;   // names of its options, separated by blanks
    // What its operands may be, for shells: words separated by blanks, of which @file, @source,
    // @rule, @topic and @image stand for many.
    const char *operands;
    enum tw_settings_program program; // whose settings it takes besides
    // argv[0] is the command's name. Prints errors itself; returns an exit code.
    int (*run)(struct tw_settings *settings, int argc, char **argv);
};

int tw_command_scan(struct tw_settings *settings, int argc, char **argv);
int tw_command_gate(struct tw_settings *settings, int argc, char **argv);
int tw_command_diff(struct tw_settings *settings, int argc, char **argv);
int tw_command_inspect(struct tw_settings *settings, int argc, char **argv);
int tw_command_facts(struct tw_settings *settings, int argc, char **argv);
int tw_command_rules(struct tw_settings *settings, int argc, char **argv);
int tw_command_submit(struct tw_settings *settings, int argc, char **argv);
int tw_command_status(struct tw_settings *settings, int argc, char **argv);
int tw_command_report(struct tw_settings *settings, int argc, char **argv);
int tw_command_queue(struct tw_settings *settings, int argc, char **argv);
int tw_command_completion(struct tw_settings *settings, int argc, char **argv);

// NULL past the end.
const struct tw_command *tw_command_at(size_t index);
const struct tw_command *tw_command_find(const char *name);
const char *tw_command_nearest(const char *name); // NULL: none is like it
