#include "scanner/image/attribute.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/image/instruction.h"

// How it is done: config.Env is the truth. The history is read forwards once, to expand the
// variables of raw instructions; then backwards, so that at each instruction it is known which
// variables a later one sets again. The first instruction met on the way back that assigns a
// variable is the one that counts: it is named when its value is the final one.

enum { ARGS_MAX = 64, MATCH = 4, CONTRADICTION = -1000 };
static const size_t no_var = SIZE_MAX;

struct name {
    const char *text;
    size_t var; // index into config->env: the last of that name
};

struct argument { // of ARG
    struct tw_span name;
    const char *value;
};

struct piece { // one assignment, as one reading of an instruction has it
    size_t var;
    struct tw_span value; // p NULL: not known
};

struct reading {
    struct piece *pieces;
    size_t count;
    bool valid;
};

struct step { // one ENV instruction
    size_t history_index;
    struct reading raw;
};

struct boundary { // a place where a plain instruction may begin a new assignment
    size_t var;
    uint64_t at, value_at;
    int64_t best; // score of the best reading from here to the end
    size_t next;  // the boundary after this one in it
};

struct attribution {
    struct tw_config *config;
    struct tw_arena *scratch;
    struct name *names; // sorted
    size_t name_count;
    const char **now; // value of each variable while reading forwards; NULL: not set
    bool *settled;    // while reading backwards: a later instruction assigns it
    struct argument args[ARGS_MAX];
    size_t arg_count;
    uint64_t word_steps;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static size_t find_var(const struct attribution *a, const char *name, uint64_t size)
{
    size_t low = 0, high = a->name_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *text = a->names[middle].text;
        int order = strncmp(text, name, size);
        if (order == 0 && text[size] == '\0')
            return a->names[middle].var;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return no_var;
}

static const char *lookup(void *ctx, const char *name, size_t size)
{
    struct attribution *a = ctx;
    size_t var = find_var(a, name, size);
    if (var != no_var && a->now[var])
        return a->now[var];
    for (size_t i = a->arg_count; i > 0; i--) { // ENV goes before ARG, a later ARG before others
        const struct argument *arg = &a->args[i - 1];
        if (arg->name.n == size && memcmp(arg->name.p, name, size) == 0)
            return arg->value;
    }
    return NULL;
}

enum tw_env_style tw_env_style_of(const char *created_by, const char *comment)
{
    if (comment && strncmp(comment, "buildkit", 8) == 0)
        return TW_ENV_PLAIN;
    const char *mark = strstr(created_by, "#(nop)");
    if (!mark)
        return TW_ENV_UNKNOWN;
    // The classic builder puts two blanks there, buildah one.
    return strncmp(mark, "#(nop)  ", 8) == 0 ? TW_ENV_PLAIN : TW_ENV_RAW;
}

static bool is_env(const char *instruction)
{
    return instruction && strncmp(instruction, "ENV ", 4) == 0;
}

static struct tw_span final_value(const struct attribution *a, size_t var)
{
    return tw_span_str(a->config->env[var].value);
}

static bool same(struct tw_span a, struct tw_span b)
{
    return a.p && b.p && a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

// ---- the raw reading: the Dockerfile's own grammar ----

static struct reading read_raw(struct attribution *a, const char *instruction)
{
    struct tw_word_rules rules = {
        .escape = '\\', .lookup = lookup, .ctx = a, .steps = &a->word_steps};
    struct reading reading = {0};
    struct tw_assignment *items = NULL;
    size_t count = 0;
    if (tw_instruction_env_by(a->scratch, instruction, &rules, &items, &count, NULL) < 0)
        return reading;
    reading.pieces = tw_arena_alloc(a->scratch, count * sizeof *reading.pieces);
    for (size_t i = 0; reading.pieces && i < count; i++) {
        size_t var = find_var(a, items[i].name, strlen(items[i].name));
        if (var == no_var)
            continue;
        struct tw_span value = items[i].value ? tw_span_str(items[i].value) : tw_span_of(NULL, 0);
        reading.pieces[reading.count++] = (struct piece){.var = var, .value = value};
    }
    reading.valid = reading.pieces != NULL;
    return reading;
}

// ---- the plain reading: "A=b C=d e", where only known names can tell what a blank means ----

static struct boundary *find_boundaries(struct attribution *a, struct tw_span text, size_t *count)
{
    struct boundary *items = NULL;
    *count = 0;
    for (uint64_t i = 0; i < text.n; i++) {
        if (i > 0 && text.p[i - 1] != ' ')
            continue;
        uint64_t end = i;
        while (end < text.n && text.p[end] != '=' && text.p[end] != ' ')
            end++;
        if (end == text.n || text.p[end] != '=')
            continue;
        size_t var = find_var(a, (const char *)text.p + i, end - i);
        if (var == no_var && i > 0)
            continue;
        struct boundary *b = tw_arena_push(a->scratch, &items, count);
        if (!b)
            return NULL;
        *b = (struct boundary){.var = var, .at = i, .value_at = end + 1};
    }
    return items;
}

static size_t boundary_at(const struct boundary *items, size_t count, uint64_t at)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && items[low].at == at ? low : no_var;
}

// Where the assignment at b ends if it gives the final value: the next boundary, `count` for
// the end of the text, or no_var when it does not. Blanks at the very end are lost in history.
static size_t end_of_match(const struct attribution *a, struct tw_span text,
    const struct boundary *items, size_t count, const struct boundary *b)
{
    struct tw_span value = final_value(a, b->var);
    uint64_t rest = text.n - b->value_at;
    uint64_t n = value.n < rest ? value.n : rest;
    if (n > 0 && memcmp(text.p + b->value_at, value.p, n) != 0)
        return no_var;
    if (n == rest) {
        while (value.n > n && value.p[value.n - 1] == ' ')
            value.n--;
        return value.n == n ? count : no_var;
    }
    uint64_t end = b->value_at + value.n;
    return text.p[end] == ' ' ? boundary_at(items, count, end + 1) : no_var;
}

// Scores every boundary from the end: a final value found is good, a value that nothing
// explains (it is not the final one, and no later instruction sets the variable again) is bad.
static void score_boundaries(const struct attribution *a, const bool *settled, struct tw_span text,
    struct boundary *items, size_t count)
{
    int64_t best_after = 0;
    size_t after = count;
    for (size_t i = count; i > 0; i--) {
        struct boundary *b = &items[i - 1];
        bool explained = b->var == no_var || !settled || settled[b->var];
        b->best = best_after + (explained ? 0 : CONTRADICTION);
        b->next = after;
        size_t end = b->var == no_var ? no_var : end_of_match(a, text, items, count, b);
        if (end != no_var) {
            int64_t score = MATCH + (end < count ? items[end].best : 0);
            if (score >= b->best) {
                b->best = score;
                b->next = end;
            }
        }
        if (b->best >= best_after) { // the end of the text scores 0
            best_after = b->best;
            after = i - 1;
        }
    }
}

// `settled` NULL: every value counts as explained (reading forwards).
static struct reading read_plain(
    struct attribution *a, const char *instruction, const bool *settled)
{
    struct reading reading = {0};
    struct tw_span text = tw_span_str(instruction + strlen("ENV "));
    size_t count = 0;
    struct boundary *items = find_boundaries(a, text, &count);
    if (!items || items[0].at != 0)
        return reading;
    score_boundaries(a, settled, text, items, count);
    reading.pieces = tw_arena_alloc(a->scratch, count * sizeof *reading.pieces);
    if (!reading.pieces)
        return reading;
    for (size_t i = 0; i < count; i = items[i].next) {
        const struct boundary *b = &items[i];
        uint64_t end = b->next < count ? items[b->next].at - 1 : text.n;
        struct tw_span value = tw_span_of(text.p + b->value_at, end - b->value_at);
        if (b->var == no_var)
            continue;
        if (b->next == count && end_of_match(a, text, items, count, b) == count)
            value = final_value(a, b->var);
        reading.pieces[reading.count++] = (struct piece){.var = b->var, .value = value};
    }
    reading.valid = true;
    return reading;
}

// ---- forwards: what each variable is while the instructions are run ----

static void note_argument(struct attribution *a, const char *instruction)
{
    struct tw_span text = tw_span_str(instruction + strlen("ARG "));
    const uint8_t *equals = text.n ? memchr(text.p, '=', text.n) : NULL;
    if (!equals || a->arg_count == ARGS_MAX)
        return;
    uint64_t n = (uint64_t)(equals - text.p);
    if (!memchr(text.p, ' ', n)) // of several in one instruction only the first would be right
        a->args[a->arg_count++] =
            (struct argument){.name = tw_span_of(text.p, n), .value = (const char *)equals + 1};
}

static void run(struct attribution *a, const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct piece *p = &reading->pieces[i];
        a->now[p->var] = p->value.p ? tw_arena_strndup(a->scratch, p->value.p, p->value.n) : NULL;
    }
}

static struct step *read_forwards(
    struct attribution *a, const enum tw_env_style *styles, size_t *ret_count)
{
    struct step *steps = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < a->config->history_count; i++) {
        const char *instruction = a->config->history[i].instruction;
        if (instruction && strncmp(instruction, "ARG ", 4) == 0)
            note_argument(a, instruction);
        if (!is_env(instruction))
            continue;
        struct step *step = tw_arena_push(a->scratch, &steps, ret_count);
        if (!step)
            break;
        *step = (struct step){.history_index = i};
        if (styles[i] != TW_ENV_PLAIN)
            step->raw = read_raw(a, instruction);
        struct reading plain = {0};
        if (!step->raw.valid)
            plain = read_plain(a, instruction, NULL);
        run(a, step->raw.valid ? &step->raw : &plain);
    }
    return steps;
}

// ---- backwards: who set the final value ----

static int64_t score(const struct attribution *a, const struct reading *reading)
{
    int64_t sum = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const struct piece *p = &reading->pieces[i];
        if (same(p->value, final_value(a, p->var)))
            sum += MATCH;
        else if (!a->settled[p->var])
            sum += CONTRADICTION;
    }
    return sum;
}

static void settle(struct attribution *a, const struct step *step, const struct reading *reading)
{
    for (size_t i = reading->count; i > 0; i--) { // in one instruction the last one counts
        const struct piece *p = &reading->pieces[i - 1];
        if (a->settled[p->var])
            continue;
        a->settled[p->var] = true;
        if (!same(p->value, final_value(a, p->var)))
            continue;
        struct tw_config_env *env = &a->config->env[p->var];
        env->instruction = a->config->history[step->history_index].instruction;
        env->history_index = (int64_t)step->history_index;
    }
}

static void read_backwards(
    struct attribution *a, const enum tw_env_style *styles, const struct step *steps, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        const struct step *step = &steps[i - 1];
        enum tw_env_style style = styles[step->history_index];
        struct reading chosen = step->raw;
        if (style != TW_ENV_RAW || !chosen.valid) {
            struct reading plain =
                read_plain(a, a->config->history[step->history_index].instruction, a->settled);
            if (plain.valid && (!chosen.valid || score(a, &plain) > score(a, &chosen)))
                chosen = plain;
        }
        settle(a, step, &chosen);
    }
}

static void index_names(struct attribution *a)
{
    size_t n = a->config->env_count, kept = 0;
    for (size_t i = 0; i < n; i++)
        a->names[i] = (struct name){.text = a->config->env[i].name, .var = i};
    qsort(a->names, n, sizeof *a->names, compare_names);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && strcmp(a->names[kept - 1].text, a->names[i].text) == 0) {
            if (a->names[i].var > a->names[kept - 1].var)
                a->names[kept - 1].var = a->names[i].var;
        } else {
            a->names[kept++] = a->names[i];
        }
    }
    a->name_count = kept;
}

int tw_attribute_env(struct tw_config *config, const enum tw_env_style *styles,
    const struct tw_limits *limits, struct tw_err *err)
{
    size_t n = config->env_count;
    if (n == 0)
        return 0;
    // Expansion can make text grow without bound; what does not fit stays without instruction.
    TW_AUTO(tw_arena_freep) struct tw_arena *scratch = tw_arena_new(limits->config_bytes * 8);
    struct attribution *a = scratch ? tw_arena_alloc(scratch, sizeof *a) : NULL;
    if (a) {
        a->config = config;
        a->scratch = scratch;
        a->word_steps = TW_WORD_STEPS;
        a->names = tw_arena_alloc(scratch, n * sizeof *a->names);
        a->now = tw_arena_alloc(scratch, n * sizeof *a->now);
        a->settled = tw_arena_alloc(scratch, n * sizeof *a->settled);
    }
    if (!a || !a->names || !a->now || !a->settled)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for the environment's history");
    index_names(a);
    size_t count;
    const struct step *steps = read_forwards(a, styles, &count);
    read_backwards(a, styles, steps, count);
    return 0;
}
