#include "daemon/cli/subject.h"
#include "daemon/cage/cage.h"

#include <string.h>

#include "daemon/cli/progress.h"

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
    images[0]->is_one_file = true;
    *ret_result = (struct tw_scan_result){.images = images, .count = 1};
    return 0;
}

static int read_dockerfile(const char *name, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err)
{
    return tw_scan_dockerfile(name + strlen("dockerfile:"), options, ret_result, err);
}

static const struct local_kind {
    const char *prefix;
    int (*read)(const char *name, const struct tw_scan_options *options,
        struct tw_scan_result *ret_result, struct tw_err *err);
} local_kinds[] = {{"dir:", read_tree}, {"file:", read_file}, {"dockerfile:", read_dockerfile}};

static int read_image(const char *name, struct tw_settings *settings,
    const struct tw_scan_options *options, struct tw_scan_result *ret_result, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(local_kinds); i++) {
        if (strncmp(name, local_kinds[i].prefix, strlen(local_kinds[i].prefix)) == 0)
            return local_kinds[i].read(name, options, ret_result, err);
    }
    struct tw_source_options source_options = {.limits = &settings->limits,
        .cage = tw_settings_cage(settings),
        .registries = &settings->registries};
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    int r = tw_cage_try(&source_options.cage, &settings->limits, err);
    if (r == 0)
        r = tw_source_open(name, &source_options, &source, err);
    return r < 0 ? r : tw_scan_image(source, NULL, options, ret_result, err);
}

// A registry reference, if the name is one; other kinds of source have a colon-ended word first.
static void find_reference(const char *name, struct tw_subject *subject)
{
    const struct tw_source_kind *kind;
    for (size_t i = 0; i < TW_COUNT(local_kinds); i++) {
        if (strncmp(name, local_kinds[i].prefix, strlen(local_kinds[i].prefix)) == 0)
            return;
    }
    for (size_t i = 0; (kind = tw_source_kind_at(i)); i++) {
        if (kind->prefix[0] && strncmp(name, kind->prefix, strlen(kind->prefix)) == 0)
            return;
    }
    const char *text = strncmp(name, "docker://", 9) == 0 ? name + 9 : name;
    subject->has_reference = tw_reference_parse(text, &subject->reference, NULL) == 0;
}

// Where it was found, for the report's heading and for the policy.
static void name_images(struct tw_subject *subject)
{
    for (size_t i = 0; i < subject->result.count; i++) {
        struct tw_image_inventory *image = subject->result.images[i];
        image->reference = subject->name;
        if (!subject->has_reference)
            continue;
        image->registry = subject->reference.registry;
        image->repository = subject->reference.repository;
        image->tag = subject->reference.tag[0] ? subject->reference.tag : NULL;
    }
}

static int allow_plain_http(
    struct tw_settings *settings, const struct tw_subject *subject, struct tw_err *err)
{
    if (!subject->has_reference)
        return tw_err_set(err, TW_E_USAGE, "--plain-http goes with an image in a registry");
    TW_AUTO(tw_freep) char *registries = NULL;
    if (asprintf(&registries, "http://%s,%s", subject->reference.registry,
            settings->registries_text) < 0) {
        registries = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    int r = tw_settings_set(settings, TW_FOR_CLI, "registries", registries, err);
    return r < 0 ? r : tw_settings_finish(settings, TW_FOR_CLI, err);
}

int tw_subject_read(struct tw_settings *settings, const struct tw_options *o, const char *name,
    struct tw_subject *subject, struct tw_err *err)
{
    *subject = (struct tw_subject){.name = name};
    find_reference(name, subject);
    int r = o->plain_http ? allow_plain_http(settings, subject, err) : 0;
    if (r < 0)
        return r;
    struct tw_progress_line line;
    tw_progress_line_init(&line, o->quiet);
    struct tw_scan_progress progress = tw_progress_line_callbacks(&line);
    struct tw_scan_options options = {.limits = &settings->limits,
        .cage = tw_settings_cage(settings),
        .whole_layers = tw_settings_whole_layers(settings),
        .layers_at_once = (unsigned)settings->layers_at_once,
        .layers_memory_bytes = settings->layers_memory_mib << 20,
        .platform = o->platform,
        .progress = &progress,
        .settle = true}; // there is no later try: what cannot be had is told in the report
    r = read_image(name, settings, &options, &subject->result, err);
    tw_progress_line_done(&line);
    if (r == 0)
        name_images(subject);
    return r;
}

void tw_subject_done(struct tw_subject *subject)
{
    tw_scan_result_done(&subject->result);
}
