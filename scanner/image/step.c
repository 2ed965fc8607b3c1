#include "scanner/image/step.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <strings.h>

#include "scanner/base/buf.h"
#include "scanner/image/instruction.h"
#include "scanner/image/word.h"

enum { HEREDOCS_MAX = 16, JSON_WORDS_MAX = 4096 };

struct reader {
    struct tw_span text;
    uint64_t at, line; // line: the number of the one that next_line() gave last
    const struct tw_limits *limits;
    struct tw_arena *arena;
    struct tw_steps steps;
    struct tw_err *err;
};

static bool next_line(struct reader *r, struct tw_span *ret_line)
{
    if (r->at >= r->text.n)
        return false;
    const uint8_t *from = r->text.p + r->at;
    const uint8_t *end = memchr(from, '\n', r->text.n - r->at);
    uint64_t size = end ? (uint64_t)(end - from) : r->text.n - r->at;
    r->at += size + (end != NULL);
    r->line++;
    if (size > 0 && from[size - 1] == '\r')
        size--;
    *ret_line = tw_span_of(from, size);
    return true;
}

static int no_memory(struct reader *r)
{
    return tw_err_set(r->err, TW_E_NOMEM, "out of memory for a Dockerfile");
}

static bool is_comment(struct tw_span line)
{
    line = tw_word_trim(line);
    return line.n > 0 && line.p[0] == '#';
}

// ---- directives ----

// "# escape=`", "#syntax = x": the name without case, and the value.
static bool directive(struct tw_span line, struct tw_span *ret_name, struct tw_span *ret_value)
{
    line = tw_word_trim(line);
    if (line.n == 0 || line.p[0] != '#')
        return false;
    line = tw_word_trim(tw_span_of(line.p + 1, line.n - 1));
    const uint8_t *equals = line.n > 0 ? memchr(line.p, '=', line.n) : NULL;
    if (!equals)
        return false;
    uint64_t n = (uint64_t)(equals - line.p);
    *ret_name = tw_word_trim(tw_span_of(line.p, n));
    *ret_value = tw_word_trim(tw_span_of(equals + 1, line.n - n - 1));
    for (uint64_t i = 0; i < ret_name->n; i++) {
        if (!isalnum(ret_name->p[i]) && ret_name->p[i] != '_')
            return false;
    }
    return ret_name->n > 0;
}

static bool equals_without_case(struct tw_span s, const char *text)
{
    return s.n == strlen(text) && strncasecmp((const char *)s.p, text, s.n) == 0;
}

// Directives stand above everything else; the first line that is none ends them.
static int read_directives(struct reader *r)
{
    struct tw_span line, name, value;
    bool known = true;
    while (known) {
        uint64_t at = r->at, number = r->line;
        if (!next_line(r, &line))
            return 0;
        known = directive(line, &name, &value) &&
                (equals_without_case(name, "escape") || equals_without_case(name, "syntax") ||
                    equals_without_case(name, "check"));
        if (known && equals_without_case(name, "escape")) {
            if (!tw_span_equals(value, "\\") && !tw_span_equals(value, "`"))
                return tw_err_set(r->err, TW_E_FORMAT,
                    "line %" PRIu64 ": the escape directive must be \\ or `", r->line);
            r->steps.escape = (char)value.p[0];
        }
        if (!known) {
            r->at = at;
            r->line = number;
        }
    }
    return 0;
}

// ---- continued lines ----

// A line goes on when it ends with one escape and perhaps blanks. Two are an escaped escape.
static bool goes_on(struct tw_span *line, char escape)
{
    uint64_t n = line->n;
    while (n > 0 && (line->p[n - 1] == ' ' || line->p[n - 1] == '\t'))
        n--;
    if (n == 0 || line->p[n - 1] != (uint8_t)escape || (n > 1 && line->p[n - 2] == (uint8_t)escape))
        return false;
    line->n = n - 1;
    return true;
}

// The whole instruction that begins with `line`. Comments and empty lines inside are left out.
static int join(struct reader *r, struct tw_span line, struct tw_buf *out)
{
    bool more = goes_on(&line, r->steps.escape);
    while (line.n > 0 && tw_word_is_blank(line.p[0]))
        line = tw_span_of(line.p + 1, line.n - 1);
    tw_buf_append(out, line.p, line.n);
    while (more && next_line(r, &line)) {
        if (is_comment(line) || tw_word_trim(line).n == 0)
            continue;
        more = goes_on(&line, r->steps.escape);
        tw_buf_append(out, line.p, line.n);
    }
    return out->status < 0 ? no_memory(r) : 0;
}

// ---- here-documents ----

// "<<EOF", "3<<-'EOF'": the name, or NULL.
static char *heredoc_name(
    struct tw_arena *arena, struct tw_span word, char escape, struct tw_heredoc *ret)
{
    while (word.n > 0 && isdigit(word.p[0]))
        word = tw_span_of(word.p + 1, word.n - 1);
    if (!tw_span_starts_with(word, "<<"))
        return NULL;
    word = tw_span_of(word.p + 2, word.n - 2);
    ret->strips = word.n > 0 && word.p[0] == '-';
    if (ret->strips)
        word = tw_span_of(word.p + 1, word.n - 1);
    if (word.n == 0 || memchr(word.p, '<', word.n))
        return NULL;
    ret->expands = !memchr(word.p, '\'', word.n) && !memchr(word.p, '"', word.n);
    struct tw_word_rules literal = {.escape = escape};
    char *name = tw_word_value(arena, word, &literal);
    return name && *name ? name : NULL;
}

static int read_body(struct reader *r, struct tw_heredoc *heredoc)
{
    uint64_t from = r->at, number = r->line;
    struct tw_span line;
    for (uint64_t end = from; next_line(r, &line); end = r->at) {
        while (heredoc->strips && line.n > 0 && line.p[0] == '\t')
            line = tw_span_of(line.p + 1, line.n - 1);
        if (tw_span_equals(line, heredoc->name)) {
            heredoc->body = tw_span_of(r->text.p + from, end - from);
            return 0;
        }
    }
    return tw_err_set(r->err, TW_E_FORMAT,
        "line %" PRIu64 ": the here-document \"%.40s\" has no end", number, heredoc->name);
}

static int read_heredocs(struct reader *r, struct tw_step *step)
{
    struct tw_span rest = tw_span_str(step->rest), word;
    bool may = strcmp(step->keyword, "RUN") == 0 || strcmp(step->keyword, "COPY") == 0 ||
               strcmp(step->keyword, "ADD") == 0;
    while (may && step->heredoc_count < HEREDOCS_MAX &&
           (word = tw_word_next(&rest, r->steps.escape)).n > 0) {
        struct tw_heredoc found = {0};
        if (!(found.name = heredoc_name(r->arena, word, r->steps.escape, &found)))
            continue;
        struct tw_heredoc *heredoc = tw_arena_push(r->arena, &step->heredocs, &step->heredoc_count);
        if (!heredoc)
            return no_memory(r);
        *heredoc = found;
    }
    for (size_t i = 0; i < step->heredoc_count; i++) {
        int code = read_body(r, &step->heredocs[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

// ---- steps ----

// "--name" and "--name=value" in front of the operands.
static int take_flags(struct reader *r, struct tw_step *step, struct tw_span rest)
{
    struct tw_span probe = rest, from = rest;
    while (tw_span_starts_with(probe, "--")) {
        tw_word_next(&probe, r->steps.escape);
        rest = probe;
    }
    uint64_t size = rest.n > 0 ? (uint64_t)(rest.p - from.p) : from.n;
    if (rest.n == from.n)
        size = 0;
    struct tw_span flags = tw_word_trim(tw_span_of(from.p, size));
    step->flags = tw_arena_strndup(r->arena, flags.p, flags.n);
    step->rest = tw_arena_strndup(r->arena, rest.p, rest.n);
    return step->flags && step->rest ? 0 : no_memory(r);
}

static int add_step(struct reader *r, struct tw_span text, uint64_t line)
{
    if (r->steps.count >= r->limits->dockerfile_steps)
        return tw_err_set(r->err, TW_E_LIMIT,
            "line %" PRIu64 ": more than %" PRIu64 " instructions (limit dockerfile_steps)", line,
            r->limits->dockerfile_steps);
    struct tw_span word = tw_word_next_plain(&text);
    struct tw_step *step = tw_arena_push(r->arena, &r->steps.items, &r->steps.count);
    if (!step)
        return no_memory(r);
    step->line = line;
    while (
        (step->keyword = tw_instruction_keyword(word)) && strcmp(step->keyword, "ONBUILD") == 0) {
        step->onbuild = true;
        word = tw_word_next_plain(&text);
    }
    if (!step->keyword)
        return tw_err_set(r->err, TW_E_FORMAT,
            "line %" PRIu64 ": \"%.*s\" is no Dockerfile instruction", line,
            (int)(word.n < 40 ? word.n : 40), word.n ? (const char *)word.p : "");
    int code = take_flags(r, step, text);
    return code < 0 ? code : read_heredocs(r, step);
}

int tw_steps_read(struct tw_span text, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_steps *ret_steps, struct tw_err *err)
{
    struct reader r = {.text = text, .limits = limits, .arena = arena, .err = err};
    if (text.n > limits->dockerfile_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "a Dockerfile of more than %" PRIu64 " bytes is not read (limit dockerfile_bytes)",
            limits->dockerfile_bytes);
    if (tw_span_starts_with(text, "\xEF\xBB\xBF"))
        r.at = 3;
    r.steps.escape = '\\';
    int code = read_directives(&r);
    TW_AUTO(tw_buf_done) struct tw_buf joined = TW_BUF(limits->dockerfile_bytes + 1);
    struct tw_span line;
    while (code == 0 && next_line(&r, &line)) {
        uint64_t number = r.line;
        if (is_comment(line) || tw_word_trim(line).n == 0)
            continue;
        tw_buf_reset(&joined);
        code = join(&r, line, &joined);
        struct tw_span instruction = tw_word_trim(tw_buf_span(&joined));
        if (code == 0 && instruction.n > 0)
            code = add_step(&r, instruction, number);
    }
    if (code == 0)
        *ret_steps = r.steps;
    return code;
}

struct tw_span tw_step_flag(const struct tw_step *step, const char *name)
{
    struct tw_span rest = tw_span_str(step->flags), word;
    size_t n = strlen(name);
    while ((word = tw_word_next_plain(&rest)).n > 0) {
        if (word.n > n + 3 && tw_span_starts_with(word, "--") && memcmp(word.p + 2, name, n) == 0 &&
            word.p[n + 2] == '=')
            return tw_span_of(word.p + n + 3, word.n - n - 3);
    }
    return (struct tw_span){0};
}

bool tw_step_words(
    const struct tw_step *step, struct tw_arena *arena, const char ***ret_words, size_t *ret_count)
{
    if (step->rest[0] != '[')
        return false;
    json_t *list = json_loads(step->rest, JSON_REJECT_DUPLICATES, NULL);
    const char **words = NULL;
    size_t count = 0;
    bool good = json_is_array(list) && json_array_size(list) <= JSON_WORDS_MAX;
    for (size_t i = 0; good && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        const char **word = text ? tw_arena_push(arena, &words, &count) : NULL;
        good = word && (*word = tw_arena_strdup(arena, text));
    }
    json_decref(list);
    if (good) {
        *ret_words = words;
        *ret_count = count;
    }
    return good;
}
