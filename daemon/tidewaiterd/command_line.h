// The arguments of tidewaiterd, read at its start and at each reload.
#pragma once

#include "daemon/systemd/socket.h"
#include "daemon/tidewaiterd/errand.h"

struct tw_command_line {
    int argc;
    char **argv;
    char socket[TW_SOCKET_TEXT_BYTES]; // the address of a supervisor's: it counts; "": none
};

// Settings of flags and of the configuration file, and what is asked for instead of serving.
int tw_command_line_parse(const struct tw_command_line *line, struct tw_settings *settings,
    struct tw_asked *asked, struct tw_err *err);

// Where a supervisor listens for us counts more than the setting.
int tw_command_line_set_socket(
    const struct tw_command_line *line, struct tw_settings *settings, struct tw_err *err);

// The settings anew, for a reload; ctx is the struct tw_command_line. To be given back by
// tw_settings_done() whatever it returns.
int tw_command_line_read(void *ctx, struct tw_settings *ret_settings, struct tw_err *err);
