#include "scanner/image/dockerfile.h"

#include <inttypes.h>
#include <strings.h>

#include "scanner/base/buf.h"
#include "scanner/image/instruction.h"
#include "scanner/image/program.h"
#include "scanner/image/shell.h"

enum { CHAIN_MAX = 1000, ARENA_TIMES = 16, ARENA_BYTES = 1 << 20 };

// ARG in front of the first FROM: for FROM lines, and for stages that declare it again.
struct build {
    struct tw_dockerfile *file;
    struct tw_arena *arena;
    struct tw_steps steps;
    struct tw_docker_stage *stage; // the one being read; NULL in front of the first FROM
    struct tw_docker_stage before; // what stands there
    struct tw_traces traces;
    struct tw_programs programs;
    uint64_t word_steps, env_count;
    const struct tw_limits *limits;
    struct tw_err *err;
};

static int no_memory(struct build *b)
{
    return tw_err_set(b->err, TW_E_NOMEM, "out of memory, or the Dockerfile is too large to keep");
}

// ---- variables ----

static const struct tw_docker_env *own_env(
    const struct tw_docker_stage *stage, struct tw_span name, bool is_arg)
{
    for (size_t i = stage->env_count; i-- > 0;) {
        if (stage->env[i].is_arg == is_arg && tw_span_equals(name, stage->env[i].name))
            return &stage->env[i];
    }
    return NULL;
}

static const struct tw_docker_env *inherited(
    const struct tw_dockerfile *file, const struct tw_docker_stage *stage, struct tw_span name)
{
    for (int i = 0; i < CHAIN_MAX; i++) {
        const struct tw_docker_env *found = own_env(stage, name, false);
        if (found || stage->parent == SIZE_MAX)
            return found;
        stage = &file->stages[stage->parent];
    }
    return NULL;
}

const struct tw_docker_env *tw_docker_stage_env(
    const struct tw_dockerfile *file, size_t stage, const char *name)
{
    return inherited(file, &file->stages[stage], tw_span_str(name));
}

// Variables that the builder sets by itself: what they are depends on where it runs.
static bool is_predefined(struct tw_span name)
{
    static const char *const names[] = {"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT",
        "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (tw_span_equals(name, names[i]))
            return true;
    }
    return false;
}

static const char *value_of(const struct tw_docker_env *env)
{
    return env->value ? env->value : tw_word_unknown;
}

// ENV goes before ARG; what neither sets may come from the base image.
static const char *lookup(void *ctx, const char *name, size_t size)
{
    const struct build *b = ctx;
    struct tw_span key = tw_span_of(name, size);
    const struct tw_docker_env *found = NULL;
    if (!b->stage) {
        found = own_env(&b->before, key, true);
        return found ? value_of(found) : is_predefined(key) ? tw_word_unknown : NULL;
    }
    found = inherited(b->file, b->stage, key);
    if (!found)
        found = own_env(b->stage, key, true);
    if (found)
        return value_of(found);
    return b->stage->from_scratch && !is_predefined(key) ? NULL : tw_word_unknown;
}

static char *expand(struct build *b, struct tw_span word)
{
    struct tw_word_rules rules = {
        .escape = b->steps.escape, .lookup = lookup, .ctx = b, .steps = &b->word_steps};
    return tw_word_value(b->arena, word, &rules);
}

static int add_env(struct build *b, struct tw_docker_stage *stage, struct tw_docker_env env)
{
    if (b->env_count++ >= b->limits->image_env)
        return tw_err_set(b->err, TW_E_LIMIT,
            "line %" PRIu64 ": more than %" PRIu64 " variables (limit image_env)", env.line,
            b->limits->image_env);
    struct tw_docker_env *slot = tw_arena_push(b->arena, &stage->env, &stage->env_count);
    if (!slot)
        return no_memory(b);
    *slot = env;
    return 0;
}

static const char *text_of(struct build *b, const struct tw_step *step)
{
    return tw_arena_printf(b->arena, "%s%s%s%s%s%s", step->onbuild ? "ONBUILD " : "", step->keyword,
        *step->flags ? " " : "", step->flags, *step->rest ? " " : "", step->rest);
}

// ---- instructions ----

static int do_env(struct build *b, const struct tw_step *step)
{
    struct tw_word_rules rules = {
        .escape = b->steps.escape, .lookup = lookup, .ctx = b, .steps = &b->word_steps};
    struct tw_assignment *items;
    size_t count;
    const char *text = text_of(b, step);
    if (!text)
        return no_memory(b);
    int r = tw_instruction_env_by(b->arena, text, &rules, &items, &count, b->err);
    if (r < 0)
        return tw_err_wrap(b->err, r, "line %" PRIu64, step->line);
    for (size_t i = 0; i < count && r == 0; i++)
        r = add_env(b, b->stage,
            (struct tw_docker_env){.name = items[i].name,
                .value = items[i].value,
                .instruction = text,
                .line = step->line});
    return r;
}

// "ARG A=1 B": without a value, one from in front of the first FROM counts.
static int do_arg(struct build *b, const struct tw_step *step)
{
    struct tw_span rest = tw_span_str(step->rest), word;
    struct tw_docker_stage *stage = b->stage ? b->stage : &b->before;
    const char *text = text_of(b, step);
    int r = text ? 0 : no_memory(b);
    while (r == 0 && (word = tw_word_next(&rest, b->steps.escape)).n > 0) {
        const uint8_t *equals = memchr(word.p, '=', word.n);
        uint64_t n = equals ? (uint64_t)(equals - word.p) : word.n;
        struct tw_docker_env arg = {.instruction = text, .line = step->line, .is_arg = true};
        arg.name = tw_arena_strndup(b->arena, word.p, n);
        if (!arg.name)
            return no_memory(b);
        const struct tw_docker_env *outer = own_env(&b->before, tw_span_of(word.p, n), true);
        if (equals)
            arg.value = expand(b, tw_span_of(equals + 1, word.n - n - 1));
        else if (b->stage && outer)
            arg.value = outer->value;
        else if (!is_predefined(tw_span_of(word.p, n)))
            continue; // declared, but set to nothing
        r = add_env(b, stage, arg);
    }
    return r;
}

static size_t stage_named(const struct tw_dockerfile *file, const char *name, size_t before)
{
    for (size_t i = before; i-- > 0;) {
        if (file->stages[i].name && strcasecmp(file->stages[i].name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

// COPY --from takes a stage's number as well.
static size_t stage_of_copy(const struct tw_dockerfile *file, const char *name, size_t before)
{
    char *end;
    size_t stage = stage_named(file, name, before);
    unsigned long number = strtoul(name, &end, 10);
    bool is_number = *name >= '0' && *name <= '9' && !*end && number < before;
    return stage == SIZE_MAX && is_number ? number : stage;
}

static void settle_base(struct build *b, struct tw_docker_stage *stage)
{
    struct tw_dockerfile *file = b->file;
    stage->parent = stage->base ? stage_named(file, stage->base, file->stage_count - 1) : SIZE_MAX;
    if (stage->parent != SIZE_MAX) {
        const struct tw_docker_stage *parent = &file->stages[stage->parent];
        stage->go = parent->go;
        stage->has_go = parent->has_go;
        stage->from_scratch = parent->from_scratch;
        stage->directory = parent->directory;
        stage->entrypoint = parent->entrypoint;
        stage->entrypoint_count = parent->entrypoint_count;
        stage->cmd = parent->cmd;
        stage->cmd_count = parent->cmd_count;
        return;
    }
    stage->from_scratch = stage->base && strcmp(stage->base, "scratch") == 0;
    stage->directory = stage->from_scratch ? "/" : NULL;
    const char *go = stage->base ? tw_golang_image(b->arena, stage->base) : NULL;
    stage->has_go = go != NULL;
    stage->go = go && *go ? go : NULL;
    if (stage->has_go)
        stage->directory = "/go";
}

static int do_from(struct build *b, const struct tw_step *step)
{
    struct tw_span rest = tw_span_str(step->rest), platform = tw_step_flag(step, "platform");
    struct tw_span base = tw_word_next_plain(&rest), as = tw_word_next_plain(&rest),
                   name = tw_word_next_plain(&rest);
    bool is_as = as.n == 2 && strncasecmp((const char *)as.p, "as", 2) == 0;
    if (base.n == 0 || (as.n > 0 && (!is_as || name.n == 0)) || tw_word_trim(rest).n > 0)
        return tw_err_set(
            b->err, TW_E_FORMAT, "line %" PRIu64 ": FROM takes IMAGE or IMAGE AS NAME", step->line);
    b->stage = NULL; // its words see what stands in front of the first FROM
    struct tw_docker_stage stage = {.line = step->line};
    stage.base = expand(b, base);
    stage.platform = platform.p ? expand(b, platform) : NULL;
    stage.name = name.n > 0 ? tw_arena_strndup(b->arena, name.p, name.n) : NULL;
    struct tw_docker_stage *slot = tw_arena_push(b->arena, &b->file->stages, &b->file->stage_count);
    if (!slot || (name.n > 0 && !stage.name))
        return no_memory(b);
    *slot = stage;
    settle_base(b, slot);
    b->stage = slot;
    b->traces.go = slot->go;
    return 0;
}

static int do_workdir(struct build *b, const struct tw_step *step)
{
    char *to = expand(b, tw_span_str(step->rest));
    const char *from = b->stage->directory;
    if (to && to[0] != '/')
        to = from ? tw_arena_printf(b->arena, "%s/%s", from, to) : NULL;
    b->stage->directory = to;
    return 0;
}

// RUN <<EOF alone, or RUN bash <<EOF: the bodies are the script. Another command gets them as data.
static bool reads_script(const struct build *b, struct tw_span rest)
{
    struct tw_span word;
    while ((word = tw_word_next(&rest, b->steps.escape)).n > 0) {
        if (!tw_span_starts_with(word, "<<"))
            return tw_shell_is_name(word);
    }
    return true;
}

static void trace_run(struct build *b, const struct tw_step *step)
{
    const char **words;
    size_t count;
    struct tw_span rest = tw_span_str(step->rest);
    b->traces.line = step->line - 1;
    if (tw_step_words(step, b->arena, &words, &count)) {
        tw_shell_traces_of_words(words, count, rest, NULL, NULL, &b->traces);
        return;
    }
    tw_shell_traces(rest, lookup, b, &b->traces);
    for (size_t i = 0; reads_script(b, rest) && i < step->heredoc_count; i++) {
        b->traces.line = step->line;
        tw_shell_traces(step->heredocs[i].body, lookup, b, &b->traces);
    }
}

static int do_run(struct build *b, const struct tw_step *step)
{
    size_t before = b->traces.count;
    trace_run(b, step);
    size_t stage = (size_t)(b->stage - b->file->stages);
    for (size_t i = before; i < b->traces.count; i++) {
        b->traces.items[i].line = step->line; // lines were joined: their own numbers are gone
        if (tw_programs_take(&b->programs, b->file, stage, &b->traces.items[i]) < 0)
            return no_memory(b);
    }
    return 0;
}

// Whether the path is where a Go toolchain is usually found.
static bool is_goroot(const char *path)
{
    return strcmp(path, "/usr/local/go") == 0 || strcmp(path, "/usr/lib/go") == 0 ||
           strncmp(path, "/usr/lib/go-1.", 14) == 0;
}

static int copy_one(
    struct build *b, const struct tw_step *step, const char *from, const char *to, size_t source)
{
    char *path = tw_arena_strdup(b->arena, from);
    if (!path)
        return no_memory(b);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    if (is_goroot(path)) {
        const char *text = text_of(b, step);
        b->traces.line = step->line;
        tw_traces_add(&b->traces, TW_TRACE_COPY, tw_span_str(path), tw_span_str(to),
            tw_span_str(text ? text : ""), 0);
    }
    size_t stage = (size_t)(b->stage - b->file->stages);
    return tw_programs_copy(&b->programs, b->file, source, stage, path, to) < 0 ? no_memory(b) : 0;
}

static int do_copy(struct build *b, const struct tw_step *step)
{
    struct tw_span from = tw_step_flag(step, "from");
    if (!from.p)
        return 0; // out of the build context: nothing is known of it
    char *name = expand(b, from);
    size_t current = (size_t)(b->stage - b->file->stages);
    size_t source = name ? stage_of_copy(b->file, name, current) : SIZE_MAX;
    const char **words = NULL;
    size_t count = 0;
    if (!tw_step_words(step, b->arena, &words, &count)) {
        struct tw_span rest = tw_span_str(step->rest), word;
        while ((word = tw_word_next(&rest, b->steps.escape)).n > 0) {
            char *value = expand(b, word);
            const char **slot = tw_arena_push(b->arena, &words, &count);
            if (!slot)
                return no_memory(b);
            *slot = value ? value : "";
        }
    }
    int r = 0;
    for (size_t i = 0; i + 1 < count && r == 0; i++)
        r = copy_one(b, step, words[i], words[count - 1], source);
    return r;
}

// ENTRYPOINT and CMD. The shell form runs in a shell.
static int take_process(
    struct build *b, const struct tw_step *step, const char ***words, size_t *count)
{
    *words = NULL;
    *count = 0;
    if (tw_step_words(step, b->arena, words, count))
        return 0;
    const char *shell[] = {"/bin/sh", "-c", step->rest};
    for (size_t i = 0; i < TW_COUNT(shell); i++) {
        const char **slot = tw_arena_push(b->arena, words, count);
        if (!slot)
            return no_memory(b);
        *slot = shell[i];
    }
    return 0;
}

static int do_entrypoint(struct build *b, const struct tw_step *step)
{
    b->stage->cmd_count = 0; // that of the base image counts no more
    return take_process(b, step, &b->stage->entrypoint, &b->stage->entrypoint_count);
}

static int do_cmd(struct build *b, const struct tw_step *step)
{
    return take_process(b, step, &b->stage->cmd, &b->stage->cmd_count);
}

static const struct {
    const char *keyword;
    int (*act)(struct build *b, const struct tw_step *step);
} actions[] = {
    {"ENV", do_env},
    {"WORKDIR", do_workdir},
    {"RUN", do_run},
    {"COPY", do_copy},
    {"ENTRYPOINT", do_entrypoint},
    {"CMD", do_cmd},
};

static int act(struct build *b, const struct tw_step *step)
{
    if (strcmp(step->keyword, "FROM") == 0)
        return do_from(b, step);
    if (strcmp(step->keyword, "ARG") == 0)
        return do_arg(b, step);
    if (!b->stage)
        return tw_err_set(b->err, TW_E_FORMAT,
            "line %" PRIu64 ": %s stands in front of the first FROM", step->line, step->keyword);
    for (size_t i = 0; i < TW_COUNT(actions) && !step->onbuild; i++) {
        if (strcmp(step->keyword, actions[i].keyword) == 0)
            return actions[i].act(b, step);
    }
    return 0;
}

// ---- at the end ----

bool tw_docker_stage_is_last(const struct tw_dockerfile *file, size_t stage)
{
    size_t at = file->stage_count - 1;
    for (int i = 0; i < CHAIN_MAX && at != SIZE_MAX && at != stage; i++)
        at = file->stages[at].parent;
    return at == stage;
}

// The variables of other stages, and the build arguments of all, matter for what is built there.
static void trace_variables(struct build *b)
{
    for (size_t s = 0; s < b->file->stage_count; s++) {
        const struct tw_docker_stage *stage = &b->file->stages[s];
        b->traces.go = stage->go;
        for (size_t i = 0; i < stage->env_count; i++) {
            const struct tw_docker_env *env = &stage->env[i];
            struct tw_span name = tw_span_str(env->name);
            // "ARG GOEXPERIMENT=" only leaves room for --build-arg.
            bool is_room = env->is_arg && env->value && env->value[0] == '\0';
            if (!tw_trace_wants(name) || is_room ||
                (!env->is_arg && tw_docker_stage_is_last(b->file, s)))
                continue;
            b->traces.line = env->line;
            tw_traces_add(&b->traces, TW_TRACE_SET, name,
                env->value ? tw_span_str(env->value) : (struct tw_span){0},
                tw_span_str(env->instruction), 0);
        }
    }
}

static int evaluate(struct build *b)
{
    int r = 0;
    for (size_t i = 0; i < b->steps.count && r == 0; i++)
        r = act(b, &b->steps.items[i]);
    if (r < 0)
        return r;
    if (b->file->stage_count == 0)
        return tw_err_set(b->err, TW_E_FORMAT, "there is no FROM: this is no Dockerfile");
    trace_variables(b);
    if (b->traces.no_memory)
        return no_memory(b);
    b->file->traces = b->traces.items;
    b->file->trace_count = b->traces.count;
    b->file->traces_full = b->traces.full;
    return tw_programs_finish(&b->programs, b->file) < 0 ? no_memory(b) : 0;
}

int tw_dockerfile_parse(struct tw_span text, const struct tw_limits *limits,
    struct tw_dockerfile **ret_dockerfile, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep)
    struct tw_arena *arena = tw_arena_new(ARENA_BYTES + limits->dockerfile_bytes * ARENA_TIMES);
    struct build *b = arena ? tw_arena_alloc(arena, sizeof *b) : NULL;
    struct tw_dockerfile *file = b ? tw_arena_alloc(arena, sizeof *file) : NULL;
    if (!file)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *b = (struct build){.file = file,
        .arena = arena,
        .err = err,
        .word_steps = TW_WORD_STEPS,
        .limits = limits,
        .programs = {.arena = arena},
        .traces = {.arena = arena, .max = limits->text_traces}};
    uint64_t failures = tw_mem_failures;
    int r = tw_steps_read(text, limits, arena, &b->steps, err);
    if (r == 0)
        r = evaluate(b);
    if (r == 0 && tw_mem_failures != failures)
        r = no_memory(b);
    if (r < 0)
        return r;
    file->arena = TW_TAKE(arena);
    *ret_dockerfile = file;
    return 0;
}

void tw_dockerfile_free(struct tw_dockerfile *file)
{
    if (file)
        tw_arena_free(file->arena); // the record itself lies in it
}
