// Reading shell text: where commands and words begin and end.
#include "scanner/image/shell.h"

#include <ctype.h>

#include "scanner/base/buf.h"
#include "scanner/image/command.h"

enum {
    DEPTH_MAX = 8, // of $( ) and sh -c
    HEREDOCS_MAX = 8,
    WORD_BYTES_MAX = 64 * 1024,
};

struct heredoc {
    struct tw_buf end; // the line that closes it
    bool strip;        // <<-
};

struct shell {
    struct tw_span text;
    uint64_t at, line, begin, begin_line; // begin: of the current command
    struct tw_command command;
    struct heredoc heredocs[HEREDOCS_MAX];
    size_t heredoc_count;
    unsigned depth;
    unsigned subshells; // "(" that are open
};

static void scan(struct tw_span text, const struct tw_command *like, unsigned depth, uint64_t line);

static uint8_t peek(const struct shell *s, uint64_t ahead)
{
    return s->at + ahead < s->text.n ? s->text.p[s->at + ahead] : 0;
}

static bool at_end(const struct shell *s)
{
    return s->at >= s->text.n;
}

static void step(struct shell *s)
{
    s->line += peek(s, 0) == '\n';
    s->at++;
}

// ---- words ----

// From behind "$(" to behind its ")". What is inside is commands of their own.
static void skip_substitution(struct shell *s)
{
    uint64_t from = s->at, line = s->line;
    unsigned depth = 1;
    uint8_t quote = 0;
    for (; !at_end(s); step(s)) {
        uint8_t c = peek(s, 0);
        if (c == '\\' && quote != '\'')
            step(s);
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    uint64_t end = s->at < s->text.n ? s->at : s->text.n;
    scan(tw_span_of(s->text.p + from, end - from), &s->command, s->depth + 1, line);
    if (!at_end(s))
        step(s);
}

static void skip_backticks(struct shell *s)
{
    uint64_t from = s->at, line = s->line;
    for (; !at_end(s) && peek(s, 0) != '`'; step(s)) {
        if (peek(s, 0) == '\\')
            step(s);
    }
    uint64_t end = s->at < s->text.n ? s->at : s->text.n;
    scan(tw_span_of(s->text.p + from, end - from), &s->command, s->depth + 1, line);
    if (!at_end(s))
        step(s);
}

static bool is_name_byte(uint8_t c)
{
    return isalnum(c) || c == '_';
}

// "$NAME" and "${NAME}" with a value that is known; all else makes the word unknown from here.
static void take_variable(struct shell *s, struct tw_command_word *word)
{
    step(s);
    if (peek(s, 0) == '(') {
        step(s);
        skip_substitution(s);
        tw_command_word_unknown(word);
        return;
    }
    bool brace = peek(s, 0) == '{';
    if (brace)
        step(s);
    uint64_t from = s->at;
    while (is_name_byte(peek(s, 0)))
        step(s);
    struct tw_span name = tw_span_of(s->text.p + from, s->at - from);
    bool plain = name.n > 0 && (!brace || peek(s, 0) == '}');
    const char *value = plain ? tw_command_variable(&s->command, name) : NULL;
    while (brace && !at_end(s) && peek(s, 0) != '}')
        step(s);
    if (brace || name.n == 0) // "$?", "$1": one more character
        step(s);
    if (value)
        tw_buf_puts(&word->text, value);
    else
        tw_command_word_unknown(word);
}

static void take_single_quotes(struct shell *s, struct tw_command_word *word)
{
    for (step(s); !at_end(s) && peek(s, 0) != '\''; step(s))
        tw_buf_append(&word->text, s->text.p + s->at, 1);
    step(s);
}

static void take_escape(struct shell *s, struct tw_command_word *word, bool quoted)
{
    uint8_t next = peek(s, 1);
    if (quoted && next && !strchr("\"$`\\\n", next))
        tw_buf_puts(&word->text, "\\");
    step(s);
    if (next && next != '\n')
        tw_buf_append(&word->text, &next, 1);
    if (!at_end(s))
        step(s);
}

// A character of a word that is not plain; false when it is plain.
static bool take_special(struct shell *s, struct tw_command_word *word, bool quoted)
{
    switch (peek(s, 0)) {
    case '\\':
        take_escape(s, word, quoted);
        return true;
    case '$':
        take_variable(s, word);
        return true;
    case '`':
        step(s);
        skip_backticks(s);
        tw_command_word_unknown(word);
        return true;
    default:
        return false;
    }
}

static void take_double_quotes(struct shell *s, struct tw_command_word *word)
{
    for (step(s); !at_end(s) && peek(s, 0) != '"';) {
        if (take_special(s, word, true))
            continue;
        tw_buf_append(&word->text, s->text.p + s->at, 1);
        step(s);
    }
    step(s);
}

static bool ends_word(uint8_t c)
{
    return c == 0 || strchr(" \t\r\n;&|()<>", c) != NULL;
}

static void take_word(struct shell *s, struct tw_command_word *word)
{
    while (!at_end(s) && !ends_word(peek(s, 0))) {
        uint8_t c = peek(s, 0);
        if (c == '\'') {
            take_single_quotes(s, word);
        } else if (c == '"') {
            take_double_quotes(s, word);
        } else if (!take_special(s, word, false)) {
            tw_buf_append(&word->text, &c, 1);
            step(s);
        }
    }
    s->command.traces->no_memory |= word->text.status == TW_E_NOMEM;
}

// ---- what stands between words ----

static void skip_blanks(struct shell *s)
{
    for (;;) {
        uint8_t c = peek(s, 0);
        if (c == ' ' || c == '\t' || c == '\r') {
            step(s);
        } else if (c == '\\' && peek(s, 1) == '\n') {
            step(s);
            step(s);
        } else if (c == '\\' && peek(s, 1) == '\r' && peek(s, 2) == '\n') {
            step(s);
            step(s);
            step(s);
        } else {
            return;
        }
    }
}

// "> file", "2>&1", "<<EOF": not the command's words. A here-document is read at the line's end.
static void skip_redirection(struct shell *s)
{
    bool here = peek(s, 0) == '<' && peek(s, 1) == '<' && peek(s, 2) != '<';
    while (peek(s, 0) == '<' || peek(s, 0) == '>')
        step(s);
    bool strip = here && peek(s, 0) == '-';
    if (strip || peek(s, 0) == '&' || peek(s, 0) == '|')
        step(s);
    skip_blanks(s);
    struct tw_command_word word = {.text = TW_BUF(WORD_BYTES_MAX)};
    take_word(s, &word);
    if (here && s->heredoc_count < HEREDOCS_MAX && word.text.size > 0)
        s->heredocs[s->heredoc_count++] = (struct heredoc){.end = word.text, .strip = strip};
    else
        tw_buf_done(&word.text);
}

static struct tw_span next_line(struct shell *s)
{
    const uint8_t *from = s->text.p + s->at;
    const uint8_t *end = memchr(from, '\n', s->text.n - s->at);
    struct tw_span line = tw_span_of(from, end ? (uint64_t)(end - from) : s->text.n - s->at);
    s->at += line.n + (end != NULL);
    s->line += end != NULL;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

// The bodies of here-documents; those that a shell gets are commands.
static void skip_heredocs(struct shell *s, bool for_shell)
{
    for (size_t i = 0; i < s->heredoc_count; i++) {
        struct heredoc *h = &s->heredocs[i];
        uint64_t from = s->at, line_number = s->line, end = s->at;
        while (!at_end(s)) {
            end = s->at;
            struct tw_span line = next_line(s);
            while (h->strip && line.n > 0 && line.p[0] == '\t')
                line = tw_span_of(line.p + 1, line.n - 1);
            if (line.n == h->end.size && memcmp(line.p, h->end.data, line.n) == 0)
                break;
            end = s->at;
        }
        if (for_shell)
            scan(tw_span_of(s->text.p + from, end - from), &s->command, s->depth + 1, line_number);
        tw_buf_done(&h->end);
    }
    s->heredoc_count = 0;
}

// Whether something other than blanks and ";" follows behind `ahead` characters.
static bool goes_on(const struct shell *s, uint64_t ahead)
{
    for (; s->at + ahead < s->text.n; ahead++) {
        if (!strchr(" \t\r\n;", peek(s, ahead)))
            return true;
    }
    return false;
}

// Whether the operator here lets a failure of the command before it pass.
static bool is_forgiven(const struct shell *s)
{
    uint64_t ahead = 2;
    switch (peek(s, 0)) {
    case ';':
    case '\n':
        return !s->command.memory->stops && goes_on(s, 1);
    case '|':
        if (peek(s, 1) != '|')
            return true;
        while (peek(s, ahead) == ' ')
            ahead++;
        return peek(s, ahead) == ':' || (peek(s, ahead) == 't' && peek(s, ahead + 1) == 'r');
    case '&':
        return peek(s, 1) != '&';
    default:
        return false;
    }
}

static void end_command(struct shell *s)
{
    uint64_t end = s->at < s->text.n ? s->at : s->text.n;
    struct tw_span text = tw_span_of(s->text.p + s->begin, end - s->begin);
    struct tw_traces *traces = s->command.traces;
    size_t before = traces->count;
    s->command.forgiven = is_forgiven(s);
    struct tw_span script = tw_command_finish(&s->command, tw_word_trim(text), s->begin_line);
    if (script.p)
        scan(script, &s->command, s->depth + 1, s->begin_line);
    // What a subshell sets is gone when it ends: whoever runs there has it, and nobody else.
    for (size_t i = before; traces->for_programs && s->subshells > 0 && i < traces->count; i++)
        traces->items[i].value = NULL;
    tw_command_reset(&s->command);
}

// ";", "&&", "|", "(", a line's end: what comes next is another command.
static void take_operator(struct shell *s)
{
    bool for_shell = tw_command_is_shell(&s->command);
    end_command(s);
    uint8_t c = peek(s, 0);
    step(s);
    s->subshells += c == '(';
    s->subshells -= c == ')' && s->subshells > 0;
    if (c == '\n')
        skip_heredocs(s, for_shell);
    else if (peek(s, 0) == c && c != '(' && c != ')')
        step(s);
}

static void scan_commands(struct shell *s)
{
    s->begin_line = s->line;
    for (;;) {
        skip_blanks(s);
        if (at_end(s))
            break;
        uint8_t c = peek(s, 0);
        if (s->command.count == 0) {
            s->begin = s->at;
            s->begin_line = s->line;
        }
        if (c == '#') {
            while (!at_end(s) && peek(s, 0) != '\n')
                step(s);
        } else if (c == '<' || c == '>') {
            skip_redirection(s);
        } else if (ends_word(c)) {
            if (c == 0)
                step(s); // a NUL: no script at all
            else
                take_operator(s);
        } else {
            struct tw_command_word word = {.text = TW_BUF(WORD_BYTES_MAX)};
            take_word(s, &word);
            tw_command_add(&s->command, &word);
        }
    }
    end_command(s);
}

static void scan(struct tw_span text, const struct tw_command *like, unsigned depth, uint64_t line)
{
    if (depth > DEPTH_MAX || like->traces->full || like->traces->no_memory)
        return;
    struct shell s = {.text = text, .depth = depth, .line = line};
    tw_command_init(&s.command, like);
    scan_commands(&s);
    tw_command_done(&s.command);
    for (size_t i = 0; i < s.heredoc_count; i++)
        tw_buf_done(&s.heredocs[i].end);
}

void tw_shell_traces(
    struct tw_span script, tw_word_lookup lookup, void *ctx, struct tw_traces *traces)
{
    struct tw_command_memory memory = {0};
    struct tw_command top = {.traces = traces, .lookup = lookup, .ctx = ctx, .memory = &memory};
    scan(script, &top, 0, 1);
}

void tw_shell_traces_of_words(const char *const *words, size_t count, struct tw_span text,
    tw_word_lookup lookup, void *ctx, struct tw_traces *traces)
{
    struct tw_command_memory memory = {0};
    struct tw_command like = {.traces = traces, .lookup = lookup, .ctx = ctx, .memory = &memory};
    struct tw_command command;
    tw_command_init(&command, &like);
    for (size_t i = 0; i < count; i++) {
        struct tw_command_word word = {.text = TW_BUF(WORD_BYTES_MAX)};
        tw_buf_puts(&word.text, words[i]);
        tw_command_add(&command, &word);
    }
    struct tw_span script = tw_command_finish(&command, text, 1);
    if (script.p)
        scan(script, &command, 1, 1);
    tw_command_done(&command);
}

bool tw_shell_is_script(struct tw_span head)
{
    if (!tw_span_starts_with(head, "#!"))
        return false;
    const uint8_t *end = memchr(head.p, '\n', head.n);
    struct tw_span line = tw_span_of(head.p + 2, (end ? (uint64_t)(end - head.p) : head.n) - 2);
    struct tw_span program = tw_word_next_plain(&line);
    if (tw_command_base_is(program, "env")) {
        program = tw_word_next_plain(&line);
        while (program.n > 0 && program.p[0] == '-')
            program = tw_word_next_plain(&line);
    }
    return tw_shell_is_name(program);
}
