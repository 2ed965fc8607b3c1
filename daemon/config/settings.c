#include "daemon/config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/table.h"
#include "scanner/base/mem.h"
#include "scanner/facts/similar.h"

#define AT(field) offsetof(struct tw_settings, field)
#define BOTH (TW_FOR_DAEMON | TW_FOR_CLI)
#define LIVE TW_SETTING_LIVE
#define NOT_IN_FILE TW_SETTING_NOT_IN_FILE
#define TEXT TW_SETTING_TEXT
#define LIST TW_SETTING_LIST
#define NUMBER TW_SETTING_NUMBER
#define WORD TW_SETTING_WORD

static const struct tw_setting_row settings_table[] = {
    {"listen", TEXT, TW_FOR_DAEMON, AT(listen), "127.0.0.1:8055", 0, 0, "ADDRESS:PORT",
        "where the HTTP side listens"},
    {"access", TEXT, TW_FOR_DAEMON, AT(access), NULL, 0, 0, "FILE|open",
        "who may ask what: docs/access.md. open: everybody may do everything (default: open when "
        "only this machine can reach the address, else it must be said)"},
    {"google-keys", TEXT, TW_FOR_DAEMON, AT(google_keys), NULL, 0, 0, "FILE",
        "Google's public keys (a JWK set), for webhooks that ask for its tokens: docs/webhooks.md"},
    {"tls-cert", TEXT, TW_FOR_DAEMON, AT(tls_cert), NULL, 0, 0, "FILE",
        "certificate chain in PEM; then HTTPS is spoken (default: plain HTTP)"},
    {"tls-key", TEXT, TW_FOR_DAEMON, AT(tls_key), NULL, 0, 0, "FILE", "its key in PEM"},
    {"tls-client-ca", TEXT, TW_FOR_DAEMON, AT(tls_client_ca), NULL, 0, 0, "FILE",
        "CAs in PEM that vouch for certificates of clients"},
    {"data-dir", TEXT, TW_FOR_DAEMON, AT(data_dir), NULL, 0, 0, "DIR",
        "where queue and results are kept (default: /var/lib/tidewaiter for root, else "
        "~/.local/state/tidewaiter)"},
    {"registries", LIST, BOTH | LIVE, AT(registries_text), "http://localhost:5055", 0, 0,
        "URL[,URL...]",
        "registries that may be asked; http:// allows plain HTTP for that one. The daemon asks "
        "no other; the command line asks any other over HTTPS"},
    {"docker-config", TEXT, BOTH | LIVE, AT(docker_config), NULL, 0, 0, "FILE",
        "credentials of registries (default: $DOCKER_CONFIG/config.json, else "
        "~/.docker/config.json, when there is one)"},
    {"certs-dir", TEXT, BOTH | LIVE, AT(certs_dir), "/etc/docker/certs.d", 0, 0, "DIR",
        "DIR/HOST:PORT/*.crt are trusted for that registry besides the system's, and a pair "
        "*.cert and *.key is shown to it"},
    {"workers", NUMBER, TW_FOR_DAEMON | LIVE, AT(workers), "2", 1, 64, "N", "scans at a time"},
    {"queue-max", NUMBER, TW_FOR_DAEMON | LIVE, AT(queue_max), "1000000", 1, 100000000, "N",
        "queued scans; past it a push is answered with 429"},
    {"disk-reserve", NUMBER, TW_FOR_DAEMON | LIVE, AT(disk_reserve_mib), "256", 0, 1048576, "MIB",
        "of the data directory's disk that pushes leave free, for the scans of those before; "
        "past it a push is answered with 429"},
    {"layer-store", NUMBER, TW_FOR_DAEMON | LIVE, AT(layer_store_mib), "4096", 1, 1048576, "MIB",
        "of the data directory's disk for what layers were found to hold, so that each is read "
        "once; past it those go that were not asked for the longest"},
    {"layer-days", NUMBER, TW_FOR_DAEMON | LIVE, AT(layer_days), "90", 1, 36500, "DAYS",
        "after which a layer that no scan asked for is forgotten"},
    {"stats-days", NUMBER, TW_FOR_DAEMON, AT(stats_days), "730", 1, 36500, "DAYS",
        "of which /v1/stats tells one value a day; of the last 62 one an hour"},
    {"max-attempts", NUMBER, TW_FOR_DAEMON | LIVE, AT(max_attempts), "8", 1, 100, "N",
        "tries of a scan before it is failed"},
    {"max-connections", NUMBER, TW_FOR_DAEMON | LIVE, AT(max_connections), "256", 1, 10000, "N",
        "HTTP connections at a time"},
    {"cors-origins", TEXT, TW_FOR_DAEMON, AT(cors_origins), NULL, 0, 0, "ORIGINS",
        "pages that may ask from a browser: https://board.example, several with spaces; * for any"},
    {"events-max", NUMBER, TW_FOR_DAEMON, AT(events_max), "64", 0, 5000, "N",
        "streams of /v1/events at a time, each of them a connection; at most half of those"},
    {"client-connections", NUMBER, TW_FOR_DAEMON | LIVE, AT(client_connections), "128", 0, 10000,
        "N", "of them from one address; 0: no limit"},
    {"client-rate", NUMBER, TW_FOR_DAEMON | LIVE, AT(client_rate), "2000", 0, 1000000, "N",
        "requests a second from one address, twice as many in a burst; more are answered with 429; "
        "0: no limit"},
    {"idle-timeout", NUMBER, TW_FOR_DAEMON | LIVE, AT(idle_timeout_s), "15", 1, 3600, "SECONDS",
        "after which a silent HTTP connection is closed"},
    {"admission-timeout", NUMBER, TW_FOR_DAEMON | LIVE, AT(admission_timeout_s), "10", 1, 30,
        "SECONDS", "the longest wait of an admission; Kubernetes' own timeout should be longer"},
    {"admission-memory", NUMBER, TW_FOR_DAEMON | LIVE, AT(admission_memory_mib), "256", 1, 1048576,
        "MIB", "inventories that are kept in memory for admissions"},
    {"admission-tag-seconds", NUMBER, TW_FOR_DAEMON | LIVE, AT(admission_tag_s), "30", 1, 86400,
        "SECONDS", "an admission takes a tag to point where it pointed so long ago"},
    {"grace", NUMBER, TW_FOR_DAEMON | LIVE, AT(grace_s), "10", 0, 600, "SECONDS",
        "for scans and requests under way after SIGTERM"},
    {"connect-timeout", NUMBER, BOTH | TW_FOR_CLIENT | LIVE, AT(connect_timeout_s), "10", 1, 600,
        "SECONDS", "to reach a registry"},
    {"stall-timeout", NUMBER, BOTH | TW_FOR_CLIENT | LIVE, AT(stall_timeout_s), "30", 1, 3600,
        "SECONDS", "without a byte from a registry, then the transfer is given up"},
    {"cage-program", TEXT, BOTH, AT(cage_program), NULL, 0, 0, "FILE",
        "tidewaiter-layer (default: beside this program)"},
    {"cage", WORD, BOTH, AT(cage), "full", 0, 0, "full|without-landlock|none",
        "the walls around the reading of layers; less than full only where the kernel or a "
        "container's runtime has no landlock, or takes no seccomp filters (none: only rlimits)"},
    {"seekable-layers", WORD, BOTH | LIVE, AT(seekable_layers), "parts", 0, 0, "parts|whole",
        "eStargz and zstd:chunked from registries: only the parts that matter, by the table of "
        "contents that the manifest vouches for; or whole, since a layer may have more in it than "
        "its table says"},
    {"layers-at-once", NUMBER, BOTH | LIVE, AT(layers_at_once), "2", 1, 64, "N",
        "layers of one image that are read at the same time"},
    {"layers-memory", NUMBER, BOTH | LIVE, AT(layers_memory_mib), "512", 0, 1048576, "MIB",
        "which the executables in them may take, all together; a layer past it waits"},
    {"policy", TEXT, BOTH | LIVE, AT(policy), NULL, 0, 0, "FILE",
        "what counts how much, where exceptions hold, until when (default: the profile alone)"},
    {"profile", TEXT, BOTH | LIVE, AT(profile), "default", 0, 0, "NAME",
        "default, strict or declared; a policy file has its own"},
    {"notify", TEXT, TW_FOR_DAEMON, AT(notify), NULL, 0, 0, "FILE",
        "who is told of new findings, drift and failed scans, and how: docs/notifications.md "
        "(default: nobody)"},
    {"log-level", WORD, TW_FOR_DAEMON | LIVE, AT(log_level), "info", 0, 0,
        "error|warning|info|debug", "what is logged: this and what is worse"},
    {"log-format", WORD, TW_FOR_DAEMON | LIVE, AT(log_format), "text", 0, 0, "text|json",
        "lines for people, with name=value behind the message; or one JSON object a line"},
    {"server", TEXT, TW_FOR_CLIENT, AT(server), "http://127.0.0.1:8055", 0, 0, "URL",
        "the daemon that is asked"},
    {"token-file", TEXT, TW_FOR_CLIENT, AT(token_file), NULL, 0, 0, "FILE",
        "has the token that is shown to it (default: TIDEWAITER_TOKEN of the environment)"},
    {"ca", TEXT, TW_FOR_CLIENT, AT(ca), NULL, 0, 0, "FILE",
        "CAs in PEM that vouch for its certificate, besides the system's"},
    {"config", TEXT, BOTH | TW_FOR_CLIENT | NOT_IN_FILE, AT(config), NULL, 0, 0, "FILE",
        "settings in YAML, under the names of these flags: docs/configuration.md (default: of the "
        "daemon " TW_CONFIG_DEFAULT ", when there is one)"},
};

_Static_assert(TW_COUNT(settings_table) <= TW_SETTINGS_MAX, "raise TW_SETTINGS_MAX");

// ---- rows ----

const struct tw_setting_row *tw_setting_at(size_t index)
{
    return index < TW_COUNT(settings_table) ? &settings_table[index] : NULL;
}

const struct tw_setting_row *tw_setting_find(struct tw_span name)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        if (tw_span_equals(name, settings_table[i].name))
            return &settings_table[i];
    }
    return NULL;
}

static size_t index_of(const struct tw_setting_row *row)
{
    return (size_t)(row - settings_table);
}

char **tw_setting_text(const struct tw_settings *settings, const struct tw_setting_row *row)
{
    return (char **)(void *)((char *)settings + row->offset);
}

uint64_t *tw_setting_number(const struct tw_settings *settings, const struct tw_setting_row *row)
{
    return (uint64_t *)(void *)((char *)settings + row->offset);
}

struct tw_origin *tw_setting_origin(
    const struct tw_settings *settings, const struct tw_setting_row *row)
{
    return (struct tw_origin *)&settings->origins[index_of(row)];
}

struct tw_origin *tw_limit_origin(
    const struct tw_settings *settings, const struct tw_limit_row *row)
{
    return (struct tw_origin *)&settings->limit_origins[row - tw_limit_rows];
}

// ---- names that are nearly right ----

static const char *name_for(void *ctx, size_t index)
{
    const unsigned *programs = ctx;
    if (index == TW_COUNT(settings_table))
        return "limits";
    const struct tw_setting_row *row = tw_setting_at(index);
    return !row ? NULL : row->traits & *programs ? row->name : "";
}

const char *tw_settings_nearest(unsigned programs, struct tw_span name)
{
    return tw_similar_nearest(name, name_for, &programs);
}

static const char *name_of_limit(void *ctx, size_t index)
{
    (void)ctx;
    return index < tw_limit_row_count ? tw_limit_rows[index].name : NULL;
}

int tw_limit_find(struct tw_span name, const struct tw_limit_row **ret_row, struct tw_err *err)
{
    *ret_row = tw_limits_find(name);
    if (*ret_row)
        return 0;
    const char *near = tw_similar_nearest(name, name_of_limit, NULL);
    return tw_err_set(err, TW_E_USAGE, "no limit is named \"%.*s\"%s%s%s",
        (int)(name.n < 80 ? name.n : 80), (const char *)name.p, near ? "; did you mean " : "",
        near ? near : "", near ? "?" : "");
}

// ---- values ----

static bool is_word_of(const char *words, const char *value)
{
    size_t n = strlen(value);
    for (; *words; words += strcspn(words, "|"), words += *words == '|') {
        if (strcspn(words, "|") == n && strncmp(words, value, n) == 0)
            return true;
    }
    return false;
}

static int read_number(
    const struct tw_setting_row *row, const char *value, uint64_t *ret_number, struct tw_err *err)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno || v < row->min || v > row->max)
        return tw_err_set(err, TW_E_USAGE,
            "%s: \"%.40s\" must be a number from %" PRIu64 " to %" PRIu64, row->name, value,
            row->min, row->max);
    *ret_number = v;
    return 0;
}

static int put(struct tw_settings *settings, const struct tw_setting_row *row, const char *value,
    bool counts, struct tw_err *err)
{
    uint64_t number = 0;
    if (row->kind == TW_SETTING_WORD && !is_word_of(row->metavar, value))
        return tw_err_set(
            err, TW_E_USAGE, "%s: \"%.40s\" must be one of %s", row->name, value, row->metavar);
    if (row->kind == TW_SETTING_NUMBER) {
        int r = read_number(row, value, &number, err);
        if (r == 0 && counts)
            *tw_setting_number(settings, row) = number;
        return r;
    }
    char *copy = counts ? strdup(value) : NULL;
    if (counts && !copy)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (counts) {
        free(*tw_setting_text(settings, row));
        *tw_setting_text(settings, row) = copy;
    }
    return 0;
}

int tw_setting_put(struct tw_settings *settings, const struct tw_setting_row *row,
    const char *value, struct tw_origin origin, struct tw_err *err)
{
    struct tw_origin *now = tw_setting_origin(settings, row);
    bool counts = origin.from >= now->from; // what is said later of the same rank counts
    int r = put(settings, row, value, counts, err);
    if (r == 0 && counts)
        *now = origin;
    return r;
}

int tw_limit_put(struct tw_settings *settings, const struct tw_limit_row *row, const char *value,
    struct tw_origin origin, struct tw_err *err)
{
    struct tw_limits unused;
    struct tw_origin *now = tw_limit_origin(settings, row);
    bool counts = origin.from >= now->from;
    int r = tw_limits_set_row(counts ? &settings->limits : &unused, row, value, err);
    if (r == 0 && counts)
        *now = origin;
    return r;
}

void tw_settings_done(struct tw_settings *settings)
{
    for (size_t i = 0; i < TW_COUNT(settings_table); i++) {
        if (settings_table[i].kind != TW_SETTING_NUMBER)
            free(*tw_setting_text(settings, &settings_table[i]));
    }
    tw_registry_rules_done(&settings->registries);
    memset(settings, 0, sizeof *settings);
}

// ---- the command line ----

static int put_limit(struct tw_settings *settings, const char *assignment, struct tw_err *err)
{
    const struct tw_limit_row *row;
    size_t size = strcspn(assignment, "=");
    int r = tw_limit_find(tw_span_of(assignment, size), &row, err);
    return r < 0 ? r
                 : tw_limit_put(settings, row, assignment + size + (assignment[size] == '='),
                       (struct tw_origin){.from = TW_FROM_FLAG}, err);
}

int tw_settings_set(struct tw_settings *settings, enum tw_settings_program program,
    const char *name, const char *value, struct tw_err *err)
{
    if (strcmp(name, "limit") == 0)
        return put_limit(settings, value, err);
    const struct tw_setting_row *row = tw_setting_find(tw_span_str(name));
    if (!row || !(row->traits & program))
        return tw_err_set(err, TW_E_USAGE, "there is no setting \"%.80s\"", name);
    return tw_setting_put(settings, row, value, (struct tw_origin){.from = TW_FROM_FLAG}, err);
}

int tw_settings_flag(struct tw_settings *settings, enum tw_settings_program program, int argc,
    char **argv, struct tw_err *err)
{
    if (argc < 1 || strncmp(argv[0], "--", 2) != 0)
        return 0;
    const char *name = argv[0] + 2;
    size_t size = strcspn(name, "=");
    const struct tw_setting_row *row = tw_setting_find(tw_span_of(name, size));
    bool is_limit = size == 5 && strncmp(name, "limit", 5) == 0;
    if (!is_limit && (!row || !(row->traits & program)))
        return 0;
    const char *value = name[size] == '=' ? name + size + 1 : argc > 1 ? argv[1] : NULL;
    if (!value)
        return tw_err_set(
            err, TW_E_USAGE, "--%s needs a value (%s)", name, row ? row->metavar : "NAME=VALUE");
    int r = is_limit ? put_limit(settings, value, err)
                     : tw_setting_put(
                           settings, row, value, (struct tw_origin){.from = TW_FROM_FLAG}, err);
    return r < 0 ? r : name[size] == '=' ? 1 : 2;
}

bool tw_settings_flag_at(size_t index, struct tw_setting_flag *ret_flag)
{
    const struct tw_setting_row *row = tw_setting_at(index);
    if (!row)
        return false;
    *ret_flag = (struct tw_setting_flag){.name = row->name,
        .metavar = row->metavar,
        .help = row->help,
        .is_words = row->kind == TW_SETTING_WORD,
        .programs = row->traits & (BOTH | TW_FOR_CLIENT)};
    return true;
}

// ---- what they come to ----

struct tw_cage_options tw_settings_cage(const struct tw_settings *settings)
{
    return (struct tw_cage_options){.program = settings->cage_program, .walls = settings->cage};
}

bool tw_settings_whole_layers(const struct tw_settings *settings)
{
    return strcmp(settings->seekable_layers, "whole") == 0;
}
