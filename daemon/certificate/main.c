// tidewaiter-certificate: a CA, a certificate and a caBundle for clusters without cert-manager.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/certificate/authority.h"
#include "daemon/certificate/rotation.h"
#include "daemon/http/http.h"
#include "scanner/base/json.h"

enum { EXIT_TROUBLE = 2, TRIES = 6, LABEL_BYTES_MAX = 63, NAME_BYTES_MAX = 253 };

struct options {
    const char *service, *secret, *ca_secret, *webhook, *account;
    uint64_t days, pause_s;
    bool only_print, help, version;
};

// ---- flags ----

static const struct flag {
    const char *name, *argument, *text;
    size_t offset; // in struct options
    uint64_t max;  // of a number; 0: text
} flags[] = {
    {"--service", "NAME", "the Service that the API server calls",
        offsetof(struct options, service), 0},
    {"--secret", "NAME", "Secret for tls.crt, tls.key and ca.crt", offsetof(struct options, secret),
        0},
    {"--ca-secret", "NAME", "Secret for the CA and its key", offsetof(struct options, ca_secret),
        0},
    {"--webhook", "NAME", "ValidatingWebhookConfiguration whose caBundle is kept",
        offsetof(struct options, webhook), 0},
    {"--days", "N", "a certificate's life; it is renewed when a third of that is left",
        offsetof(struct options, days), TW_LEAF_DAYS_MAX},
    {"--pause", "SECONDS", "between a new CA in the caBundle and a certificate that it signed",
        offsetof(struct options, pause_s), 600},
    {"--account", "FOLDER", "the Pod's service account", offsetof(struct options, account), 0},
};

static const struct errand {
    const char *name, *text;
    size_t offset;
} errands[] = {
    {"--print", "say what would be done, and do nothing", offsetof(struct options, only_print)},
    {"--help", "", offsetof(struct options, help)},
    {"--version", "", offsetof(struct options, version)},
};

static void *field(struct options *options, size_t offset)
{
    return (char *)options + offset;
}

static int set_flag(
    const struct flag *flag, const char *value, struct options *options, struct tw_err *err)
{
    if (flag->max == 0) {
        *(const char **)field(options, flag->offset) = value;
        return 0;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    bool is_number = *value >= '0' && *value <= '9' && *end == '\0' && errno == 0;
    if (!is_number || n > flag->max || (n == 0 && strcmp(flag->name, "--days") == 0))
        return tw_err_set(err, TW_E_USAGE, "%s=%.40s: a number up to %llu is meant", flag->name,
            value, (unsigned long long)flag->max);
    *(uint64_t *)field(options, flag->offset) = n;
    return 0;
}

static int parse_one(const char *word, struct options *options, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(errands); i++) {
        if (strcmp(word, errands[i].name) != 0)
            continue;
        *(bool *)field(options, errands[i].offset) = true;
        return 0;
    }
    for (size_t i = 0; i < TW_COUNT(flags); i++) {
        size_t n = strlen(flags[i].name);
        if (strncmp(word, flags[i].name, n) == 0 && word[n] == '=')
            return set_flag(&flags[i], word + n + 1, options, err);
    }
    return tw_err_set(err, TW_E_USAGE, "\"%.80s\" is no flag; --help lists them", word);
}

// Names go into URLs and certificates: RFC 1123, as Kubernetes has it.
static int check_name(
    const char *flag, const char *name, size_t max_bytes, const char *alphabet, struct tw_err *err)
{
    size_t n = strlen(name);
    bool good = n > 0 && n <= max_bytes && strspn(name, alphabet) == n && !strchr(".-", name[0]) &&
                !strchr(".-", name[n - 1]);
    return good ? 0
                : tw_err_set(err, TW_E_USAGE, "%s: \"%.80s\" is no name that Kubernetes takes",
                      flag, name);
}

static int check_names(const struct options *options, struct tw_err *err)
{
    static const char label[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    int r = check_name("--service", options->service, LABEL_BYTES_MAX, label, err);
    if (r == 0)
        r = check_name("--secret", options->secret, NAME_BYTES_MAX, name, err);
    if (r == 0)
        r = check_name("--ca-secret", options->ca_secret, NAME_BYTES_MAX, name, err);
    if (r == 0)
        r = check_name("--webhook", options->webhook, NAME_BYTES_MAX, name, err);
    if (r == 0 && strcmp(options->secret, options->ca_secret) == 0)
        r = tw_err_set(err, TW_E_USAGE, "--secret and --ca-secret must be two Secrets");
    return r;
}

static int print_help(struct options *options)
{
    printf(
        "usage: tidewaiter-certificate [--NAME=VALUE...] [--print]\n\n"
        "Runs in a Pod. Keeps a CA, a certificate of it for a Service, and the caBundle of an\n"
        "admission webhook that calls it, for clusters without cert-manager. To run it again is\n"
        "safe; what is in order stays. Exit: 0 in order, 2 trouble.\n\n");
    for (size_t i = 0; i < TW_COUNT(flags); i++) {
        char left[40];
        snprintf(left, sizeof left, "%s=%s", flags[i].name, flags[i].argument);
        printf("  %-18s %s", left, flags[i].text);
        if (flags[i].max > 0)
            printf(" (%llu)\n", (unsigned long long)*(uint64_t *)field(options, flags[i].offset));
        else
            printf(" (%s)\n", *(const char **)field(options, flags[i].offset));
    }
    printf("  %-18s %s\n", errands[0].name, errands[0].text);
    return 0;
}

// ---- the run ----

static int64_t now_s(void)
{
    return time(NULL);
}

static void sleep_s(uint64_t seconds)
{
    for (unsigned left = (unsigned)seconds; left > 0;)
        left = sleep(left);
}

// Somebody may change an object between our reading and writing it; an API server may be starting.
static int run_until_done(const struct tw_rotation *rotation, struct tw_err *err)
{
    for (unsigned wait_s = 1, i = 1;; i++, wait_s *= 2) {
        *err = (struct tw_err){0};
        int r = tw_rotation_run(rotation, err);
        fflush(rotation->out);
        if (r != TW_E_UNAVAILABLE || i == TRIES)
            return r;
        fprintf(stderr, "tidewaiter-certificate: %s; once more in %u s\n", err->msg, wait_s);
        sleep_s(wait_s);
    }
}

static int run(const struct options *options, struct tw_err *err)
{
    const struct tw_cluster_place place = {
        .account = options->account,
        .host = getenv("KUBERNETES_SERVICE_HOST"),
        .port = getenv("KUBERNETES_SERVICE_PORT"),
    };
    if (!place.host || !*place.host || !place.port || !*place.port)
        return tw_err_set(err, TW_E_USAGE,
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; this runs in a Pod");
    TW_AUTO(tw_cluster_closep) struct tw_cluster *cluster = NULL;
    int r = tw_cluster_open(&place, &cluster, err);
    if (r == 0)
        r = check_name("the service account's namespace", tw_cluster_namespace(cluster),
            LABEL_BYTES_MAX, "abcdefghijklmnopqrstuvwxyz0123456789-", err);
    if (r < 0)
        return r;
    const struct tw_rotation rotation = {
        .cluster = cluster,
        .service = options->service,
        .secret = options->secret,
        .ca_secret = options->ca_secret,
        .webhook = options->webhook,
        .days = options->days,
        .pause_s = options->pause_s,
        .only_print = options->only_print,
        .now_s = now_s,
        .sleep_s = sleep_s,
        .out = stdout,
    };
    return run_until_done(&rotation, err);
}

int main(int argc, char **argv)
{
    struct tw_err err = {0};
    struct options options = {
        .service = "tidewaiter",
        .secret = "tidewaiter-tls",
        .ca_secret = "tidewaiter-ca",
        .webhook = "tidewaiter",
        .account = "/var/run/secrets/kubernetes.io/serviceaccount",
        .days = 365,
        .pause_s = 10,
    };
    struct options defaults = options;
    int r = 0;
    tw_json_init();
    for (int i = 1; i < argc && r == 0; i++)
        r = parse_one(argv[i], &options, &err);
    if (r == 0 && options.help)
        return print_help(&defaults);
    if (r == 0 && options.version)
        return printf("tidewaiter-certificate " TW_VERSION "\n") < 0;
    if (r == 0)
        r = check_names(&options, &err);
    if (r == 0)
        r = tw_http_global_init(&err);
    if (r == 0) {
        r = run(&options, &err);
        tw_http_global_done();
    }
    if (r < 0)
        fprintf(stderr, "tidewaiter-certificate: %s\n", err.msg);
    return r < 0 ? EXIT_TROUBLE : 0;
}
