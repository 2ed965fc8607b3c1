#include "scanner/image/word.h"

#include <ctype.h>

#include "scanner/base/buf.h"
#include "scanner/base/glob.h"

enum {
    VALUE_BYTES_MAX = 1 << 20,
    DEPTH_MAX = 8,            // of words inside of ${}
    PATTERN_BYTES_MAX = 4096, // of a value that ${NAME#pattern} and its like look through
};

const char tw_word_unknown[] = "(unknown)";

bool tw_word_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct tw_span tw_word_trim(struct tw_span s)
{
    while (s.n > 0 && tw_word_is_blank(s.p[0]))
        s = tw_span_of(s.p + 1, s.n - 1);
    while (s.n > 0 && tw_word_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static struct tw_span take(struct tw_span *rest, uint64_t n)
{
    struct tw_span word = tw_span_of(rest->p, n);
    if (n > 0)
        *rest = tw_word_trim(tw_span_of(rest->p + n, rest->n - n));
    return word;
}

struct tw_span tw_word_next_plain(struct tw_span *rest)
{
    *rest = tw_word_trim(*rest);
    uint64_t n = 0;
    while (n < rest->n && !tw_word_is_blank(rest->p[n]))
        n++;
    return take(rest, n);
}

// Blanks, and escapes at the end of a line (kaniko keeps those).
static struct tw_span skip_to_word(struct tw_span rest, char escape)
{
    rest = tw_word_trim(rest);
    while (rest.n > 1 && rest.p[0] == (uint8_t)escape &&
           (rest.p[1] == '\n' || (rest.p[1] == '\r' && rest.n > 2 && rest.p[2] == '\n')))
        rest = tw_word_trim(tw_span_of(rest.p + 1, rest.n - 1));
    return rest;
}

// Words end at blanks outside of quotes; an escape takes the next character with it (not inside of
// single quotes).
struct tw_span tw_word_next(struct tw_span *rest, char escape)
{
    *rest = skip_to_word(*rest, escape);
    uint8_t quote = 0;
    uint64_t i = 0;
    for (; i < rest->n; i++) {
        uint8_t c = rest->p[i];
        if (c == (uint8_t)escape && quote != '\'')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (tw_word_is_blank(c))
            break;
    }
    return take(rest, i < rest->n ? i : rest->n);
}

// ---- what a word stands for ----

struct expansion {
    const struct tw_word_rules *rules;
    struct tw_buf *out;
    bool failed; // a form that is not known, or a variable that must be set and is not
    int depth;
};

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
static uint64_t brace_size(struct tw_span s, char escape)
{
    uint64_t depth = 0;
    for (uint64_t i = 1; i < s.n; i++) {
        if (s.p[i] == (uint8_t)escape)
            i++;
        else if (s.p[i] == '{')
            depth++;
        else if (s.p[i] == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

// Whether the piece fits; false as well when there are no steps left to find out.
static bool fits(struct expansion *e, struct tw_span pattern, struct tw_span piece)
{
    uint64_t cost = (pattern.n + 1) * (piece.n + 1), *steps = e->rules->steps;
    if (!steps || *steps < cost) {
        e->failed = true;
        return false;
    }
    *steps -= cost;
    return tw_glob_fits(pattern, piece);
}

// ${NAME#pattern} takes the shortest prefix off, ## the longest; % and %% do it at the end.
static void put_cut(
    struct expansion *e, struct tw_span value, struct tw_span pattern, bool at_end, bool longest)
{
    for (uint64_t i = 0; i <= value.n && !e->failed; i++) {
        uint64_t n = longest ? value.n - i : i;
        struct tw_span piece = tw_span_of(at_end ? value.p + value.n - n : value.p, n);
        if (fits(e, pattern, piece)) {
            tw_buf_append(e->out, at_end ? value.p : value.p + n, value.n - n);
            return;
        }
    }
    tw_buf_append(e->out, value.p, value.n);
}

// ${NAME/pattern/word} replaces the first and longest fit, // all of them.
static void put_replaced(
    struct expansion *e, struct tw_span value, struct tw_span pattern, struct tw_span by, bool all)
{
    bool done = false;
    for (uint64_t at = 0; at < value.n && !e->failed;) {
        uint64_t n = done && !all ? 0 : value.n - at;
        while (n > 0 && !e->failed && !fits(e, pattern, tw_span_of(value.p + at, n)))
            n--;
        if (n > 0)
            tw_buf_append(e->out, by.p, by.n);
        else
            tw_buf_append(e->out, value.p + at, 1);
        done |= n > 0;
        at += n > 0 ? n : 1;
    }
}

// The forms that look through the value: `rest` is what follows the name.
static void put_pattern(struct expansion *e, const char *text, struct tw_span rest)
{
    TW_AUTO(tw_buf_done) struct tw_buf word = TW_BUF(PATTERN_BYTES_MAX);
    uint8_t form = rest.p[0];
    bool twice = rest.n > 1 && rest.p[1] == form;
    uint64_t skip = twice ? 2 : 1, slash = 0;
    struct expansion inner = {.rules = e->rules, .out = &word, .depth = e->depth};
    put_word(&inner, tw_span_of(rest.p + skip, rest.n - skip));
    struct tw_span value = tw_span_str(text ? text : ""), pattern = tw_buf_span(&word);
    if (inner.failed || word.status < 0 || value.n > PATTERN_BYTES_MAX) {
        e->failed = true;
    } else if (form != '/') {
        put_cut(e, value, pattern, form == '%', twice);
    } else {
        tw_span_find(pattern, 0, tw_span_str("/"), &slash);
        bool has_by = slash > 0 || (pattern.n > 0 && pattern.p[0] == '/');
        struct tw_span by =
            has_by ? tw_span_of(pattern.p + slash + 1, pattern.n - slash - 1) : tw_span_of("", 0);
        put_replaced(e, value, tw_span_of(pattern.p, has_by ? slash : pattern.n), by, twice);
    }
}

// The inside of "${...}".
static void put_brace(struct expansion *e, struct tw_span inside)
{
    uint64_t n = name_size(inside);
    const char *value = n ? e->rules->lookup(e->rules->ctx, (const char *)inside.p, n) : NULL;
    struct tw_span rest = tw_span_of(inside.p + n, inside.n - n);
    bool colon = rest.n > 0 && rest.p[0] == ':';
    if (colon)
        rest = tw_span_of(rest.p + 1, rest.n - 1);
    bool set = value && !(colon && value[0] == '\0');
    uint8_t form = rest.n > 0 ? rest.p[0] : 0;
    if (n == 0 || value == tw_word_unknown || (colon && (rest.n == 0 || !strchr("-+?", form)))) {
        e->failed = true;
    } else if (rest.n == 0 || (set && (form == '-' || form == '?'))) {
        tw_buf_puts(e->out, value ? value : "");
    } else if (form == '-' || form == '+') {
        if (set == (form == '+'))
            put_word(e, tw_span_of(rest.p + 1, rest.n - 1));
    } else if (form == '#' || form == '%' || form == '/') {
        put_pattern(e, value, rest);
    } else {
        e->failed = true;
    }
}

// Writes what the "$..." at the start of `s` stands for; returns the bytes taken.
static uint64_t put_variable(struct expansion *e, struct tw_span s)
{
    const struct tw_word_rules *rules = e->rules;
    uint64_t n = 1;
    if (rules->lookup && s.n > 1 && s.p[1] == '{') {
        n = brace_size(s, rules->escape);
        if (n == 0) {
            e->failed = true;
            return s.n;
        }
        put_brace(e, tw_span_of(s.p + 2, n - 3));
        return n;
    }
    if (rules->lookup && (n = 1 + name_size(tw_span_of(s.p + 1, s.n - 1))) > 1) {
        const char *value = rules->lookup(rules->ctx, (const char *)s.p + 1, n - 1);
        e->failed |= value == tw_word_unknown;
        tw_buf_puts(e->out, value ? value : "");
        return n;
    }
    tw_buf_append(e->out, s.p, 1);
    return 1;
}

// Takes quotes and escapes off. In double quotes an escape only acts on " $ and itself.
static void put_word(struct expansion *e, struct tw_span word)
{
    uint8_t quote = 0, escape = (uint8_t)e->rules->escape;
    if (++e->depth > DEPTH_MAX)
        e->failed = true;
    for (uint64_t i = 0; i < word.n && !e->failed;) {
        uint8_t c = word.p[i];
        uint8_t next = i + 1 < word.n ? word.p[i + 1] : 0;
        if (c == escape && quote != '\'' && i + 1 < word.n) {
            if (quote && next != '"' && next != '$' && next != escape)
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
            // An escape at the very end escapes nothing and is dropped.
            if (c != escape || quote == '\'')
                tw_buf_append(e->out, &c, 1);
            i++;
        }
    }
    e->depth--;
}

char *tw_word_value(struct tw_arena *arena, struct tw_span word, const struct tw_word_rules *rules)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(VALUE_BYTES_MAX);
    struct expansion e = {.rules = rules, .out = &out};
    put_word(&e, word);
    return e.failed || out.status < 0 ? NULL : tw_arena_strndup(arena, out.data, out.size);
}
