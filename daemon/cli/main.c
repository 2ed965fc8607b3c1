// tidewaiter: the command line.
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "scanner/base/json.h"

static void print_usage(FILE *out)
{
    const struct tw_command *command;
    fprintf(out, "tidewaiter %s - how the Go programs in an image will really run\n\n", TW_VERSION);
    for (size_t i = 0; (command = tw_command_at(i)); i++)
        fprintf(
            out, "  tidewaiter %s %s\n      %s\n", command->name, command->usage, command->summary);
    fprintf(out, "\nSOURCE is an image in a registry (registry.example/app:1.4), oci:DIR[:TAG],\n"
                 "oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], dir:PATH, file:PATH or\n"
                 "dockerfile:PATH. IMAGE is one in a registry, DIGEST sha256:..., SCAN an id.\n"
                 "Exit codes: 0 clean; 1 findings at or above --fail-on; 2 wrong usage, or input\n"
                 "or a daemon that cannot be read; 3 nothing at or above it, but the scan is\n"
                 "incomplete.\n"
                 "`tidewaiter COMMAND --help` lists the options of a command.\n");
}

static void warn(void *ctx, const char *message)
{
    (void)ctx;
    fprintf(stderr, "tidewaiter: %s\n", message);
}

static int run_command(const struct tw_command *command, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_settings settings;
    tw_settings_strangers(warn, NULL);
    int code = tw_settings_init(&settings, &err) < 0 ? tw_trouble(&err)
                                                     : command->run(&settings, argc, argv);
    tw_settings_done(&settings);
    return code;
}

static int run(int argc, char **argv)
{
    struct tw_err err = {0};
    if (argc < 2) {
        print_usage(stderr);
        return TW_EXIT_TROUBLE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tidewaiter %s\n", TW_VERSION);
        return TW_EXIT_CLEAN;
    }
    bool is_help = strcmp(argv[1], "help") == 0;
    if (is_help && argc > 2 && tw_command_find(argv[2])) {
        char option[] = "--help", *about[] = {argv[2], option, NULL};
        return run_command(tw_command_find(argv[2]), 2, about);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || is_help) {
        print_usage(stdout);
        return TW_EXIT_CLEAN;
    }
    const struct tw_command *command = tw_command_find(argv[1]);
    if (!command) {
        const char *near = tw_command_nearest(argv[1]);
        tw_err_set(&err, TW_E_USAGE, "there is no command \"%.60s\"%s%s%s; see tidewaiter --help",
            argv[1], near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        return tw_trouble(&err);
    }
    return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    tw_json_init();
    signal(SIGPIPE, SIG_IGN); // a cage that dies or `| head` is an error code, not our end
    return run(argc, argv);
}
