#include "daemon/tidewaiterd/errand.h"

#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "daemon/config/tls.h"
#include "daemon/http/http.h"
#include "daemon/notify/notify.h"
#include "daemon/tidewaiterd/token.h"

static int print_help(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)err, (void)settings, (void)value;
    printf("usage: tidewaiterd [--NAME=VALUE...]\n"
           "       tidewaiterd --help | --version | --print-config | --print-limits | --check | "
           "--new-token | --test-notify=NAME\n\n"
           "Takes push notices of registries, scans what was pushed, answers over HTTP.\n"
           "--check asks a running daemon with the same settings whether it is alive.\n"
           "--new-token makes a token for a client, and the line for it in the access file.\n"
           "--test-notify sends a test message to one sink of the notify file.\n\n");
    tw_settings_print_help(TW_FOR_DAEMON, stdout);
    return 0;
}

static int print_version(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)err, (void)settings, (void)value;
    printf("tidewaiterd " TW_VERSION "\n");
    return 0;
}

static int print_config(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)err, (void)value;
    tw_settings_print(settings, TW_FOR_DAEMON, stdout);
    return 0;
}

static int print_limits(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)err, (void)value;
    tw_settings_print_limits(settings, stdout);
    return 0;
}

static int check(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)value;
    return tw_check(settings->listen, tw_tls_is_wanted(settings), err);
}

static int new_token(struct tw_settings *settings, const char *value, struct tw_err *err)
{
    (void)settings, (void)value;
    return tw_token_print(stdout, err);
}

static int test_notify(struct tw_settings *settings, const char *sink, struct tw_err *err)
{
    int r = tw_http_global_init(err);
    if (r == 0) {
        r = tw_notify_test(settings, sink, stdout, err);
        tw_http_global_done();
    }
    return r;
}

static const struct tw_errand errands[] = {
    {"--help", print_help, false},
    {"--version", print_version, false},
    {"--print-config", print_config, false},
    {"--print-limits", print_limits, false},
    {"--check", check, false},
    {"--new-token", new_token, false},
    {"--test-notify", test_notify, true},
};

int tw_errand_take(int argc, char **argv, struct tw_asked *asked, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(errands); i++) {
        const struct tw_errand *e = &errands[i];
        size_t size = strlen(e->flag);
        if (strncmp(argv[0], e->flag, size) != 0)
            continue;
        bool has_value = e->takes_value && argv[0][size] == '=';
        if (argv[0][size] != '\0' && !has_value)
            continue;
        *asked = (struct tw_asked){.errand = e, .value = has_value ? argv[0] + size + 1 : NULL};
        if (!e->takes_value || has_value)
            return 1;
        if (argc < 2)
            return tw_err_set(err, TW_E_USAGE, "%s needs a name", e->flag);
        asked->value = argv[1];
        return 2;
    }
    return 0;
}
