#include "daemon/tidewaiterd/command_line.h"

#include <string.h>

static int refuse_argument(const char *argument, struct tw_err *err)
{
    const char *name = strncmp(argument, "--", 2) == 0 ? argument + 2 : argument;
    const char *near = tw_settings_nearest(TW_FOR_DAEMON, tw_span_of(name, strcspn(name, "=")));
    return tw_err_set(err, TW_E_USAGE,
        "\"%.80s\" is no setting%s%s%s; tidewaiterd --help lists them", argument,
        near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
}

int tw_command_line_parse(const struct tw_command_line *line, struct tw_settings *settings,
    struct tw_asked *asked, struct tw_err *err)
{
    char **argv = line->argv;
    for (int i = 1; i < line->argc;) {
        int n = tw_errand_take(line->argc - i, argv + i, asked, err);
        if (n == 0)
            n = tw_settings_flag(settings, TW_FOR_DAEMON, line->argc - i, argv + i, err);
        if (n == 0)
            n = refuse_argument(argv[i], err);
        if (n < 0)
            return n;
        i += n;
    }
    int r = tw_settings_read_file(settings, TW_FOR_DAEMON, err);
    return r < 0 ? r : tw_settings_finish(settings, TW_FOR_DAEMON, err);
}

int tw_command_line_set_socket(
    const struct tw_command_line *line, struct tw_settings *settings, struct tw_err *err)
{
    return line->socket[0] ? tw_settings_set(settings, TW_FOR_DAEMON, "listen", line->socket, err)
                           : 0;
}

int tw_command_line_read(void *ctx, struct tw_settings *ret_settings, struct tw_err *err)
{
    struct tw_asked unused = {0};
    int r = tw_settings_init(ret_settings, err);
    if (r == 0)
        r = tw_command_line_parse(ctx, ret_settings, &unused, err);
    return r < 0 ? r : tw_command_line_set_socket(ctx, ret_settings, err);
}
