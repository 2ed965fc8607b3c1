#include "scanner/image/program.h"

#include <string.h>

enum { PROGRAMS_MAX = 256 };

// "out/app" in "/src" -> "/src/out/app"; "" when it cannot be told.
static const char *absolute(struct tw_arena *arena, const char *directory, const char *path)
{
    if (!path || !*path || *path == '/')
        return path ? path : "";
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return directory ? tw_arena_printf(arena, "%s%s%s", directory,
                           directory[strlen(directory) - 1] == '/' ? "" : "/", path)
                     : path;
}

int tw_programs_take(struct tw_programs *programs, const struct tw_dockerfile *file, size_t stage,
    const struct tw_trace *trace)
{
    struct tw_arena *arena = programs->arena;
    if (trace->kind == TW_TRACE_GO_FLAG) {
        struct tw_docker_flag *flag = tw_arena_push(arena, &programs->flags, &programs->flag_count);
        if (!flag)
            return TW_E_NOMEM;
        *flag = (struct tw_docker_flag){trace->name, trace->value};
        return 0;
    }
    if (trace->kind != TW_TRACE_GO_BUILD)
        return 0;
    bool makes = strcmp(trace->name, "build") == 0 || strcmp(trace->name, "install") == 0;
    if (makes && programs->built_count < PROGRAMS_MAX) {
        struct tw_docker_program *p =
            tw_arena_push(arena, &programs->built, &programs->built_count);
        if (!p)
            return TW_E_NOMEM;
        const struct tw_docker_env *experiments = tw_docker_stage_env(file, stage, "GOEXPERIMENT");
        *p = (struct tw_docker_program){
            .path = absolute(arena, file->stages[stage].directory, trace->value),
            .text = trace->text,
            .line = trace->line,
            .stage = stage,
            .flags = programs->flags,
            .flag_count = programs->flag_count,
            .experiments = experiments ? experiments->value : NULL};
        if (!p->path)
            return TW_E_NOMEM;
    }
    programs->flags = NULL;
    programs->flag_count = 0;
    return 0;
}

int tw_programs_copy(struct tw_programs *programs, const struct tw_dockerfile *file, size_t from,
    size_t to, const char *source, const char *target)
{
    if (from == SIZE_MAX)
        return 0;
    struct tw_program_copy *copy =
        tw_arena_push(programs->arena, &programs->copies, &programs->copy_count);
    if (!copy)
        return TW_E_NOMEM;
    *copy = (struct tw_program_copy){.from = from,
        .to = to,
        .source = source,
        .target = absolute(programs->arena, file->stages[to].directory, target)};
    return copy->target ? 0 : TW_E_NOMEM;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Where COPY puts the program; NULL when it copies something else.
static const char *copied_to(
    struct tw_arena *arena, const struct tw_program_copy *copy, const struct tw_docker_program *p)
{
    size_t n = strlen(copy->source), target = strlen(copy->target);
    bool into = target > 0 && copy->target[target - 1] == '/';
    if (strcmp(copy->source, p->path) == 0 ||
        (*p->path && strcmp(base_name(copy->source), base_name(p->path)) == 0))
        return into ? tw_arena_printf(arena, "%s%s", copy->target, base_name(p->path))
                    : copy->target;
    if (n > 0 && strncmp(p->path, copy->source, n) == 0 && (p->path[n] == '/' || n == 1))
        return tw_arena_printf(
            arena, "%s%s%s", copy->target, into ? "" : "/", p->path + n + (p->path[n] == '/'));
    return *p->path ? NULL : ""; // somewhere in there
}

static const char *path_in_last(struct tw_programs *programs, const struct tw_dockerfile *file,
    const struct tw_docker_program *p)
{
    const char *path = tw_docker_stage_is_last(file, p->stage) ? p->path : NULL;
    for (size_t i = 0; i < programs->copy_count && (!path || !*path); i++) {
        const struct tw_program_copy *copy = &programs->copies[i];
        if (copy->from == p->stage && tw_docker_stage_is_last(file, copy->to)) {
            const char *to = copied_to(programs->arena, copy, p);
            path = to ? to : path;
        }
    }
    while (path && *path == '/')
        path++;
    return path;
}

int tw_programs_finish(struct tw_programs *programs, struct tw_dockerfile *file)
{
    for (size_t i = 0; i < programs->built_count; i++) {
        const char *path = path_in_last(programs, file, &programs->built[i]);
        if (!path)
            continue;
        struct tw_docker_program *p =
            tw_arena_push(programs->arena, &file->programs, &file->program_count);
        if (!p)
            return TW_E_NOMEM;
        *p = programs->built[i];
        p->path = path;
    }
    return 0;
}
