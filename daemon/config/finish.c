// What depends on several settings, or on where we run.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config/settings.h"
#include "daemon/config/table.h"
#include "scanner/base/mem.h"

void tw_registry_rules_done(struct tw_registries *registries)
{
    for (size_t i = 0; i < registries->rule_count; i++)
        free(registries->rules[i].host);
    free(registries->rules);
    *registries = (struct tw_registries){0};
}

static int add_registry(
    struct tw_registries *registries, const char *url, size_t size, struct tw_err *err)
{
    static const struct {
        const char *prefix;
        bool plain_http;
    } schemes[] = {{"http://", true}, {"https://", false}, {"", false}};
    for (size_t i = 0; i < TW_COUNT(schemes); i++) {
        size_t n = strlen(schemes[i].prefix);
        if (size <= n || strncmp(url, schemes[i].prefix, n) != 0)
            continue;
        if (memchr(url + n, '/', size - n))
            return tw_err_set(err, TW_E_USAGE,
                "registries: \"%.*s\" must be a host (and port), without a path", (int)size, url);
        struct tw_registry_rule *grown =
            realloc(registries->rules, (registries->rule_count + 1) * sizeof *registries->rules);
        if (!grown)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        registries->rules = grown;
        char *host = strndup(url + n, size - n);
        if (!host)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        grown[registries->rule_count++] =
            (struct tw_registry_rule){.host = host, .plain_http = schemes[i].plain_http};
        return 0;
    }
    return tw_err_set(err, TW_E_USAGE, "registries: an entry is empty");
}

static int parse_registries(struct tw_settings *settings, struct tw_err *err)
{
    tw_registry_rules_done(&settings->registries);
    const char *text = settings->registries_text;
    while (*(text += strspn(text, ", "))) {
        size_t size = strcspn(text, ", ");
        int r = add_registry(&settings->registries, text, size, err);
        if (r < 0)
            return r;
        text += size;
    }
    return 0;
}

// As docker does: $DOCKER_CONFIG, else ~/.docker. Only a file that is there.
static int find_docker_config(struct tw_settings *settings, struct tw_err *err)
{
    const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
    TW_AUTO(tw_freep) char *path = NULL;
    int n = folder && *folder ? asprintf(&path, "%s/config.json", folder)
            : home && *home   ? asprintf(&path, "%s/.docker/config.json", home)
                              : 0;
    if (n < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (path && access(path, F_OK) == 0)
        settings->docker_config = TW_TAKE(path);
    return 0;
}

static int find_data_dir(struct tw_settings *settings, struct tw_err *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = geteuid() == 0    ? asprintf(&settings->data_dir, "/var/lib/tidewaiter")
            : state && *state ? asprintf(&settings->data_dir, "%s/tidewaiter", state)
            : home && *home   ? asprintf(&settings->data_dir, "%s/.local/state/tidewaiter", home)
                              : 0;
    if (n > 0)
        return 0;
    settings->data_dir = NULL;
    return n < 0 ? tw_err_set(err, TW_E_NOMEM, "out of memory")
                 : tw_err_set(err, TW_E_USAGE, "neither HOME nor --data-dir is set");
}

int tw_settings_finish(
    struct tw_settings *settings, enum tw_settings_program program, struct tw_err *err)
{
    int r = parse_registries(settings, err);
    if (r == 0 && !settings->docker_config)
        r = find_docker_config(settings, err);
    if (r == 0 && program == TW_FOR_DAEMON && !settings->data_dir)
        r = find_data_dir(settings, err);
    if (r < 0)
        return r;
    settings->registries.only_listed = program == TW_FOR_DAEMON;
    settings->registries.docker_config = settings->docker_config;
    settings->registries.certs_dir = settings->certs_dir;
    settings->registries.connect_timeout_s = (unsigned)settings->connect_timeout_s;
    settings->registries.stall_timeout_s = (unsigned)settings->stall_timeout_s;
    return 0;
}
