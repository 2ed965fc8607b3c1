// The options that several commands share, read from one table.
#pragma once

#include "daemon/cli/cli.h"
#include "scanner/base/goversion.h"
#include "scanner/report/report.h"

enum { TW_OPTION_LABELS = 32 };

struct tw_options {
    const struct tw_report_format *format;
    const char *output;   // NULL: standard output
    const char *platform; // NULL: all
    bool has_fail_on;
    enum tw_severity fail_on;
    const char *kube_namespace; // NULL
    struct tw_label labels[TW_OPTION_LABELS];
    size_t label_count;
    uint64_t cpu_limit_millis, memory_limit_bytes; // 0: none
    enum tw_lang lang;
    struct tw_goversion go; // zero: the newest
    bool functions;
    bool markdown;
    bool quiet;
    bool plain_http;
    bool wait, rescan, failed; // of what asks a daemon
    const char *state;         // NULL: as the command says
    uint64_t timeout_s, count;
    const char **operands; // into argv
    int operand_count;
};

// Reads options and operands of `command`, and the file of settings; an option that it does not
// take is an error.
// Returns 0, 1 when help was printed (exit 0 then), negative on error. On success free
// options->operands.
int tw_options_parse(const struct tw_command *command, struct tw_settings *settings, int argc,
    char **argv, struct tw_options *ret_options, struct tw_err *err);

// The rows of the table, for what is made of it: shells' completion. NULL past the end.
struct tw_option {
    const char *name;
    const char *metavar; // NULL: a switch
    const char *help;
    int (*set)(struct tw_options *o, const char *value, struct tw_err *err);
};
const struct tw_option *tw_option_at(size_t index);
bool tw_command_takes(const struct tw_command *command, const struct tw_option *option);

// Of commands that write records and not reports: text or JSON. TW_E_USAGE: another format.
int tw_options_record_format(const struct tw_options *options, bool *ret_json, struct tw_err *err);

// Writes the whole result to options->output or standard output.
int tw_options_write(const struct tw_options *options, struct tw_span text, struct tw_err *err);

// How text goes to where this output goes: colour and width of a terminal, NO_COLOR respected.
struct tw_report_style tw_options_style(const struct tw_options *options);

// Prints "tidewaiter: message" to standard error; returns TW_EXIT_TROUBLE.
int tw_trouble(const struct tw_err *err);
