#include "scanner/image/instruction.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const keywords[] = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE",
    "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER",
    "VOLUME", "WORKDIR"};

// The last word of a shell's command line before the script: "/bin/sh -c ", "bash -o x -c ".
static const struct {
    const char *name; // last component of the program
    const char *option;
} shells[] = {{"sh", "-c"}, {"bash", "-c"}, {"ash", "-c"}, {"dash", "-c"}, {"zsh", "-c"},
    {"busybox", "-c"}, {"cmd", "/C"}, {"cmd.exe", "/C"}, {"powershell", "-Command"},
    {"powershell.exe", "-Command"}, {"pwsh", "-Command"}};

static const char *shell_option(struct tw_span program)
{
    for (uint64_t i = program.n; i > 0; i--) {
        if (program.p[i - 1] == '/' || program.p[i - 1] == '\\') {
            program = tw_span_of(program.p + i, program.n - i);
            break;
        }
    }
    for (size_t i = 0; i < TW_COUNT(shells); i++) {
        if (tw_span_equals(program, shells[i].name))
            return shells[i].option;
    }
    return NULL;
}

// "/bin/bash -o pipefail -c make x" -> "make x". `rest` stays as it is when no shell is there.
static bool skip_shell(struct tw_span *rest)
{
    struct tw_span s = *rest;
    const char *option = shell_option(tw_word_next_plain(&s));
    if (!option)
        return false;
    for (int words = 0; words < 8 && s.n > 0; words++) {
        if (tw_span_equals(tw_word_next_plain(&s), option)) {
            *rest = s;
            return true;
        }
    }
    return false;
}

// "|2 A=b C=d e /bin/sh -c make" -> "/bin/sh -c make". Values stand there without quotes, so
// their end is where a shell begins.
static void skip_build_arguments(struct tw_span *rest)
{
    if (rest->n < 2 || rest->p[0] != '|' || !isdigit(rest->p[1]))
        return;
    struct tw_span s = *rest;
    tw_word_next_plain(&s);
    while (s.n > 0) {
        struct tw_span probe = s;
        if (skip_shell(&probe)) {
            *rest = s;
            return;
        }
        tw_word_next_plain(&s);
    }
}

const char *tw_instruction_keyword(struct tw_span word)
{
    for (size_t i = 0; i < TW_COUNT(keywords); i++) {
        if (word.n == strlen(keywords[i]) &&
            strncasecmp((const char *)word.p, keywords[i], word.n) == 0)
            return keywords[i];
    }
    return NULL;
}

static char *compose(struct tw_arena *arena, const char *keyword, struct tw_span rest)
{
    size_t n = strlen(keyword);
    char *text = rest.n < SIZE_MAX / 2 ? tw_arena_alloc(arena, n + 1 + rest.n + 1) : NULL;
    if (!text)
        return NULL;
    memcpy(text, keyword, n);
    if (rest.n > 0) {
        text[n] = ' ';
        memcpy(text + n + 1, rest.p, rest.n);
    }
    return text;
}

// BuildKit's mark at the end of what a step ran.
static struct tw_span without_mark(struct tw_span s)
{
    static const char mark[] = "# buildkit";
    uint64_t n = sizeof mark - 1;
    if (s.n >= n && memcmp(s.p + s.n - n, mark, n) == 0)
        s.n -= n;
    return tw_word_trim(s);
}

char *tw_instruction_of_history(struct tw_arena *arena, const char *created_by)
{
    struct tw_span rest = without_mark(tw_word_trim(tw_span_str(created_by)));
    skip_build_arguments(&rest);
    bool shell = skip_shell(&rest);
    bool no_operation = shell && tw_span_starts_with(rest, "#(nop)");
    if (shell && !no_operation)
        return rest.n ? compose(arena, "RUN", rest) : NULL;
    if (no_operation)
        rest = tw_span_of(rest.p + 6, rest.n - 6);
    const char *keyword = tw_instruction_keyword(tw_word_next_plain(&rest));
    if (!keyword || rest.n == 0)
        return NULL;
    if (strcmp(keyword, "RUN") == 0) {
        skip_build_arguments(&rest);
        skip_shell(&rest);
    }
    return compose(arena, keyword, rest);
}

struct assignments {
    struct tw_arena *arena;
    const struct tw_word_rules *rules;
    struct tw_assignment *items;
    size_t count;
};

static int add(
    struct assignments *list, struct tw_span name, struct tw_span value, struct tw_err *err)
{
    struct tw_assignment *a = tw_arena_push(list->arena, &list->items, &list->count);
    if (!a)
        return tw_err_set(err, TW_E_NOMEM, "out of memory, or past the record's ceiling");
    struct tw_word_rules literal = {.escape = list->rules->escape};
    a->name = tw_word_value(list->arena, name, &literal);
    a->value = tw_word_value(list->arena, value, list->rules);
    if (!a->name || (!a->value && !list->rules->lookup))
        return tw_err_set(err, TW_E_NOMEM, "out of memory, or past the record's ceiling");
    return 0;
}

static int read_pairs(struct assignments *list, struct tw_span rest, struct tw_err *err)
{
    struct tw_span word;
    while ((word = tw_word_next(&rest, list->rules->escape)).n > 0) {
        const uint8_t *equals = memchr(word.p, '=', word.n);
        if (!equals || equals == word.p)
            return tw_err_set(err, TW_E_FORMAT, "ENV: \"%.*s\" must have the form NAME=value",
                (int)(word.n < 80 ? word.n : 80), (const char *)word.p);
        uint64_t n = (uint64_t)(equals - word.p);
        int r = add(list, tw_span_of(word.p, n), tw_span_of(equals + 1, word.n - n - 1), err);
        if (r < 0)
            return r;
    }
    return 0;
}

int tw_instruction_env_by(struct tw_arena *arena, const char *instruction,
    const struct tw_word_rules *rules, struct tw_assignment **ret_assignments, size_t *ret_count,
    struct tw_err *err)
{
    struct tw_span rest = tw_span_str(instruction);
    const char *keyword = tw_instruction_keyword(tw_word_next_plain(&rest));
    if (!keyword || strcmp(keyword, "ENV") != 0 || rest.n == 0)
        return tw_err_set(err, TW_E_FORMAT, "no ENV instruction: \"%.80s\"", instruction);
    struct assignments list = {.arena = arena, .rules = rules};
    struct tw_span value = rest, probe = rest;
    struct tw_span first = tw_word_next(&probe, rules->escape);
    int r;
    if (memchr(first.p, '=', first.n)) {
        r = read_pairs(&list, rest, err);
    } else { // the old form: one variable, and all the rest is its value
        struct tw_span name = tw_word_next_plain(&value);
        r = value.n ? add(&list, name, value, err)
                    : tw_err_set(err, TW_E_FORMAT, "ENV: \"%.80s\" has no value", instruction);
    }
    if (r < 0)
        return r;
    *ret_assignments = list.items;
    *ret_count = list.count;
    return 0;
}

int tw_instruction_env_expanded(struct tw_arena *arena, const char *instruction,
    tw_word_lookup lookup, void *ctx, struct tw_assignment **ret_assignments, size_t *ret_count,
    struct tw_err *err)
{
    uint64_t steps = TW_WORD_STEPS;
    struct tw_word_rules rules = {.escape = '\\', .lookup = lookup, .ctx = ctx, .steps = &steps};
    return tw_instruction_env_by(arena, instruction, &rules, ret_assignments, ret_count, err);
}

int tw_instruction_env(struct tw_arena *arena, const char *instruction,
    struct tw_assignment **ret_assignments, size_t *ret_count, struct tw_err *err)
{
    return tw_instruction_env_expanded(
        arena, instruction, NULL, NULL, ret_assignments, ret_count, err);
}
