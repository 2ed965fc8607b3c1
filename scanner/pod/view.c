#include "scanner/pod/view.h"

#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/base/secret.h"
#include "scanner/image/shell.h"

enum { LINE_BYTES_MAX = 4096, TRACES_MAX = 1000 };

struct making {
    struct tw_arena *arena;
    const struct tw_pod_container *container;
    struct tw_view *view;
    bool no_memory;
};

// What an envFrom may set that compiled programs read; the prefix rules most of them out.
static const char *const read_by_programs[] = {"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT",
    "GOROOT", "GOTRACEBACK", "GOCOVERDIR", "GORACE", "SSL_CERT_FILE", "SSL_CERT_DIR", "ZONEINFO"};

static bool is_wanted(const char *name)
{
    return strcmp(name, "PATH") == 0 || tw_trace_wants(tw_span_str(name));
}

// ---- the environment ----

static void forget(struct making *m, const char *name)
{
    struct tw_image_inventory *image = &m->view->image;
    size_t kept = 0;
    for (size_t i = 0; i < image->env_count; i++) {
        if (strcmp(image->env[i].name, name) != 0)
            image->env[kept++] = image->env[i];
    }
    image->env_count = kept;
}

static void add_unknown(struct making *m, const char *name, const char *source)
{
    struct tw_view *view = m->view;
    struct tw_unknown *unknown = tw_arena_push(m->arena, &view->unknown, &view->unknown_count);
    const char **slot =
        name ? tw_arena_push(m->arena, &view->unknown_names, &view->unknown_name_count) : NULL;
    if (!unknown || (name && !slot)) {
        m->no_memory = true;
        return;
    }
    *unknown = (struct tw_unknown){name, source};
    if (name)
        *slot = name;
}

// One that was not known before is, now that somebody sets it again.
static void know_again(struct making *m, const char *name)
{
    struct tw_view *view = m->view;
    size_t kept = 0;
    for (size_t i = 0; i < view->unknown_name_count; i++) {
        if (strcmp(view->unknown_names[i], name) != 0)
            view->unknown_names[kept++] = view->unknown_names[i];
    }
    view->unknown_name_count = kept;
    kept = 0;
    for (size_t i = 0; i < view->unknown_count; i++) {
        if (!view->unknown[i].name || strcmp(view->unknown[i].name, name) != 0)
            view->unknown[kept++] = view->unknown[i];
    }
    view->unknown_count = kept;
}

// `where`: what a person looks at to find it. The value is NULL when it is not known.
static void set(struct making *m, const struct tw_pod_variable *variable)
{
    struct tw_image_inventory *image = &m->view->image;
    if (!is_wanted(variable->name))
        return;
    forget(m, variable->name);
    know_again(m, variable->name);
    if (!variable->value) {
        add_unknown(m, variable->name, variable->source);
        return;
    }
    const char *value = tw_secret_cover_value(m->arena, variable->name, variable->value);
    struct tw_env_var *var = tw_arena_push(m->arena, &image->env, &image->env_count);
    if (!var || !value) {
        m->no_memory = true;
        return;
    }
    *var = (struct tw_env_var){.name = variable->name,
        .value = value,
        .instruction = variable->where,
        .history_index = -1};
}

static bool may_set(const struct tw_pod_source *source)
{
    for (size_t i = 0; i < TW_COUNT(read_by_programs); i++) {
        if (strncmp(read_by_programs[i], source->prefix, strlen(source->prefix)) == 0)
            return true;
    }
    return false;
}

static void copy_env(struct making *m, const struct tw_image_inventory *from)
{
    struct tw_image_inventory *image = &m->view->image;
    image->env = NULL;
    image->env_count = 0;
    for (size_t i = 0; i < from->env_count && !m->no_memory; i++) {
        struct tw_env_var *var = tw_arena_push(m->arena, &image->env, &image->env_count);
        if (var)
            *var = from->env[i];
        m->no_memory = !var;
    }
}

static void take_variables(struct making *m)
{
    const struct tw_pod_container *c = m->container;
    for (size_t i = 0; i < c->source_count && !m->no_memory; i++) {
        if (!may_set(&c->sources[i]))
            continue;
        m->view->may_set_any = true;
        add_unknown(m, NULL, c->sources[i].name);
    }
    for (size_t i = 0; i < c->variable_count && !m->no_memory; i++)
        set(m, &c->variables[i]);
}

// ---- the command: facts/admission.md section 6 ----

static void add_words(struct making *m, const char *const *words, size_t count)
{
    struct tw_image_inventory *image = &m->view->image;
    for (size_t i = 0; i < count && !m->no_memory; i++) {
        const char **word = tw_arena_push(m->arena, &image->entrypoint, &image->entrypoint_count);
        if (word)
            *word = words[i];
        m->no_memory = !word;
    }
}

// A command drops the image's Cmd too.
static const char *take_words(struct making *m, const struct tw_image_inventory *from)
{
    const struct tw_pod_container *c = m->container;
    struct tw_image_inventory *image = &m->view->image;
    image->entrypoint = NULL;
    image->entrypoint_count = 0;
    if (c->command_count > 0)
        add_words(m, c->command, c->command_count);
    else
        add_words(m, from->entrypoint, from->cmd_at);
    image->cmd_at = image->entrypoint_count;
    if (c->args_count > 0)
        add_words(m, c->args, c->args_count);
    else if (c->command_count == 0)
        add_words(m, from->entrypoint + from->cmd_at, from->entrypoint_count - from->cmd_at);
    const char *part = c->command_count > 0 ? "command" : c->args_count > 0 ? "args" : NULL;
    return part ? tw_arena_printf(m->arena, "%s.%s", c->where, part) : NULL;
}

static const char *known_value(void *ctx, const char *name, size_t size)
{
    const struct making *m = ctx;
    const struct tw_image_inventory *image = &m->view->image;
    for (size_t i = image->env_count; i-- > 0;) {
        if (tw_span_equals(tw_span_of(name, size), image->env[i].name))
            return image->env[i].value;
    }
    for (size_t i = m->container->variable_count; i-- > 0;) {
        const struct tw_pod_variable *variable = &m->container->variables[i];
        if (tw_span_equals(tw_span_of(name, size), variable->name))
            return variable->value ? variable->value : tw_word_unknown;
    }
    return tw_word_unknown;
}

// What is said of the command as the image has it is said by its variables now.
static void drop_command_text(struct making *m)
{
    struct tw_image_inventory *image = &m->view->image;
    const struct tw_text_file *from = image->texts;
    size_t count = image->text_count;
    image->texts = NULL;
    image->text_count = 0;
    for (size_t i = 0; i < count && !m->no_memory; i++) {
        if (from[i].kind == TW_TEXT_COMMAND)
            continue;
        struct tw_text_file *text = tw_arena_push(m->arena, &image->texts, &image->text_count);
        if (text)
            *text = from[i];
        m->no_memory = !text;
    }
}

// An assignment of the shell alone reaches programs when they would have had the variable anyway.
static bool is_in_environment(const struct making *m, const char *name)
{
    const struct tw_view *view = m->view;
    for (size_t i = 0; i < view->unknown_name_count; i++) {
        if (strcmp(view->unknown_names[i], name) == 0)
            return true;
    }
    return tw_image_env(&view->image, name) != NULL;
}

static void unset(struct making *m, const char *name)
{
    struct tw_view *view = m->view;
    if (*name) {
        forget(m, name);
        know_again(m, name);
        return;
    }
    view->image.env_count = view->unknown_count = view->unknown_name_count = 0;
    view->may_set_any = false;
}

// `where`: of the Pod's command; NULL: it is the image's own.
static void take_trace(struct making *m, const struct tw_trace *trace, const char *where)
{
    // $(NAME) is left where nobody knew what it stands for.
    bool known = trace->value && !strstr(trace->value, "$(");
    if (trace->kind == TW_TRACE_ASSIGN && !is_in_environment(m, trace->name)) {
        if (!m->view->may_set_any)
            return;
        known = false;
    }
    if (trace->kind == TW_TRACE_UNSET)
        unset(m, trace->name);
    else if (trace->kind == TW_TRACE_SET || trace->kind == TW_TRACE_ASSIGN)
        set(m, &(struct tw_pod_variable){.name = trace->name,
                   .value = known ? trace->value : NULL,
                   .where = where ? where : trace->text,
                   .source = where ? where : "the image's command"});
}

static void take_command(struct making *m, const struct tw_image_inventory *from)
{
    const char *where = take_words(m, from);
    const struct tw_image_inventory *image = &m->view->image;
    struct tw_traces traces = {.arena = m->arena, .max = TRACES_MAX, .for_programs = true};
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(LINE_BYTES_MAX);
    for (size_t i = 0; i < image->entrypoint_count; i++)
        tw_buf_printf(&line, "%s%s", i ? " " : "", image->entrypoint[i]);
    struct tw_span text = line.size ? tw_buf_span(&line) : tw_span_of("", 0);
    if (!m->no_memory)
        tw_shell_traces_of_words(
            image->entrypoint, image->entrypoint_count, text, known_value, m, &traces);
    m->no_memory |= traces.no_memory;
    for (size_t i = 0; i < traces.count && !m->no_memory; i++)
        take_trace(m, &traces.items[i], where);
    drop_command_text(m);
}

// ---- the name ----

static void take_name(struct making *m, const struct tw_reference *reference)
{
    struct tw_image_inventory *image = &m->view->image;
    image->reference = m->container->image;
    image->registry = tw_arena_strdup(m->arena, reference->registry);
    image->repository = tw_arena_strdup(m->arena, reference->repository);
    image->tag = reference->tag[0] ? tw_arena_strdup(m->arena, reference->tag) : NULL;
    m->no_memory |= !image->registry || !image->repository || (reference->tag[0] && !image->tag);
}

int tw_view_make(const struct tw_image_inventory *image, const struct tw_pod_container *container,
    const struct tw_reference *reference, struct tw_arena *arena, struct tw_view *ret_view,
    struct tw_err *err)
{
    struct tw_view view = {.image = *image};
    struct making m = {.arena = arena, .container = container, .view = &view};
    uint64_t failures = tw_mem_failures;
    take_name(&m, reference);
    copy_env(&m, image);
    if (container->kind != TW_CONTAINER_VOLUME && !m.no_memory) {
        take_variables(&m);
        take_command(&m, image);
    }
    if (m.no_memory || tw_mem_failures != failures)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_view = view;
    return 0;
}

void tw_view_place(const struct tw_view *view, const struct tw_pod *pod,
    const struct tw_pod_container *container, struct tw_judge_options *options)
{
    options->kube_namespace = *pod->kube_namespace ? pod->kube_namespace : NULL;
    options->labels = pod->labels;
    options->label_count = pod->label_count;
    options->cpu_limit_millis = container->cpu_limit_millis;
    options->memory_limit_bytes = container->memory_limit_bytes;
    options->unknown = view->unknown_names;
    options->unknown_count = view->unknown_name_count;
    options->may_set_any = view->may_set_any;
}
