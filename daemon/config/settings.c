#include "daemon/config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scanner/base/mem.h"

enum kind { TEXT, NUMBER, WORD };

struct setting {
    const char *name;
    enum kind kind;
    unsigned programs;
    size_t offset;
    const char *fallback; // NULL: worked out when it is needed
    uint64_t min, max;    // NUMBER
    const char *metavar;  // WORD: those that it may be
    const char *help;
};

#define AT(field) offsetof(struct tw_settings, field)
#define BOTH (TW_FOR_DAEMON | TW_FOR_CLI)

static const struct setting settings_table[] = {
    {"listen", TEXT, TW_FOR_DAEMON, AT(listen), "127.0.0.1:8055", 0, 0, "ADDRESS:PORT",
        "where the HTTP side listens"},
    {"access", TEXT, TW_FOR_DAEMON, AT(access), NULL, 0, 0, "FILE|open",
        "who may ask what: docs/access.md. open: everybody may do everything (default: open when "
        "only this machine can reach the address, else it must be said)"},
    {"tls-cert", TEXT, TW_FOR_DAEMON, AT(tls_cert), NULL, 0, 0, "FILE",
        "certificate chain in PEM; then HTTPS is spoken (default: plain HTTP)"},
    {"tls-key", TEXT, TW_FOR_DAEMON, AT(tls_key), NULL, 0, 0, "FILE", "its key in PEM"},
    {"tls-client-ca", TEXT, TW_FOR_DAEMON, AT(tls_client_ca), NULL, 0, 0, "FILE",
        "CAs in PEM that vouch for certificates of clients"},
    {"data-dir", TEXT, TW_FOR_DAEMON, AT(data_dir), NULL, 0, 0, "DIR",
        "where queue and results are kept (default: /var/lib/tidewaiter for root, else "
        "~/.local/state/tidewaiter)"},
    {"registries", TEXT, BOTH, AT(registries_text), "http://localhost:5055", 0, 0, "URL[,URL...]",
        "registries that may be asked; http:// allows plain HTTP for that one. The daemon asks "
        "no other; the command line asks any other over HTTPS"},
    {"docker-config", TEXT, BOTH, AT(docker_config), NULL, 0, 0, "FILE",
        "credentials of registries (default: $DOCKER_CONFIG/config.json, else "
        "~/.docker/config.json, when there is one)"},
    {"certs-dir", TEXT, BOTH, AT(certs_dir), "/etc/docker/certs.d", 0, 0, "DIR",
        "DIR/HOST:PORT/*.crt are trusted for that registry besides the system's, and a pair "
        "*.cert and *.key is shown to it"},
    {"workers", NUMBER, TW_FOR_DAEMON, AT(workers), "2", 1, 64, "N", "scans at a time"},
    {"queue-max", NUMBER, TW_FOR_DAEMON, AT(queue_max), "1000000", 1, 100000000, "N",
        "queued scans; past it a push is answered with 429"},
    {"disk-reserve", NUMBER, TW_FOR_DAEMON, AT(disk_reserve_mib), "256", 0, 1048576, "MIB",
        "of the data directory's disk that pushes leave free, for the scans of those before; "
        "past it a push is answered with 429"},
    {"layer-store", NUMBER, TW_FOR_DAEMON, AT(layer_store_mib), "4096", 1, 1048576, "MIB",
        "of the data directory's disk for what layers were found to hold, so that each is read "
        "once; past it those go that were not asked for the longest"},
    {"layer-days", NUMBER, TW_FOR_DAEMON, AT(layer_days), "90", 1, 36500, "DAYS",
        "after which a layer that no scan asked for is forgotten"},
    {"stats-days", NUMBER, TW_FOR_DAEMON, AT(stats_days), "730", 1, 36500, "DAYS",
        "of which /v1/stats tells one value a day; of the last 62 one an hour"},
    {"max-attempts", NUMBER, TW_FOR_DAEMON, AT(max_attempts), "8", 1, 100, "N",
        "tries of a scan before it is failed"},
    {"max-connections", NUMBER, TW_FOR_DAEMON, AT(max_connections), "256", 1, 10000, "N",
        "HTTP connections at a time"},
    {"cors-origins", TEXT, TW_FOR_DAEMON, AT(cors_origins), NULL, 0, 0, "ORIGINS",
        "pages that may ask from a browser: https://board.example, several with spaces; * for any"},
    {"events-max", NUMBER, TW_FOR_DAEMON, AT(events_max), "64", 0, 5000, "N",
        "streams of /v1/events at a time, each of them a connection; at most half of those"},
    {"client-connections", NUMBER, TW_FOR_DAEMON, AT(client_connections), "128", 0, 10000, "N",
        "of them from one address; 0: no limit"},
    {"client-rate", NUMBER, TW_FOR_DAEMON, AT(client_rate), "2000", 0, 1000000, "N",
        "requests a second from one address, twice as many in a burst; more are answered with 429; "
        "0: no limit"},
    {"idle-timeout", NUMBER, TW_FOR_DAEMON, AT(idle_timeout_s), "15", 1, 3600, "SECONDS",
        "after which a silent HTTP connection is closed"},
    {"admission-timeout", NUMBER, TW_FOR_DAEMON, AT(admission_timeout_s), "10", 1, 30, "SECONDS",
        "the longest wait of an admission; Kubernetes' own timeout should be longer"},
    {"admission-memory", NUMBER, TW_FOR_DAEMON, AT(admission_memory_mib), "256", 1, 1048576, "MIB",
        "inventories that are kept in memory for admissions"},
    {"admission-tag-seconds", NUMBER, TW_FOR_DAEMON, AT(admission_tag_s), "30", 1, 86400, "SECONDS",
        "an admission takes a tag to point where it pointed so long ago"},
    {"grace", NUMBER, TW_FOR_DAEMON, AT(grace_s), "10", 0, 600, "SECONDS",
        "for scans and requests under way after SIGTERM"},
    {"connect-timeout", NUMBER, BOTH, AT(connect_timeout_s), "10", 1, 600, "SECONDS",
        "to reach a registry"},
    {"stall-timeout", NUMBER, BOTH, AT(stall_timeout_s), "30", 1, 3600, "SECONDS",
        "without a byte from a registry, then the transfer is given up"},
    {"cage-program", TEXT, BOTH, AT(cage_program), NULL, 0, 0, "FILE",
        "tidewaiter-layer (default: beside this program)"},
    {"cage", WORD, BOTH, AT(cage), "full", 0, 0, "full|without-landlock|none",
        "the walls around the reading of layers; less than full only where the kernel or a "
        "container's runtime has no landlock, or takes no seccomp filters (none: only rlimits)"},
    {"seekable-layers", WORD, BOTH, AT(seekable_layers), "parts", 0, 0, "parts|whole",
        "eStargz and zstd:chunked from registries: only the parts that matter, by the table of "
        "contents that the manifest vouches for; or whole, since a layer may have more in it than "
        "its table says"},
    {"layers-at-once", NUMBER, BOTH, AT(layers_at_once), "2", 1, 64, "N",
        "layers of one image that are read at the same time"},
    {"layers-memory", NUMBER, BOTH, AT(layers_memory_mib), "512", 0, 1048576, "MIB",
        "which the executables in them may take, all together; a layer past it waits"},
    {"policy", TEXT, BOTH, AT(policy), NULL, 0, 0, "FILE",
        "what counts how much, where exceptions hold, until when (default: the profile alone)"},
    {"profile", TEXT, BOTH, AT(profile), "default", 0, 0, "NAME",
        "default, strict or declared; a policy file has its own"},
    {"log-level", TEXT, TW_FOR_DAEMON, AT(log_level), "info", 0, 0, "LEVEL",
        "error, warning, info or debug"},
};

static const struct setting *find(const char *name, size_t size)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        if (strlen(settings_table[i].name) == size &&
            strncmp(settings_table[i].name, name, size) == 0)
            return &settings_table[i];
    }
    return NULL;
}

static char **text_field(struct tw_settings *settings, const struct setting *row)
{
    return (char **)(void *)((char *)settings + row->offset);
}

static uint64_t *number_field(struct tw_settings *settings, const struct setting *row)
{
    return (uint64_t *)(void *)((char *)settings + row->offset);
}

static bool is_word_of(const char *words, const char *value)
{
    size_t n = strlen(value);
    for (; *words; words += strcspn(words, "|"), words += *words == '|') {
        if (strcspn(words, "|") == n && strncmp(words, value, n) == 0)
            return true;
    }
    return false;
}

static int set_row(
    struct tw_settings *settings, const struct setting *row, const char *value, struct tw_err *err)
{
    if (row->kind == WORD && !is_word_of(row->metavar, value))
        return tw_err_set(
            err, TW_E_USAGE, "%s: \"%.40s\" must be one of %s", row->name, value, row->metavar);
    if (row->kind != NUMBER) {
        char *copy = strdup(value);
        if (!copy)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        free(*text_field(settings, row));
        *text_field(settings, row) = copy;
        return 0;
    }
    char *end;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno || v < row->min || v > row->max)
        return tw_err_set(err, TW_E_USAGE,
            "%s: \"%.40s\" must be a number from %" PRIu64 " to %" PRIu64, row->name, value,
            row->min, row->max);
    *number_field(settings, row) = v;
    return 0;
}

// "data-dir" -> "TIDEWAITER_DATA_DIR"
static void variable_name(const struct setting *row, char *out, size_t size)
{
    snprintf(out, size, "TIDEWAITER_%s", row->name);
    for (char *p = out; *p; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

int tw_settings_init(struct tw_settings *settings, struct tw_err *err)
{
    memset(settings, 0, sizeof *settings);
    settings->limits = tw_limits_default;
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        const struct setting *row = &settings_table[i];
        char variable[80];
        variable_name(row, variable, sizeof variable);
        const char *value = getenv(variable);
        int r = 0;
        if (value && *value)
            r = set_row(settings, row, value, err);
        else if (row->fallback)
            r = set_row(settings, row, row->fallback, err);
        if (r < 0)
            return tw_err_wrap(err, r, "environment variable %s", variable);
    }
    return 0;
}

static void registries_done(struct tw_registries *registries)
{
    for (size_t i = 0; i < registries->rule_count; i++)
        free(registries->rules[i].host);
    free(registries->rules);
    *registries = (struct tw_registries){0};
}

void tw_settings_done(struct tw_settings *settings)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        if (settings_table[i].kind != NUMBER)
            free(*text_field(settings, &settings_table[i]));
    }
    registries_done(&settings->registries);
    memset(settings, 0, sizeof *settings);
}

int tw_settings_set(struct tw_settings *settings, enum tw_settings_program program,
    const char *name, const char *value, struct tw_err *err)
{
    if (strcmp(name, "limit") == 0)
        return tw_limits_set(&settings->limits, value, err);
    const struct setting *row = find(name, strlen(name));
    if (!row || !(row->programs & program))
        return tw_err_set(err, TW_E_USAGE, "there is no setting \"%.80s\"", name);
    return set_row(settings, row, value, err);
}

int tw_settings_flag(struct tw_settings *settings, enum tw_settings_program program, int argc,
    char **argv, struct tw_err *err)
{
    if (argc < 1 || strncmp(argv[0], "--", 2) != 0)
        return 0;
    const char *name = argv[0] + 2;
    size_t size = strcspn(name, "=");
    const struct setting *row = find(name, size);
    bool is_limit = size == 5 && strncmp(name, "limit", 5) == 0;
    if (!is_limit && (!row || !(row->programs & program)))
        return 0;
    const char *value = name[size] == '=' ? name + size + 1 : argc > 1 ? argv[1] : NULL;
    if (!value)
        return tw_err_set(
            err, TW_E_USAGE, "--%s needs a value (%s)", name, row ? row->metavar : "NAME=VALUE");
    int r = is_limit ? tw_limits_set(&settings->limits, value, err)
                     : set_row(settings, row, value, err);
    return r < 0 ? r : name[size] == '=' ? 1 : 2;
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
    registries_done(&settings->registries);
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

struct tw_cage_options tw_settings_cage(const struct tw_settings *settings)
{
    return (struct tw_cage_options){.program = settings->cage_program, .walls = settings->cage};
}

bool tw_settings_whole_layers(const struct tw_settings *settings)
{
    return strcmp(settings->seekable_layers, "whole") == 0;
}

void tw_settings_print_help(enum tw_settings_program program, FILE *out)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        const struct setting *row = &settings_table[i];
        char variable[80];
        if (!(row->programs & program))
            continue;
        variable_name(row, variable, sizeof variable);
        fprintf(out, "  --%s=%s\n      %s", row->name, row->metavar, row->help);
        fprintf(
            out, row->fallback ? " (default: %s)\n" : "%s\n", row->fallback ? row->fallback : "");
        fprintf(out, "      environment: %s\n", variable);
    }
    fprintf(out, "  --limit=NAME=VALUE\n"
                 "      changes a row of --print-limits; may be given again\n");
}

void tw_settings_print(const struct tw_settings *settings, FILE *out)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        const struct setting *row = &settings_table[i];
        const char *at = (const char *)settings + row->offset;
        if (row->kind == NUMBER)
            fprintf(out, "%s=%" PRIu64 "\n", row->name, *(const uint64_t *)(const void *)at);
        else
            fprintf(out, "%s=%s\n", row->name,
                *(char *const *)(const void *)at ? *(char *const *)(const void *)at : "");
    }
}

void tw_settings_print_limits(const struct tw_settings *settings, FILE *out)
{
    fprintf(out, "%-22s %15s %15s  %-8s %s\n", "limit", "value", "hard maximum", "unit", "what");
    for (unsigned i = 0; i < tw_limit_row_count; i++) {
        const struct tw_limit_row *row = &tw_limit_rows[i];
        const char *at = (const char *)&settings->limits + row->offset;
        fprintf(out, "%-22s %15" PRIu64 " %15" PRIu64 "  %-8s %s\n", row->name,
            *(const uint64_t *)(const void *)at, row->hard_maximum, row->unit, row->why);
    }
}
