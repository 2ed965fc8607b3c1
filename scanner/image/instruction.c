#include "scanner/image/instruction.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "scanner/base/buf.h"

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

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct tw_span trimmed(struct tw_span s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = tw_span_of(s.p + 1, s.n - 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

// Takes the first word off `rest`.
static struct tw_span next_word(struct tw_span *rest)
{
    *rest = trimmed(*rest);
    uint64_t n = 0;
    while (n < rest->n && !is_blank(rest->p[n]))
        n++;
    struct tw_span word = tw_span_of(rest->p, n);
    *rest = trimmed(tw_span_of(rest->p + n, rest->n - n));
    return word;
}

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
    const char *option = shell_option(next_word(&s));
    if (!option)
        return false;
    for (int words = 0; words < 8 && s.n > 0; words++) {
        if (tw_span_equals(next_word(&s), option)) {
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
    next_word(&s);
    while (s.n > 0) {
        struct tw_span probe = s;
        if (skip_shell(&probe)) {
            *rest = s;
            return;
        }
        next_word(&s);
    }
}

static const char *keyword_of(struct tw_span word)
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
    return trimmed(s);
}

char *tw_instruction_of_history(struct tw_arena *arena, const char *created_by)
{
    struct tw_span rest = without_mark(trimmed(tw_span_str(created_by)));
    skip_build_arguments(&rest);
    bool shell = skip_shell(&rest);
    bool no_operation = shell && tw_span_starts_with(rest, "#(nop)");
    if (shell && !no_operation)
        return rest.n ? compose(arena, "RUN", rest) : NULL;
    if (no_operation)
        rest = tw_span_of(rest.p + 6, rest.n - 6);
    const char *keyword = keyword_of(next_word(&rest));
    if (!keyword || rest.n == 0)
        return NULL;
    if (strcmp(keyword, "RUN") == 0) {
        skip_build_arguments(&rest);
        skip_shell(&rest);
    }
    return compose(arena, keyword, rest);
}

// ENV's words. The grammar is that of Docker's parser: words end at blanks outside of quotes,
// a backslash takes the next character with it (not inside single quotes).

static uint64_t word_size(struct tw_span s)
{
    uint8_t quote = 0;
    uint64_t i = 0;
    for (; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '\\' && quote != '\'')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (is_blank(c))
            break;
    }
    return i < s.n ? i : s.n;
}

struct expansion {
    tw_instruction_lookup lookup; // NULL: variables stay as they are written
    void *ctx;
    struct tw_buf *out;
    bool failed; // a form that is not known
    int depth;   // of words inside of ${}
};

enum { VALUE_BYTES_MAX = 1 << 20, WORD_DEPTH_MAX = 8 };

static void put_word(struct expansion *e, struct tw_span word);

static uint64_t name_size(struct tw_span s)
{
    uint64_t n = 0;
    if (s.n > 0 && (isalpha(s.p[0]) || s.p[0] == '_')) {
        while (n < s.n && (isalnum(s.p[n]) || s.p[n] == '_'))
            n++;
    }
    return n;
}

// The size of "${...}" from its "$" on, or 0 when the brace is not closed.
static uint64_t brace_size(struct tw_span s)
{
    uint64_t depth = 0;
    for (uint64_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '{')
            depth++;
        else if (s.p[i] == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

// The inside of "${...}".
static void put_brace(struct expansion *e, struct tw_span inside)
{
    uint64_t n = name_size(inside);
    const char *value = n ? e->lookup(e->ctx, (const char *)inside.p, n) : NULL;
    struct tw_span rest = tw_span_of(inside.p + n, inside.n - n);
    bool colon = rest.n > 0 && rest.p[0] == ':';
    if (colon)
        rest = tw_span_of(rest.p + 1, rest.n - 1);
    bool set = value && !(colon && value[0] == '\0');
    if (n == 0 || (colon && rest.n == 0)) {
        e->failed = true;
    } else if (rest.n == 0) {
        tw_buf_puts(e->out, value ? value : "");
    } else if (rest.p[0] == '-' || rest.p[0] == '+') {
        if (set && rest.p[0] == '-')
            tw_buf_puts(e->out, value);
        else if (set == (rest.p[0] == '+'))
            put_word(e, tw_span_of(rest.p + 1, rest.n - 1));
    } else {
        e->failed = true;
    }
}

// Writes what the "$..." at the start of `s` stands for; returns the bytes taken.
static uint64_t put_variable(struct expansion *e, struct tw_span s)
{
    uint64_t n = 1;
    if (e->lookup && s.n > 1 && s.p[1] == '{') {
        n = brace_size(s);
        if (n == 0) {
            e->failed = true;
            return s.n;
        }
        put_brace(e, tw_span_of(s.p + 2, n - 3));
        return n;
    }
    if (e->lookup && (n = 1 + name_size(tw_span_of(s.p + 1, s.n - 1))) > 1) {
        const char *value = e->lookup(e->ctx, (const char *)s.p + 1, n - 1);
        tw_buf_puts(e->out, value ? value : "");
        return n;
    }
    tw_buf_append(e->out, s.p, 1);
    return 1;
}

// Takes quotes and escapes off. In double quotes a backslash only acts on " $ and itself.
static void put_word(struct expansion *e, struct tw_span word)
{
    if (++e->depth > WORD_DEPTH_MAX)
        e->failed = true;
    uint8_t quote = 0;
    for (uint64_t i = 0; i < word.n && !e->failed;) {
        uint8_t c = word.p[i];
        uint8_t next = i + 1 < word.n ? word.p[i + 1] : 0;
        if (c == '\\' && quote != '\'' && i + 1 < word.n) {
            if (quote && next != '"' && next != '$' && next != '\\')
                tw_buf_append(e->out, &c, 1);
            if (next != '\n')
                tw_buf_append(e->out, &next, 1);
            i += 2;
        } else if ((c == '"' || c == '\'') && (quote == 0 || quote == c)) {
            quote = quote ? 0 : c;
            i++;
        } else if (c == '$' && quote != '\'') {
            i += put_variable(e, tw_span_of(word.p + i, word.n - i));
        } else {
            // A backslash at the very end escapes nothing and is dropped.
            if (c != '\\' || quote == '\'')
                tw_buf_append(e->out, &c, 1);
            i++;
        }
    }
    e->depth--;
}

static const char *value_of(
    struct tw_arena *arena, struct tw_span word, tw_instruction_lookup lookup, void *ctx)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(VALUE_BYTES_MAX);
    struct expansion e = {.lookup = lookup, .ctx = ctx, .out = &out};
    put_word(&e, word);
    if (e.failed || out.status < 0)
        return NULL;
    return tw_arena_strndup(arena, out.data, out.size);
}

struct assignments {
    struct tw_arena *arena;
    tw_instruction_lookup lookup;
    void *ctx;
    struct tw_assignment *items;
    size_t count;
};

static int add(
    struct assignments *list, struct tw_span name, struct tw_span value, struct tw_err *err)
{
    struct tw_assignment *a = tw_arena_push(list->arena, &list->items, &list->count);
    if (!a)
        return tw_err_set(err, TW_E_NOMEM, "out of memory, or past the record's ceiling");
    a->name = value_of(list->arena, name, NULL, NULL);
    a->value = value_of(list->arena, value, list->lookup, list->ctx);
    if (!a->name || (!a->value && !list->lookup))
        return tw_err_set(err, TW_E_NOMEM, "out of memory, or past the record's ceiling");
    return 0;
}

// Blanks, and backslashes at the end of a line (kaniko keeps those).
static struct tw_span skip_to_word(struct tw_span rest)
{
    rest = trimmed(rest);
    while (tw_span_starts_with(rest, "\\\n") || tw_span_starts_with(rest, "\\\r\n"))
        rest = trimmed(tw_span_of(rest.p + 1, rest.n - 1));
    return rest;
}

static int read_pairs(struct assignments *list, struct tw_span rest, struct tw_err *err)
{
    while ((rest = skip_to_word(rest)).n > 0) {
        struct tw_span word = tw_span_of(rest.p, word_size(rest));
        const uint8_t *equals = memchr(word.p, '=', word.n);
        if (!equals || equals == word.p)
            return tw_err_set(err, TW_E_FORMAT, "ENV: \"%.*s\" must have the form NAME=value",
                (int)(word.n < 80 ? word.n : 80), (const char *)word.p);
        uint64_t n = (uint64_t)(equals - word.p);
        int r = add(list, tw_span_of(word.p, n), tw_span_of(equals + 1, word.n - n - 1), err);
        if (r < 0)
            return r;
        rest = tw_span_of(rest.p + word.n, rest.n - word.n);
    }
    return 0;
}

int tw_instruction_env_expanded(struct tw_arena *arena, const char *instruction,
    tw_instruction_lookup lookup, void *ctx, struct tw_assignment **ret_assignments,
    size_t *ret_count, struct tw_err *err)
{
    struct tw_span rest = tw_span_str(instruction);
    const char *keyword = keyword_of(next_word(&rest));
    if (!keyword || strcmp(keyword, "ENV") != 0 || rest.n == 0)
        return tw_err_set(err, TW_E_FORMAT, "no ENV instruction: \"%.80s\"", instruction);
    struct assignments list = {.arena = arena, .lookup = lookup, .ctx = ctx};
    struct tw_span first = tw_span_of(rest.p, word_size(rest));
    int r;
    if (memchr(first.p, '=', first.n)) {
        r = read_pairs(&list, rest, err);
    } else { // the old form: one variable, and all the rest is its value
        struct tw_span value = rest;
        struct tw_span name = next_word(&value);
        r = value.n ? add(&list, name, value, err)
                    : tw_err_set(err, TW_E_FORMAT, "ENV: \"%.80s\" has no value", instruction);
    }
    if (r < 0)
        return r;
    *ret_assignments = list.items;
    *ret_count = list.count;
    return 0;
}

int tw_instruction_env(struct tw_arena *arena, const char *instruction,
    struct tw_assignment **ret_assignments, size_t *ret_count, struct tw_err *err)
{
    return tw_instruction_env_expanded(
        arena, instruction, NULL, NULL, ret_assignments, ret_count, err);
}
