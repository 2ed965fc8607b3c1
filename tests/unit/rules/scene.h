// A small image, described in a few words, for tests of rules.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "scanner/rules/verdict.h"

enum { VALUES_MAX = 6 };

struct scene {
    const char *release;             // of the program usr/bin/app; NULL: version unknown
    const char *env[VALUES_MAX];     // "NAME=value"
    const char *setting[VALUES_MAX]; // "-ldflags=..."
    const char *links[VALUES_MAX];   // sorted
    const char *calls[VALUES_MAX];   // sorted
    const char *modules[VALUES_MAX]; // "path version"; "path => replacement"
    const char *experiment;
    const char *goroot, *goroot_source, *source_dir;
    const char *go_line;
    const char *arch;  // NULL: amd64
    const char *other; // release of a second program, usr/bin/other
    const char *other_goroot, *other_experiment;
    const char *toolchain;            // at usr/local/go
    const char *entry;                // what the image starts
    const char *certificates, *zones; // where they are
    struct tw_text_file text;         // path, kind
    struct tw_trace trace;            // in it
    const char *dockerfile;
    const char *note; // TW_NOTE_...
    const char *layer_note;
    struct tw_judge_options options; // policy NULL: the default
    bool incomplete, one_file;
};

struct stage {
    struct tw_gobin bin, other;
    struct tw_image_binary binaries[2];
    struct tw_image_inventory image;
    struct tw_env_var env[VALUES_MAX];
    struct tw_setting settings[VALUES_MAX];
    struct tw_module modules[VALUES_MAX], replacements[VALUES_MAX];
    struct tw_toolchain toolchain;
    struct tw_text_file text;
    struct tw_trace trace;
    struct tw_note note;
    struct tw_completeness_note layer_note;
    struct tw_image_layer layer;
    const char *entry[1];
    char texts[3 * VALUES_MAX][256];
};

// "name=value" split in place.
static inline void scene_split(
    char *text, const char *pair, char at, const char **ret_name, const char **ret_value)
{
    size_t n = strcspn(pair, (char[]){at, '\0'});
    memcpy(text, pair, strlen(pair) + 1);
    text[n] = '\0';
    *ret_name = text;
    *ret_value = text + n + 1;
}

static inline size_t scene_count(const char *const *values)
{
    size_t n = 0;
    while (n < VALUES_MAX && values[n])
        n++;
    return n;
}

static inline void scene_modules(struct stage *s, const struct scene *scene)
{
    s->bin.modules = s->modules;
    s->bin.module_count = scene_count(scene->modules);
    for (size_t i = 0; i < s->bin.module_count; i++) {
        struct tw_module *m = &s->modules[i];
        const char *arrow = strstr(scene->modules[i], " => ");
        scene_split(s->texts[2 * VALUES_MAX + i], scene->modules[i], ' ', &m->path, &m->version);
        if (arrow) {
            m->version = NULL;
            s->replacements[i].path = arrow + 4;
            m->replace = &s->replacements[i];
        }
    }
}

static inline void scene_program(struct stage *s, const struct scene *scene)
{
    s->bin = (struct tw_gobin){.format = TW_FORMAT_ELF,
        .os = "linux",
        .arch = scene->arch ? scene->arch : "amd64",
        .is_go = true,
        .functions_known = true,
        .goroot = scene->goroot,
        .goroot_source = scene->goroot_source,
        .source_dir = scene->source_dir,
        .go_line_at_most = scene->go_line,
        .main_path = "example.org/app"};
    s->bin.go.release = scene->release;
    s->bin.go.version = scene->release;
    s->bin.go.source = "pclntab";
    if (scene->experiment) {
        s->bin.go.experiments = (const char **)&scene->experiment;
        s->bin.go.experiment_count = 1;
    }
    s->bin.links = (const char **)scene->links;
    s->bin.link_count = scene_count(scene->links);
    s->bin.calls = (const char **)scene->calls;
    s->bin.call_count = scene_count(scene->calls);
    s->bin.settings = s->settings;
    s->bin.setting_count = scene_count(scene->setting);
    for (size_t i = 0; i < s->bin.setting_count; i++)
        scene_split(s->texts[VALUES_MAX + i], scene->setting[i], '=', &s->settings[i].key,
            &s->settings[i].value);
    scene_modules(s, scene);
    if (scene->note) {
        s->note = (struct tw_note){.code = scene->note, .message = "it is so"};
        s->bin.notes = &s->note;
        s->bin.note_count = 1;
        s->bin.is_go = strcmp(scene->note, TW_NOTE_PACKED) != 0;
    }
    s->other = (struct tw_gobin){.format = TW_FORMAT_ELF,
        .os = "linux",
        .arch = "amd64",
        .is_go = true,
        .functions_known = true,
        .goroot = scene->other_goroot,
        .main_path = "example.org/other"};
    s->other.go.release = s->other.go.version = scene->other;
    if (scene->other_experiment) {
        s->other.go.experiments = (const char **)&scene->other_experiment;
        s->other.go.experiment_count = 1;
    }
}

static inline void scene_files(struct stage *s, const struct scene *scene)
{
    s->toolchain = (struct tw_toolchain){.root = "usr/local/go", .version = scene->toolchain};
    s->image.toolchains = &s->toolchain;
    s->image.toolchain_count = scene->toolchain != NULL;
    s->text = scene->text;
    s->trace = scene->trace;
    if (!s->trace.text)
        s->trace.text = "as written";
    s->text.traces = &s->trace;
    s->text.trace_count = scene->trace.name != NULL;
    s->image.texts = &s->text;
    s->image.text_count = scene->trace.name || scene->text.path ? 1 : 0;
    s->image.certificates = scene->certificates;
    s->image.zone_data = scene->zones;
    s->image.dockerfile = scene->dockerfile;
    s->image.is_one_file = scene->one_file;
    s->entry[0] = scene->entry;
    s->image.entrypoint = s->entry;
    s->image.entrypoint_count = scene->entry != NULL;
    s->image.status = scene->incomplete ? TW_PARTIAL : TW_COMPLETE;
    snprintf(s->layer.digest.text, sizeof s->layer.digest.text, "sha256:00");
    s->image.layers = &s->layer;
    s->image.layer_count = 1;
    if (scene->layer_note) {
        s->layer_note = (struct tw_completeness_note){.layer = "sha256:00",
            .code = scene->layer_note,
            .message = "it is so",
            .incomplete = true};
        s->image.notes = &s->layer_note;
        s->image.note_count = 1;
    }
}

static inline void scene_set(struct stage *s, const struct scene *scene)
{
    memset(s, 0, sizeof *s);
    scene_program(s, scene);
    s->image.env = s->env;
    s->image.env_count = scene_count(scene->env);
    for (size_t i = 0; i < s->image.env_count; i++)
        scene_split(s->texts[i], scene->env[i], '=', &s->env[i].name, &s->env[i].value);
    s->binaries[0] = (struct tw_image_binary){.path = "usr/bin/app", .bin = &s->bin};
    s->binaries[1] = (struct tw_image_binary){.path = "usr/bin/other", .bin = &s->other};
    s->image.binaries = s->binaries;
    s->image.binary_count = scene->other ? 2 : 1;
    s->image.os = "linux";
    s->image.architecture = "amd64";
    s->image.registry = "registry.example";
    s->image.repository = "team/app";
    s->image.tag = "1.4-beta";
    scene_files(s, scene);
}

static inline struct tw_judge_options scene_options(const struct scene *scene, enum tw_lang lang)
{
    struct tw_judge_options options = scene->options;
    if (!options.policy)
        options.policy = &tw_policy_default;
    options.lang = lang;
    return options;
}

static inline const struct tw_finding *scene_find(const struct tw_verdict *verdict, const char *id)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        if (strcmp(verdict->findings[i].rule->id, id) == 0)
            return &verdict->findings[i];
    }
    return NULL;
}
