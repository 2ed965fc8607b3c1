#include "scanner/image/command.h"

#include <ctype.h>

#include "scanner/base/mem.h"
#include "scanner/image/shell.h"

// Programs that start the program whose words follow.
static const struct wrapper {
    const char *name;
    const char *with_value; // options that take the next word
    unsigned operands;      // before the program
    bool assigns;           // NAME=value in front of it
} wrappers[] = {
    {"env", "-u -C -S --unset --chdir", 0, true},
    {"exec", "-a", 0, false},
    {"command", "", 0, false},
    {"nohup", "", 0, false},
    {"time", "-f -o", 0, false},
    {"nice", "-n", 0, false},
    {"timeout", "-k -s", 1, false},
    {"sudo", "-u -g -h -p -C", 0, true},
    {"gosu", "", 1, false},
    {"su-exec", "", 1, false},
    {"setpriv", "", 0, false},
    {"stdbuf", "-i -o -e", 0, false},
    {"tini", "-p -e", 0, false},
    {"dumb-init", "-r", 0, false},
    {"catatonit", "", 0, false},
    {"xargs", "-n -I -P -L", 0, false},
};

// Words that only say how a command is meant.
static const char *const reserved[] = {
    "if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"};

// Builtins whose operands are NAME=value.
static const char *const setters[] = {
    "export", "declare", "typeset", "readonly", "local", "setenv"};

void tw_command_word_unknown(struct tw_command_word *word)
{
    if (!word->unknown)
        word->known_bytes = word->text.size;
    word->unknown = true;
}

void tw_command_init(struct tw_command *command, const struct tw_command *like)
{
    command->traces = like->traces;
    command->lookup = like->lookup;
    command->ctx = like->ctx;
    command->memory = like->memory;
    command->count = 0;
    command->forgiven = false;
}

void tw_command_reset(struct tw_command *command)
{
    for (size_t i = 0; i < command->count; i++)
        tw_buf_done(&command->words[i].text);
    command->count = 0;
}

void tw_command_done(struct tw_command *command)
{
    tw_command_reset(command);
}

void tw_command_add(struct tw_command *command, struct tw_command_word *word)
{
    if (word->text.status < 0)
        tw_command_word_unknown(word);
    if (command->count < TW_COMMAND_WORDS)
        command->words[command->count++] = *word;
    else
        tw_buf_done(&word->text);
}

const char *tw_command_variable(const struct tw_command *command, struct tw_span name)
{
    const struct tw_command_memory *memory = command->memory;
    for (size_t i = memory->count; i-- > 0;) {
        if (tw_span_equals(name, memory->rows[i].name))
            return memory->rows[i].value;
    }
    if (!command->lookup)
        return NULL;
    const char *value = command->lookup(command->ctx, (const char *)name.p, name.n);
    return value == tw_word_unknown ? NULL : value;
}

static struct tw_span text_of(const struct tw_command_word *word)
{
    return word->text.data ? tw_buf_span(&word->text) : tw_span_of("", 0);
}

static bool is(const struct tw_command *command, size_t at, const char *text)
{
    return at < command->count && !command->words[at].unknown &&
           tw_span_equals(text_of(&command->words[at]), text);
}

static bool is_one_of(
    const struct tw_command *command, size_t at, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is(command, at, texts[i]))
            return true;
    }
    return false;
}

bool tw_command_base_is(struct tw_span program, const char *name)
{
    for (uint64_t i = program.n; i > 0; i--) {
        if (program.p[i - 1] == '/')
            return tw_span_equals(tw_span_of(program.p + i, program.n - i), name);
    }
    return tw_span_equals(program, name);
}

bool tw_shell_is_name(struct tw_span program)
{
    static const char *const names[] = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (tw_command_base_is(program, names[i]))
            return true;
    }
    return false;
}

bool tw_command_is_shell(const struct tw_command *command)
{
    return command->count > 0 && tw_shell_is_name(text_of(&command->words[0]));
}

// ---- NAME=value ----

// The name's length, or 0 when the word is no assignment.
static uint64_t assignment(const struct tw_command_word *word)
{
    struct tw_span s = text_of(word);
    uint64_t n = 0, known = word->unknown ? word->known_bytes : s.n;
    while (n < known && (isalnum(s.p[n]) || s.p[n] == '_'))
        n++;
    return n > 0 && n < known && s.p[n] == '=' && !isdigit(s.p[0]) ? n : 0;
}

// The value, or a span with p NULL when it is not known.
static struct tw_span value_after(const struct tw_command_word *word, uint64_t name_bytes)
{
    struct tw_span s = text_of(word);
    return word->unknown ? (struct tw_span){0}
                         : tw_span_of(s.p + name_bytes + 1, s.n - name_bytes - 1);
}

static void remember(struct tw_command *command, struct tw_span name, struct tw_span value)
{
    struct tw_command_memory *memory = command->memory;
    struct tw_arena *arena = command->traces->arena;
    size_t at = 0;
    while (at < memory->count && !tw_span_equals(name, memory->rows[at].name))
        at++;
    if (at == TW_COMMAND_REMEMBERED)
        return;
    char *kept = value.p ? tw_arena_strndup(arena, value.p, value.n) : NULL;
    if (at == memory->count) {
        char *key = tw_arena_strndup(arena, name.p, name.n);
        if (!key)
            return;
        memory->rows[memory->count++].name = key;
    }
    memory->rows[at].value = kept;
}

static bool take_assignment(struct tw_command *command, size_t at, struct tw_span text,
    uint64_t line, enum tw_trace_kind kind)
{
    const struct tw_command_word *word = &command->words[at];
    uint64_t n = assignment(word);
    if (n == 0)
        return false;
    struct tw_span name = tw_span_of(text_of(word).p, n), value = value_after(word, n);
    if (kind == TW_TRACE_SET)
        remember(command, name, value);
    if (tw_trace_wants(name) || kind == TW_TRACE_GO_ENV_W)
        tw_traces_add(command->traces, kind, name, value, text, line);
    return true;
}

// ---- go ----

// "go", "/usr/local/go/bin/go", "go1.22.1"
static bool is_go(struct tw_span program)
{
    for (uint64_t i = program.n; i > 0; i--) {
        if (program.p[i - 1] == '/') {
            program = tw_span_of(program.p + i, program.n - i);
            break;
        }
    }
    if (tw_span_equals(program, "go"))
        return true;
    return program.n > 4 && tw_span_starts_with(program, "go1.") && isdigit(program.p[4]);
}

static void go_env(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    bool write = false, unset = false;
    for (; at < command->count; at++) {
        struct tw_span word = text_of(&command->words[at]);
        write |= tw_span_equals(word, "-w") || tw_span_equals(word, "--w");
        unset |= tw_span_equals(word, "-u") || tw_span_equals(word, "--u");
        if (unset || (word.n > 0 && word.p[0] == '-'))
            continue;
        if (write)
            take_assignment(command, at, text, line, TW_TRACE_GO_ENV_W);
        else if (!command->words[at].unknown && tw_trace_wants(word))
            tw_traces_add(command->traces, TW_TRACE_GO_ENV, word, (struct tw_span){0}, text, line);
    }
}

// Flags of go build that say how the program will be; with_value: the next word may be its value.
static const struct flag {
    const char *name;
    bool with_value;
} flags[] = {{"-ldflags", true}, {"-gcflags", true}, {"-tags", true}, {"-o", true}, {"-mod", true},
    {"-buildmode", true}, {"-pgo", true}, {"-trimpath", false}, {"-race", false}, {"-msan", false},
    {"-asan", false}, {"-cover", false}, {"-insecure", false}};

// The flag at words[*at]; *at moves on to its value.
static const struct flag *take_flag(
    const struct tw_command *command, size_t *at, struct tw_span *ret_value)
{
    struct tw_span word = text_of(&command->words[*at]);
    if (word.n > 1 && word.p[0] == '-' && word.p[1] == '-')
        word = tw_span_of(word.p + 1, word.n - 1);
    for (size_t i = 0; i < TW_COUNT(flags); i++) {
        size_t n = strlen(flags[i].name);
        if (!tw_span_starts_with(word, flags[i].name) || (word.n > n && word.p[n] != '='))
            continue;
        bool unknown = command->words[*at].unknown;
        *ret_value = tw_span_of("true", 4);
        if (word.n > n) {
            *ret_value = tw_span_of(word.p + n + 1, word.n - n - 1);
        } else if (flags[i].with_value && *at + 1 < command->count) {
            ++*at;
            unknown = command->words[*at].unknown;
            *ret_value = text_of(&command->words[*at]);
        }
        if (unknown)
            *ret_value = (struct tw_span){0};
        return &flags[i];
    }
    return NULL;
}

static void go_build(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    struct tw_traces *traces = command->traces;
    struct tw_span verb = text_of(&command->words[at]), output = {0};
    for (size_t i = at + 1; i < command->count; i++) {
        struct tw_span value;
        const struct flag *flag = take_flag(command, &i, &value);
        if (!flag)
            continue;
        if (strcmp(flag->name, "-o") == 0)
            output = value;
        else
            tw_traces_add(traces, TW_TRACE_GO_FLAG, tw_span_str(flag->name), value, text, line);
    }
    tw_traces_add(traces, TW_TRACE_GO_BUILD, verb, output, text, line);
}

static void go_command(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    static const char *const builds[] = {"build", "install", "run", "test"};
    if (is(command, at, "-C"))
        at += 2;
    if (is(command, at, "env"))
        go_env(command, at + 1, text, line);
    else if (is_one_of(command, at, builds, TW_COUNT(builds)))
        go_build(command, at, text, line);
}

// ---- whole commands ----

static bool lists(const char *words, struct tw_span word)
{
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        if (word.n == n && memcmp(word.p, p, n) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static void take_away(
    struct tw_command *command, struct tw_span name, struct tw_span text, uint64_t line)
{
    if (command->traces->for_programs && (name.n == 0 || tw_trace_wants(name)))
        tw_traces_add(command->traces, TW_TRACE_UNSET, name, (struct tw_span){0}, text, line);
}

// "-i", "-", "-u NAME", "-uNAME", "--unset=NAME"
static void env_option(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    static const char unset[] = "--unset=";
    struct tw_span word = text_of(&command->words[at]);
    if (is(command, at, "-") || is(command, at, "-i") || is(command, at, "--ignore-environment"))
        take_away(command, tw_span_of("", 0), text, line);
    else if ((is(command, at, "-u") || is(command, at, "--unset")) && at + 1 < command->count)
        take_away(command, text_of(&command->words[at + 1]), text, line);
    else if (tw_span_starts_with(word, unset))
        take_away(command, tw_span_of(word.p + strlen(unset), word.n - strlen(unset)), text, line);
    else if (tw_span_starts_with(word, "-u"))
        take_away(command, tw_span_of(word.p + 2, word.n - 2), text, line);
}

// Where the program begins behind the wrapper at words[at].
static size_t behind(struct tw_command *command, const struct wrapper *wrapper, size_t at,
    struct tw_span text, uint64_t line)
{
    unsigned operands = wrapper->operands;
    for (at++; at < command->count; at++) {
        struct tw_span word = text_of(&command->words[at]);
        if (tw_span_equals(word, "--"))
            continue;
        if (wrapper == &wrappers[0])
            env_option(command, at, text, line);
        if (word.n > 0 && word.p[0] == '-')
            at += lists(wrapper->with_value, word);
        else if (operands > 0)
            operands--;
        else if (!wrapper->assigns || !take_assignment(command, at, text, line, TW_TRACE_SET))
            break;
    }
    return at;
}

// "set -e", "set -eux", "set -o errexit"
static void note_set(struct tw_command *command, size_t at)
{
    for (; at < command->count; at++) {
        struct tw_span word = text_of(&command->words[at]);
        bool option = word.n > 1 && word.p[0] == '-' && word.p[1] != '-';
        if (tw_span_equals(word, "errexit") || (option && memchr(word.p, 'e', word.n)))
            command->memory->stops = true;
    }
}

static const struct wrapper *wrapper_of(const struct tw_command *command, size_t at)
{
    for (size_t i = 0; at < command->count && i < TW_COUNT(wrappers); i++) {
        if (!command->words[at].unknown &&
            tw_command_base_is(text_of(&command->words[at]), wrappers[i].name))
            return &wrappers[i];
    }
    return NULL;
}

// The script of "sh -c SCRIPT", "bash -lc SCRIPT".
static struct tw_span script_of(const struct tw_command *command, size_t at)
{
    for (at++; at + 1 < command->count; at++) {
        struct tw_span word = text_of(&command->words[at]);
        if (word.n < 2 || word.p[0] != '-')
            break;
        if (word.p[word.n - 1] == 'c' && word.p[1] != '-')
            return text_of(&command->words[at + 1]);
    }
    return (struct tw_span){0};
}

// "export NAME": what the shell has for itself becomes the programs'.
static void export(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    const struct tw_command_memory *memory = command->memory;
    for (; at < command->count; at++) {
        struct tw_span name = text_of(&command->words[at]);
        if (take_assignment(command, at, text, line, TW_TRACE_SET) ||
            !command->traces->for_programs || !tw_trace_wants(name))
            continue;
        for (size_t i = 0; i < memory->count; i++) {
            const char *value = memory->rows[i].value;
            if (tw_span_equals(name, memory->rows[i].name))
                tw_traces_add(command->traces, TW_TRACE_SET, name,
                    value ? tw_span_str(value) : (struct tw_span){0}, text, line);
        }
    }
}

static void unset(struct tw_command *command, size_t at, struct tw_span text, uint64_t line)
{
    for (; at < command->count; at++) {
        if (!is(command, at, "-v") && !command->words[at].unknown)
            take_away(command, text_of(&command->words[at]), text, line);
    }
}

// The first word behind reserved words and assignments.
static size_t program_at(struct tw_command *command, struct tw_span text, uint64_t line)
{
    size_t at = 0, before = command->traces->count;
    while (is_one_of(command, at, reserved, TW_COUNT(reserved)))
        at++;
    while (at < command->count && take_assignment(command, at, text, line, TW_TRACE_SET))
        at++;
    for (size_t i = before;
         at == command->count && command->traces->for_programs && i < command->traces->count; i++)
        command->traces->items[i].kind = TW_TRACE_ASSIGN;
    const struct wrapper *wrapper;
    while ((wrapper = wrapper_of(command, at)))
        at = behind(command, wrapper, at, text, line);
    return at;
}

struct tw_span tw_command_finish(struct tw_command *command, struct tw_span text, uint64_t line)
{
    size_t before = command->traces->count;
    size_t at = program_at(command, text, line);
    struct tw_span script = {0};
    if (at < command->count && !command->words[at].unknown) {
        struct tw_span program = text_of(&command->words[at]);
        if (is_go(program))
            go_command(command, at + 1, text, line);
        else if (tw_shell_is_name(program))
            script = script_of(command, at);
        else if (tw_span_equals(program, "set"))
            note_set(command, at + 1);
        else if (is_one_of(command, at, setters, TW_COUNT(setters)))
            export(command, at + 1, text, line);
        else if (tw_span_equals(program, "unset"))
            unset(command, at + 1, text, line);
    }
    for (size_t i = before; i < command->traces->count; i++)
        command->traces->items[i].forgiven =
            command->forgiven && command->traces->items[i].kind != TW_TRACE_SET;
    return script;
}
