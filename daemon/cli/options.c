#include "daemon/cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "api/service.h"
#include "scanner/base/mem.h"
#include "scanner/base/quantity.h"
#include "scanner/facts/similar.h"

enum {
    TIMEOUT_DEFAULT_S = 3600,
    TIMEOUT_MAX_S = 7 * 24 * 3600,
    COUNT_DEFAULT = 100,
    COUNT_MAX = 10000,
};

static int set_format(struct tw_options *o, const char *value, struct tw_err *err)
{
    const struct tw_report_format *format = tw_report_format_find(value);
    if (format) {
        o->format = format;
        return 0;
    }
    TW_AUTO(tw_buf_done) struct tw_buf known = TW_BUF(256);
    for (size_t i = 0; (format = tw_report_format_at(i)); i++)
        tw_buf_printf(&known, "%s%s", i ? ", " : "", format->name);
    return tw_err_set(
        err, TW_E_USAGE, "--format %.40s: must be one of %s", value, known.data ? known.data : "");
}

int tw_options_record_format(const struct tw_options *o, bool *ret_json, struct tw_err *err)
{
    bool json = strcmp(o->format->name, "json") == 0;
    if (!json && strcmp(o->format->name, "text") != 0)
        return tw_err_set(err, TW_E_USAGE,
            "--format %s is for reports on images; here it must be text or json", o->format->name);
    *ret_json = json;
    return 0;
}

static int set_output(struct tw_options *o, const char *value, struct tw_err *err)
{
    (void)err;
    o->output = strcmp(value, "-") == 0 ? NULL : value;
    return 0;
}

static int set_platform(struct tw_options *o, const char *value, struct tw_err *err)
{
    if (strcmp(value, "all") != 0 && !strchr(value, '/'))
        return tw_err_set(err, TW_E_USAGE,
            "--platform %.40s: must be all or OS/ARCH[/VARIANT], such as linux/amd64", value);
    o->platform = value;
    return 0;
}

static int set_fail_on(struct tw_options *o, const char *value, struct tw_err *err)
{
    int r = tw_severity_parse(value, &o->fail_on, err);
    o->has_fail_on = r == 0;
    return r < 0 ? tw_err_wrap(err, r, "--fail-on") : 0;
}

static int set_namespace(struct tw_options *o, const char *value, struct tw_err *err)
{
    (void)err;
    o->kube_namespace = value;
    return 0;
}

static int set_label(struct tw_options *o, const char *value, struct tw_err *err)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value || o->label_count == TW_OPTION_LABELS)
        return tw_err_set(err, TW_E_USAGE,
            "--label %.60s: must be NAME=VALUE, and there may be %d of them", value,
            TW_OPTION_LABELS);
    char *name = (char *)value; // of argv, which is ours to cut
    name[equals - value] = '\0';
    o->labels[o->label_count++] = (struct tw_label){.name = name, .value = equals + 1};
    return 0;
}

static int set_cpu_limit(struct tw_options *o, const char *value, struct tw_err *err)
{
    return tw_quantity_parse(tw_span_str(value), 1000, &o->cpu_limit_millis)
               ? 0
               : tw_err_set(err, TW_E_USAGE,
                     "--cpu-limit %.40s: must be a Kubernetes quantity, such as 2 or 500m", value);
}

static int set_memory_limit(struct tw_options *o, const char *value, struct tw_err *err)
{
    return tw_quantity_parse(tw_span_str(value), 1, &o->memory_limit_bytes)
               ? 0
               : tw_err_set(err, TW_E_USAGE,
                     "--memory-limit %.40s: must be a Kubernetes quantity, such as 512Mi", value);
}

static int set_lang(struct tw_options *o, const char *value, struct tw_err *err)
{
    if (strcmp(value, "en") != 0 && strcmp(value, "zh") != 0)
        return tw_err_set(err, TW_E_USAGE, "--lang %.40s: must be en or zh", value);
    o->lang = value[0] == 'z' ? TW_ZH : TW_EN;
    return 0;
}

static int set_go(struct tw_options *o, const char *value, struct tw_err *err)
{
    return tw_goversion_parse(tw_span_str(value), &o->go)
               ? 0
               : tw_err_set(
                     err, TW_E_USAGE, "--go %.40s: must be a Go version, such as 1.26", value);
}

#define SWITCH(field)                                                                              \
    static int set_##field(struct tw_options *o, const char *value, struct tw_err *err)            \
    {                                                                                              \
        (void)value;                                                                               \
        (void)err;                                                                                 \
        o->field = true;                                                                           \
        return 0;                                                                                  \
    }
SWITCH(functions)
SWITCH(markdown)
SWITCH(quiet)
SWITCH(plain_http)
SWITCH(wait)
SWITCH(rescan)
SWITCH(failed)
#undef SWITCH

static int set_state(struct tw_options *o, const char *value, struct tw_err *err)
{
    enum tw_scan_state state;
    int r = tw_scan_state_parse(value, &state, err);
    o->state = value;
    return r < 0 ? tw_err_wrap(err, r, "--state") : 0;
}

static int set_number(
    const char *name, const char *value, uint64_t max, uint64_t *ret_number, struct tw_err *err)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || number == 0 || number > max)
        return tw_err_set(err, TW_E_USAGE, "--%s %.40s: must be a number from 1 to %llu", name,
            value, (unsigned long long)max);
    *ret_number = number;
    return 0;
}

static int set_timeout(struct tw_options *o, const char *value, struct tw_err *err)
{
    return set_number("timeout", value, TIMEOUT_MAX_S, &o->timeout_s, err);
}

static int set_count(struct tw_options *o, const char *value, struct tw_err *err)
{
    return set_number("count", value, COUNT_MAX, &o->count, err);
}

static const struct tw_option option_table[] = {
    {"format", "NAME", "text or json; of images also sarif, junit or cyclonedx (default: text)",
        set_format},
    {"output", "FILE", "write the result there (default: standard output)", set_output},
    {"platform", "OS/ARCH[/VARIANT]", "one platform of a multi-platform image (default: all)",
        set_platform},
    {"fail-on", "SEVERITY",
        "exit with 1 on findings at or above: critical, high, medium, low, info (default: as the "
        "policy says)",
        set_fail_on},
    {"namespace", "NAME", "the Kubernetes namespace that it will run in, for the policy's channels",
        set_namespace},
    {"label", "NAME=VALUE", "a label of its Pod, for the policy's channels; may be repeated",
        set_label},
    {"cpu-limit", "QUANTITY", "CPU limit of its container: 2, 1.5, 500m", set_cpu_limit},
    {"memory-limit", "QUANTITY", "memory limit of its container: 512Mi, 1G", set_memory_limit},
    {"lang", "LANG", "en or zh (default: en)", set_lang},
    {"go", "VERSION", "the Go version that is asked about (default: the newest known)", set_go},
    {"functions", NULL, "list the functions whose names the binary has, sorted", set_functions},
    {"markdown", NULL, "the whole catalogue as a document", set_markdown},
    {"quiet", NULL, "no progress", set_quiet},
    {"wait", NULL, "until the scan has ended; then its verdict decides the exit code", set_wait},
    {"timeout", "SECONDS", "the longest wait (default: 3600)", set_timeout},
    {"rescan", NULL, "a new scan, even when the image has been scanned", set_rescan},
    {"failed", NULL, "those that failed: the same as --state failed", set_failed},
    {"state", "queued|running|done|failed", "those in this state", set_state},
    {"count", "N", "at most so many, the newest (default: 100)", set_count},
    {"plain-http", NULL, "ask this registry over plain HTTP", set_plain_http},
};

static bool is_taken(const char *takes, const char *name, size_t size)
{
    for (const char *p = takes; *p;) {
        size_t n = strcspn(p, " ");
        if (n == size && strncmp(p, name, n) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

const struct tw_option *tw_option_at(size_t index)
{
    return index < TW_COUNT(option_table) ? &option_table[index] : NULL;
}

bool tw_command_takes(const struct tw_command *command, const struct tw_option *option)
{
    return is_taken(command->takes, option->name, strlen(option->name));
}

static const struct tw_option *find_option(
    const struct tw_command *command, const char *name, size_t size)
{
    for (size_t i = 0; i < TW_COUNT(option_table); i++) {
        if (strlen(option_table[i].name) == size &&
            strncmp(option_table[i].name, name, size) == 0 &&
            tw_command_takes(command, &option_table[i]))
            return &option_table[i];
    }
    return NULL;
}

static void print_help(const struct tw_command *command)
{
    printf("tidewaiter %s %s\n\n%s\n\n", command->name, command->usage, command->summary);
    for (size_t i = 0; i < TW_COUNT(option_table); i++) {
        const struct tw_option *row = &option_table[i];
        if (tw_command_takes(command, row))
            printf("  --%s%s%s\n      %s\n", row->name, row->metavar ? "=" : "",
                row->metavar ? row->metavar : "", row->help);
    }
    tw_settings_print_help(command->program, stdout);
}

static const char *name_at(void *ctx, size_t index)
{
    const struct tw_option *option = tw_option_at(index);
    return !option ? NULL : tw_command_takes(ctx, option) ? option->name : "";
}

static int refuse_option(
    const struct tw_command *command, const char *name, size_t size, struct tw_err *err)
{
    struct tw_span span = tw_span_of(name, size);
    const char *near = tw_similar_nearest(span, name_at, (void *)command);
    if (!near)
        near = tw_settings_nearest(command->program, span);
    return tw_err_set(err, TW_E_USAGE, "unknown option --%.*s%s%s%s; see tidewaiter %s --help",
        (int)(size < 60 ? size : 60), name, near ? "; did you mean --" : "", near ? near : "",
        near ? "?" : "", command->name);
}

// One "--option" of the command itself; returns how many arguments it took.
static int take_option(const struct tw_command *command, int argc, char **argv,
    struct tw_options *o, struct tw_err *err)
{
    const char *name = argv[0] + 2;
    size_t size = strcspn(name, "=");
    const struct tw_option *row = find_option(command, name, size);
    if (!row)
        return refuse_option(command, name, size, err);
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    int taken = 1;
    if (row->metavar && !value) {
        if (argc < 2)
            return tw_err_set(err, TW_E_USAGE, "--%s needs a value (%s)", row->name, row->metavar);
        value = argv[1];
        taken = 2;
    } else if (!row->metavar && value) {
        return tw_err_set(err, TW_E_USAGE, "--%s takes no value", row->name);
    }
    int r = row->set(o, value, err);
    return r < 0 ? r : taken;
}

int tw_options_parse(const struct tw_command *command, struct tw_settings *settings, int argc,
    char **argv, struct tw_options *ret_options, struct tw_err *err)
{
    struct tw_options o = {.format = tw_report_format_find("text"),
        .timeout_s = TIMEOUT_DEFAULT_S,
        .count = COUNT_DEFAULT};
    TW_AUTO(tw_freep) const char **operands = calloc((size_t)argc + 1, sizeof *operands);
    if (!operands)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    bool only_operands = false;
    for (int i = 1; i < argc;) {
        if (only_operands || strncmp(argv[i], "-", 1) != 0 || strcmp(argv[i], "-") == 0) {
            operands[o.operand_count++] = argv[i++];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_operands = true;
            i++;
            continue;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(command);
            return 1;
        }
        if (strncmp(argv[i], "--", 2) != 0)
            return tw_err_set(err, TW_E_USAGE, "unknown option %.40s; see tidewaiter %s --help",
                argv[i], command->name);
        int n = tw_settings_flag(settings, command->program, argc - i, argv + i, err);
        if (n == 0)
            n = take_option(command, argc - i, argv + i, &o, err);
        if (n < 0)
            return n;
        i += n;
    }
    int r = tw_settings_read_file(settings, command->program, err);
    if (r < 0)
        return r;
    o.operands = TW_TAKE(operands);
    *ret_options = o;
    return 0;
}

int tw_options_write(const struct tw_options *options, struct tw_span text, struct tw_err *err)
{
    TW_AUTO(tw_closep) int opened = -1;
    int fd = STDOUT_FILENO;
    const char *where = options->output ? options->output : "standard output";
    if (options->output)
        fd = opened = open(options->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s", where, strerror(errno));
    for (uint64_t done = 0; done < text.n;) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "%s: %s", where, strerror(errno));
        done += (uint64_t)n;
    }
    return 0;
}

struct tw_report_style tw_options_style(const struct tw_options *options)
{
    struct tw_report_style style = {.lang = options->lang};
    struct winsize window;
    const char *no_colour = getenv("NO_COLOR");
    if (options->output || !isatty(STDOUT_FILENO))
        return style;
    style.colour = !(no_colour && *no_colour);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
        style.width = window.ws_col;
    return style;
}

int tw_trouble(const struct tw_err *err)
{
    fprintf(stderr, "tidewaiter: %s\n", err->msg);
    return TW_EXIT_TROUBLE;
}
