#include <string.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "daemon/cli/progress.h"
#include "daemon/scan/scan.h"

enum { REPORT_BYTES_MAX = 1 << 30 };

// Where an image was found, for the report's heading.
struct origin {
    const char *name; // as the person wrote it
    bool has_reference;
    struct tw_reference reference; // of a registry
};

static int read_tree(const char *name, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err)
{
    return tw_scan_tree(name + strlen("dir:"), options, ret_result, err);
}

static int read_file(const char *name, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err)
{
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *file = NULL;
    const char *path = name + strlen("file:");
    int r = tw_scan_file(path, options, &file, err);
    if (r < 0)
        return r;
    if (file->file_count > 0)
        file->files[0].path = path;
    struct tw_image_inventory **images = calloc(1, sizeof *images);
    if (!images)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    r = tw_image_inventory_of_layer(file, options->limits, &images[0], err);
    if (r < 0) {
        free(images);
        return r;
    }
    *ret_result = (struct tw_scan_result){.images = images, .count = 1};
    return 0;
}

static const struct local_kind {
    const char *prefix;
    int (*read)(const char *name, const struct tw_scan_options *options,
        struct tw_scan_result *ret_result, struct tw_err *err);
} local_kinds[] = {{"dir:", read_tree}, {"file:", read_file}};

static int read_image(const char *name, struct tw_settings *settings,
    const struct tw_scan_options *options, struct tw_scan_result *ret_result, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(local_kinds); i++) {
        if (strncmp(name, local_kinds[i].prefix, strlen(local_kinds[i].prefix)) == 0)
            return local_kinds[i].read(name, options, ret_result, err);
    }
    struct tw_source_options source_options = {.limits = &settings->limits,
        .cage_program = settings->cage_program,
        .registries = &settings->registries};
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    int r = tw_source_open(name, &source_options, &source, err);
    return r < 0 ? r : tw_scan_image(source, NULL, options, ret_result, err);
}

// A registry reference, if the name is one; other kinds of source have a colon-ended word first.
static struct origin origin_of(const char *name)
{
    struct origin origin = {.name = name};
    const struct tw_source_kind *kind;
    for (size_t i = 0; i < TW_COUNT(local_kinds); i++) {
        if (strncmp(name, local_kinds[i].prefix, strlen(local_kinds[i].prefix)) == 0)
            return origin;
    }
    for (size_t i = 0; (kind = tw_source_kind_at(i)); i++) {
        if (kind->prefix[0] && strncmp(name, kind->prefix, strlen(kind->prefix)) == 0)
            return origin;
    }
    const char *text = strncmp(name, "docker://", 9) == 0 ? name + 9 : name;
    origin.has_reference = tw_reference_parse(text, &origin.reference, NULL) == 0;
    return origin;
}

static void set_origin(struct tw_image_inventory *image, const struct origin *origin)
{
    image->reference = origin->name;
    if (!origin->has_reference)
        return;
    image->registry = origin->reference.registry;
    image->repository = origin->reference.repository;
    image->tag = origin->reference.tag[0] ? origin->reference.tag : NULL;
}

struct judged {
    struct tw_report *reports;
    struct tw_verdict **verdicts;
    size_t count;
};

static void judged_done(struct judged *judged)
{
    for (size_t i = 0; i < judged->count; i++)
        tw_verdict_free(judged->verdicts[i]);
    free(judged->verdicts);
    free(judged->reports);
}

static int judge_all(const struct tw_scan_result *result, const struct origin *origin,
    const struct tw_options *o, struct judged *judged, struct tw_err *err)
{
    struct tw_policy policy = {.name = "default", .fail_on = o->fail_on};
    judged->reports = calloc(result->count + 1, sizeof *judged->reports);
    judged->verdicts = calloc(result->count + 1, sizeof(struct tw_verdict *));
    if (!judged->reports || !judged->verdicts)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < result->count; i++) {
        set_origin(result->images[i], origin);
        int r = tw_judge(result->images[i], &policy, o->lang, &judged->verdicts[i], err);
        if (r < 0)
            return r;
        judged->reports[i] =
            (struct tw_report){.image = result->images[i], .verdict = judged->verdicts[i]};
        judged->count++;
    }
    return 0;
}

static int exit_code(const struct judged *judged, enum tw_severity fail_on)
{
    bool incomplete = false;
    for (size_t i = 0; i < judged->count; i++) {
        const struct tw_verdict *verdict = judged->reports[i].verdict;
        for (unsigned s = fail_on; s < TW_SEVERITY_COUNT; s++) {
            if (verdict->counts[s] > 0)
                return TW_EXIT_FINDINGS;
        }
        incomplete |= judged->reports[i].image->status != TW_COMPLETE;
    }
    return incomplete ? TW_EXIT_INCOMPLETE : TW_EXIT_CLEAN;
}

static int write_report(const struct tw_scan_result *result, const struct judged *judged,
    const struct tw_options *o, struct tw_err *err)
{
    struct tw_report_set set = {.reports = judged->reports, .count = judged->count};
    if (result->is_index) {
        set.index_digest = result->digest;
        set.index_media_type = result->media_type;
    }
    set.reference = o->operands[0];
    struct tw_report_style style = tw_options_style(o);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(REPORT_BYTES_MAX);
    int r = o->format->write(&set, &style, &out, err);
    return r < 0 ? r : tw_options_write(o, tw_buf_span(&out), err);
}

static int scan(struct tw_settings *settings, const struct tw_options *o, struct tw_err *err)
{
    struct tw_progress_line line;
    tw_progress_line_init(&line, o->quiet);
    struct tw_scan_progress progress = tw_progress_line_callbacks(&line);
    struct tw_scan_options options = {.limits = &settings->limits,
        .cage_program = settings->cage_program,
        .platform = o->platform,
        .progress = &progress,
        .settle = true}; // there is no later try: what cannot be had is told in the report
    struct origin origin = origin_of(o->operands[0]);
    TW_AUTO(tw_scan_result_done) struct tw_scan_result result = {0};
    int r = read_image(o->operands[0], settings, &options, &result, err);
    tw_progress_line_done(&line);
    if (r < 0)
        return r;
    TW_AUTO(judged_done) struct judged judged = {0};
    r = judge_all(&result, &origin, o, &judged, err);
    if (r == 0)
        r = write_report(&result, &judged, o, err);
    return r < 0 ? r : exit_code(&judged, o->fail_on);
}

// --plain-http: this registry, whatever the settings say of it.
static int allow_plain_http(struct tw_settings *settings, const char *name, struct tw_err *err)
{
    struct origin origin = origin_of(name);
    if (!origin.has_reference)
        return tw_err_set(err, TW_E_USAGE, "--plain-http goes with an image in a registry");
    TW_AUTO(tw_freep) char *registries = NULL;
    if (asprintf(&registries, "http://%s,%s", origin.reference.registry,
            settings->registries_text) < 0) {
        registries = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    return tw_settings_set(settings, TW_FOR_CLI, "registries", registries, err);
}

int tw_command_scan(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("scan"),
        "format output platform fail-on lang quiet plain-http", settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    if (o.operand_count != 1)
        r = tw_err_set(&err, TW_E_USAGE,
            "scan takes one SOURCE, such as registry.example/app:1.4; see tidewaiter scan --help");
    if (r == 0 && o.plain_http)
        r = allow_plain_http(settings, o.operands[0], &err);
    if (r == 0)
        r = tw_settings_finish(settings, TW_FOR_CLI, &err);
    if (r == 0)
        r = tw_registry_global_init(&err);
    if (r == 0) {
        r = scan(settings, &o, &err);
        tw_registry_global_done();
    }
    free(o.operands);
    return r < 0 ? tw_trouble(&err) : r;
}
