// The image that a Dockerfile will make, as far as the file tells.
#include <stdio.h>
#include <string.h>

#include "scanner/base/goversion.h"
#include "scanner/base/secret.h"
#include "scanner/base/text.h"
#include "scanner/image/dockerfile.h"
#include "scanner/inventory/surroundings.h"

enum { CHAIN_MAX = 1000 };

struct making {
    const struct tw_dockerfile *file;
    struct tw_image_inventory *image;
    struct tw_arena *arena;
    bool no_memory;
};

static const char *keep(struct making *m, const char *text)
{
    const char *copy = text ? tw_arena_strdup(m->arena, text) : NULL;
    m->no_memory |= text && !copy;
    return copy;
}

static void *push(struct making *m, void *slot)
{
    m->no_memory |= !slot;
    return slot;
}
#define PUSH(m, items, count) push(m, tw_arena_push((m)->arena, items, count))

static void set_env(struct making *m, const struct tw_docker_env *env)
{
    struct tw_image_inventory *image = m->image;
    struct tw_env_var *var = (struct tw_env_var *)tw_image_env(image, env->name);
    if (!var)
        var = PUSH(m, &image->env, &image->env_count);
    if (!var)
        return;
    var->name = keep(m, env->name);
    const char *value = tw_secret_cover_value(m->arena, env->name, env->value ? env->value : "");
    const char *instruction = env->instruction ? tw_secret_cover(m->arena, env->instruction) : NULL;
    m->no_memory |= !value || (env->instruction && !instruction);
    var->value = keep(m, value);
    var->instruction = keep(m, instruction);
    var->history_index = -1;
}

// From the first stage of the chain to the last, so that later values replace earlier ones. A value
// that is not known is left out rather than guessed.
static void take_env(struct making *m, size_t stage, int depth)
{
    const struct tw_docker_stage *s = &m->file->stages[stage];
    if (s->parent != SIZE_MAX && depth < CHAIN_MAX)
        take_env(m, s->parent, depth + 1);
    for (size_t i = 0; i < s->env_count && !m->no_memory; i++) {
        if (!s->env[i].is_arg && s->env[i].value)
            set_env(m, &s->env[i]);
    }
}

static void take_words(struct making *m, const char **words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char **word = PUSH(m, &m->image->entrypoint, &m->image->entrypoint_count);
        if (word)
            *word = keep(m, words[i]);
    }
}

static void add_toolchain(struct making *m, const char *root, const char *go)
{
    struct tw_toolchain *toolchain = PUSH(m, &m->image->toolchains, &m->image->toolchain_count);
    if (!toolchain)
        return;
    while (*root == '/')
        root++;
    toolchain->root = keep(m, root);
    toolchain->version = tw_arena_printf(m->arena, "go%s", go ? go : "");
    m->no_memory |= !toolchain->version;
}

// A golang base image, or a GOROOT that COPY brings along.
static void take_toolchains(struct making *m)
{
    const struct tw_dockerfile *file = m->file;
    const struct tw_docker_stage *last = &file->stages[file->stage_count - 1];
    if (last->has_go) {
        add_toolchain(m, "usr/local/go", last->go);
        return;
    }
    for (size_t i = 0; i < file->trace_count; i++) {
        const struct tw_trace *trace = &file->traces[i];
        if (trace->kind == TW_TRACE_COPY && trace->line > last->line) {
            const char *go = NULL;
            for (size_t s = 0; s < file->stage_count; s++)
                go = file->stages[s].go ? file->stages[s].go : go;
            add_toolchain(m, trace->name, go);
            return;
        }
    }
}

// ---- programs ----

static void take_flags(
    struct making *m, const struct tw_docker_program *program, struct tw_gobin *bin)
{
    for (size_t i = 0; i < program->flag_count; i++) {
        struct tw_setting *setting = PUSH(m, &bin->settings, &bin->setting_count);
        if (!setting)
            return;
        setting->key = keep(m, program->flags[i].name);
        setting->value = keep(m, program->flags[i].value ? program->flags[i].value : "");
    }
}

static void take_experiments(struct making *m, const char *names, struct tw_gobin *bin)
{
    while (names && *names) {
        size_t n = strcspn(names, ",");
        const char **name = PUSH(m, &bin->go.experiments, &bin->go.experiment_count);
        if (!name)
            return;
        *name = tw_arena_strndup(m->arena, names, n);
        m->no_memory |= !*name;
        names += n + (names[n] == ',');
    }
}

// Only what the go command of that version would do with these flags: nothing is linked yet.
static void take_program(struct making *m, const struct tw_docker_program *program)
{
    struct tw_gobin *bin = tw_arena_alloc(m->arena, sizeof *bin);
    struct tw_image_binary *binary = PUSH(m, &m->image->binaries, &m->image->binary_count);
    if (!bin || !binary) {
        m->no_memory = true;
        return;
    }
    const char *path = *program->path ? program->path : "go-build";
    bin->is_go = true;
    bin->go.release = keep(m, m->file->stages[program->stage].go);
    bin->go.version = bin->go.release ? tw_arena_printf(m->arena, "go%s", bin->go.release) : NULL;
    bin->go.source = NULL;
    take_flags(m, program, bin);
    take_experiments(m, program->experiments, bin);
    binary->path = tw_text_path(m->arena, tw_span_str(path), NULL);
    m->no_memory |= !binary->path;
    binary->bin = bin;
}

static int by_path(const void *a, const void *b)
{
    const struct tw_image_binary *x = a, *y = b;
    return strcmp(x->path, y->path);
}

// Without a go build in it, a file that makes an image from golang still runs that Go's programs.
static void take_programs(struct making *m)
{
    for (size_t i = 0; i < m->file->program_count && !m->no_memory; i++)
        take_program(m, &m->file->programs[i]);
    if (m->image->binary_count > 0 && !m->no_memory)
        qsort(m->image->binaries, m->image->binary_count, sizeof *m->image->binaries, by_path);
}

static void take_text(struct making *m, const char *path)
{
    struct tw_text_file *text = PUSH(m, &m->image->texts, &m->image->text_count);
    if (!text)
        return;
    text->path = path;
    text->kind = TW_TEXT_DOCKERFILE;
    text->trace_count = m->file->trace_count;
    m->no_memory |= tw_traces_copy(m->file->traces, text->trace_count, m->arena, &text->traces) < 0;
    if (m->file->traces_full)
        m->no_memory |= tw_surroundings_in_part(m->image, path) < 0;
}

int tw_image_inventory_of_dockerfile(const struct tw_dockerfile *file, const char *path,
    const struct tw_limits *limits, struct tw_image_inventory **ret_image, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(limits->image_inventory_bytes);
    struct tw_image_inventory *image = arena ? tw_arena_alloc(arena, sizeof *image) : NULL;
    if (!image)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct making m = {.file = file, .image = image, .arena = arena};
    uint64_t failures = tw_mem_failures;
    const struct tw_docker_stage *last = &file->stages[file->stage_count - 1];
    image->arena = arena;
    image->dockerfile = keep(&m, path);
    take_env(&m, file->stage_count - 1, 0);
    take_words(&m, last->entrypoint, last->entrypoint_count);
    image->cmd_at = image->entrypoint_count;
    take_words(&m, last->cmd, last->cmd_count);
    take_toolchains(&m);
    take_programs(&m);
    take_text(&m, image->dockerfile);
    if (!m.no_memory && tw_surroundings_of_command(image, limits) < 0)
        m.no_memory = true;
    if (m.no_memory || tw_mem_failures != failures)
        return tw_err_set(err, TW_E_NOMEM, "out of memory, or the Dockerfile says too much");
    (void)TW_TAKE(arena);
    *ret_image = image;
    return 0;
}
