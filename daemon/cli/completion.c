// completion: what makes a shell complete the commands, options and values of both programs, made
// of the tables that the programs read themselves.
#include <stdio.h>
#include <string.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "scanner/facts/godebug.h"
#include "scanner/facts/goexperiment.h"
#include "scanner/rules/rule.h"

enum { SCRIPT_BYTES_MAX = 4 << 20, HELP_BYTES_MAX = 100 };

// ---- options of a program or a command ----

struct flag {
    const char *name, *metavar, *help; // metavar NULL: a switch
};

// The errands of tidewaiterd, which are no settings: daemon/tidewaiterd/errand.c. A test compares.
static const struct flag errands[] = {
    {"help", NULL, "lists the settings"},
    {"version", NULL, "prints the version"},
    {"print-config", NULL, "prints every setting as a file"},
    {"print-limits", NULL, "prints every limit"},
    {"check", NULL, "asks a running daemon whether it is alive"},
    {"new-token", NULL, "makes a token for a client"},
    {"test-notify", "NAME", "sends a test message to one sink"},
};
static const struct flag limit = {"limit", "NAME=VALUE", "changes a limit"};
static const struct flag help = {"help", NULL, "lists the options"};

// The n-th that a command takes; command NULL: those of tidewaiterd. False past the end.
static bool flag_at(const struct tw_command *command, size_t index, struct flag *ret_flag)
{
    unsigned program = command ? (unsigned)command->program : TW_FOR_DAEMON;
    const struct tw_option *option;
    struct tw_setting_flag setting;
    for (size_t i = 0; command && (option = tw_option_at(i)); i++) {
        if (tw_command_takes(command, option) && index-- == 0) {
            *ret_flag = (struct flag){option->name, option->metavar, option->help};
            return true;
        }
    }
    for (size_t i = 0; tw_settings_flag_at(i, &setting); i++) {
        if (setting.programs & program && index-- == 0) {
            *ret_flag = (struct flag){setting.name, setting.metavar, setting.help};
            return true;
        }
    }
    if (program != TW_FOR_CLIENT && index-- == 0) {
        *ret_flag = limit;
        return true;
    }
    if (command && index-- == 0) {
        *ret_flag = help;
        return true;
    }
    if (command || index >= TW_COUNT(errands))
        return false;
    *ret_flag = errands[index];
    return true;
}

// ---- values ----

static void put_formats(struct tw_buf *out)
{
    const struct tw_report_format *format;
    for (size_t i = 0; (format = tw_report_format_at(i)); i++)
        tw_buf_printf(out, "%s%s", i ? " " : "", format->name);
}

static void put_severities(struct tw_buf *out)
{
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0; s--)
        tw_buf_printf(out, "%s%s", s == TW_SEVERITY_COUNT - 1 ? "" : " ",
            tw_severity_name((enum tw_severity)s));
}

static void put_rules(struct tw_buf *out)
{
    const struct tw_rule *rule;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++)
        tw_buf_printf(out, "%s%s", i ? " " : "", rule->id);
}

static void put_topics(struct tw_buf *out)
{
    const struct tw_godebug *key;
    const struct tw_goexperiment *experiment;
    tw_buf_puts(out, "godebug goexperiment release");
    for (size_t i = 0; (key = tw_godebug_at(i)); i++)
        tw_buf_printf(out, " %s", key->name);
    for (size_t i = 0; (experiment = tw_goexperiment_at(i)); i++)
        tw_buf_printf(out, " %s", experiment->name);
}

static void put_limits(struct tw_buf *out)
{
    for (unsigned i = 0; i < tw_limit_row_count; i++)
        tw_buf_printf(out, "%s%s=", i ? " " : "", tw_limit_rows[i].name);
}

// Options whose values are in a table elsewhere. Those with "a|b|c" as metavar tell them, FILE and
// DIR say it all.
static const struct {
    const char *option;
    const char *words; // or
    void (*put)(struct tw_buf *out);
} values[] = {
    {"format", NULL, put_formats},
    {"fail-on", NULL, put_severities},
    {"limit", NULL, put_limits},
    {"lang", "en zh", NULL},
    {"profile", "default strict declared", NULL},
    {"platform", "all linux/amd64 linux/arm64 linux/arm/v7 windows/amd64", NULL},
};

static const char *const operand_words[][2] = {{"@file", "@file"}, {"@source", "@file"}};
static const struct {
    const char *name;
    void (*put)(struct tw_buf *out);
} operand_lists[] = {{"@rule", put_rules}, {"@topic", put_topics}};

// Words with blanks between them; "@file" or "@dir"; nothing: anything may stand there.
static void put_values(const struct flag *flag, struct tw_buf *out)
{
    for (size_t i = 0; i < TW_COUNT(values); i++) {
        if (strcmp(values[i].option, flag->name) != 0)
            continue;
        if (values[i].put)
            values[i].put(out);
        else
            tw_buf_puts(out, values[i].words);
        return;
    }
    if (strcmp(flag->metavar, "DIR") == 0) {
        tw_buf_puts(out, "@dir");
    } else if (strncmp(flag->metavar, "FILE", 4) == 0) {
        tw_buf_puts(out, "@file");
    } else if (strchr(flag->metavar, '|') && !strchr(flag->metavar, '[')) {
        for (const char *p = flag->metavar; *p; p++)
            tw_buf_append(out, *p == '|' ? " " : p, 1);
    }
}

static void put_operands(const struct tw_command *command, struct tw_buf *out)
{
    for (size_t i = 0; i < TW_COUNT(operand_words); i++) {
        if (strcmp(command->operands, operand_words[i][0]) == 0)
            tw_buf_puts(out, operand_words[i][1]);
    }
    for (size_t i = 0; i < TW_COUNT(operand_lists); i++) {
        if (strcmp(command->operands, operand_lists[i].name) == 0)
            operand_lists[i].put(out);
    }
    if (command->operands[0] != '@')
        tw_buf_puts(out, command->operands);
}

// The first sentence or so of a help, without what a shell would take for its own.
static void put_help(const char *text, struct tw_buf *out)
{
    size_t size = strcspn(text, ";(");
    size = size > HELP_BYTES_MAX ? HELP_BYTES_MAX : size;
    while (size > 0 && text[size - 1] == ' ')
        size--;
    for (size_t i = 0; i < size; i++)
        tw_buf_append(out, strchr("'\\[]:$`\"", text[i]) ? " " : text + i, 1);
}

// ---- bash, and what zsh can share with it ----

// case arms: NAME of a command ("" is tidewaiterd) -> what `put` writes.
static void put_arms(void (*put)(const struct tw_command *command, struct tw_buf *out), bool daemon,
    struct tw_buf *out)
{
    const struct tw_command *command;
    for (size_t i = 0; (command = tw_command_at(i)); i++) {
        tw_buf_printf(out, "    %s) echo '", command->name);
        put(command, out);
        tw_buf_puts(out, "' ;;\n");
    }
    if (daemon) {
        tw_buf_puts(out, "    tidewaiterd) echo '");
        put(NULL, out);
        tw_buf_puts(out, "' ;;\n");
    }
}

static void put_flags(const struct tw_command *command, struct tw_buf *out)
{
    struct flag flag;
    for (size_t i = 0; flag_at(command, i, &flag); i++)
        tw_buf_printf(out, "%s--%s%s", i ? " " : "", flag.name, flag.metavar ? "=" : "");
}

// Each option once, whoever takes it.
static void put_value_arms(struct tw_buf *out)
{
    TW_AUTO(tw_buf_done) struct tw_buf seen = TW_BUF(SCRIPT_BYTES_MAX);
    const struct tw_command *command = NULL;
    tw_buf_puts(&seen, " ");
    for (size_t c = 0; c == 0 || command; c++) {
        struct flag flag;
        for (size_t i = 0; flag_at(command, i, &flag); i++) {
            TW_AUTO(tw_buf_done) struct tw_buf key = TW_BUF(HELP_BYTES_MAX);
            tw_buf_printf(&key, " %s ", flag.name);
            if (!flag.metavar || !key.data || (seen.data && strstr(seen.data, key.data)))
                continue;
            tw_buf_printf(&seen, "%s ", flag.name);
            tw_buf_printf(out, "    --%s) echo '", flag.name);
            put_values(&flag, out);
            tw_buf_puts(out, "' ;;\n");
        }
        command = tw_command_at(c);
    }
}

static void put_names(struct tw_buf *out)
{
    const struct tw_command *command;
    for (size_t i = 0; (command = tw_command_at(i)); i++)
        tw_buf_printf(out, "%s%s", i ? " " : "", command->name);
}

static void put_tables(struct tw_buf *out)
{
    tw_buf_puts(out, "_tidewaiter_flags() {\n    case $1 in\n");
    put_arms(put_flags, true, out);
    tw_buf_puts(out, "    esac\n}\n_tidewaiter_operands() {\n    case $1 in\n");
    put_arms(put_operands, false, out);
    tw_buf_puts(out, "    esac\n}\n_tidewaiter_values() {\n    case $1 in\n");
    put_value_arms(out);
    tw_buf_puts(out, "    esac\n}\n_tidewaiter_commands() {\n    echo '");
    put_names(out);
    tw_buf_puts(out, "'\n}\n");
}

static void write_bash(struct tw_buf *out)
{
    tw_buf_puts(out, "# bash completion of tidewaiter and tidewaiterd, made by: tidewaiter "
                     "completion bash\n");
    put_tables(out);
    tw_buf_puts(out,
        "_tidewaiter_offer() { # WORDS CURRENT\n"
        "    case $1 in\n"
        "    @file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") ;;\n"
        "    @dir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") ;;\n"
        "    *) mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\") ;;\n"
        "    esac\n"
        "    case ${COMPREPLY[0]-} in *=) compopt -o nospace ;; esac\n"
        "}\n"
        "_tidewaiter() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command\n"
        "    COMPREPLY=()\n"
        "    # bash cuts words at \"=\"\n"
        "    if [ \"$current\" = = ]; then current=\n"
        "    elif [ \"$before\" = = ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    command=${COMP_WORDS[1]-}\n"
        "    if [ \"${COMP_WORDS[0]##*/}\" = tidewaiterd ]; then command=tidewaiterd\n"
        "    elif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        _tidewaiter_offer \"$(_tidewaiter_commands) --help --version\" \"$current\"\n"
        "        return\n"
        "    fi\n"
        "    case \" $(_tidewaiter_flags \"$command\") \" in\n"
        "    *\" $before= \"*) _tidewaiter_offer \"$(_tidewaiter_values \"$before\")\" \"$current\""
        "; return ;;\n"
        "    esac\n"
        "    case $current in\n"
        "    -*) _tidewaiter_offer \"$(_tidewaiter_flags \"$command\")\" \"$current\" ;;\n"
        "    *) _tidewaiter_offer \"$(_tidewaiter_operands \"$command\")\" \"$current\" ;;\n"
        "    esac\n"
        "}\n"
        "complete -F _tidewaiter tidewaiter tidewaiterd\n");
}

// ---- zsh ----

static void put_zsh_flags(const struct tw_command *command, struct tw_buf *out)
{
    struct flag flag;
    for (size_t i = 0; flag_at(command, i, &flag); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf words = TW_BUF(SCRIPT_BYTES_MAX);
        tw_buf_printf(out, " \\\n        '--%s%s[", flag.name, flag.metavar ? "=" : "");
        put_help(flag.help, out);
        tw_buf_puts(out, "]");
        if (flag.metavar)
            put_values(&flag, &words);
        const char *value = words.data ? words.data : "";
        if (strcmp(value, "@file") == 0)
            tw_buf_puts(out, ":file:_files");
        else if (strcmp(value, "@dir") == 0)
            tw_buf_puts(out, ":folder:_files -/");
        else if (flag.metavar)
            tw_buf_printf(out, ":value:(%s)", value);
        tw_buf_puts(out, "'");
    }
}

static void put_zsh_operands(const struct tw_command *command, struct tw_buf *out)
{
    TW_AUTO(tw_buf_done) struct tw_buf words = TW_BUF(SCRIPT_BYTES_MAX);
    put_operands(command, &words);
    if (words.data && strcmp(words.data, "@file") == 0)
        tw_buf_puts(out, " \\\n        '*:file:_files'");
    else
        tw_buf_printf(out, " \\\n        '*:operand:(%s)'", words.data ? words.data : "");
}

static void write_zsh(struct tw_buf *out)
{
    const struct tw_command *command;
    tw_buf_puts(out, "#compdef tidewaiter tidewaiterd\n"
                     "# made by: tidewaiter completion zsh\n"
                     "_tidewaiterd() {\n    _arguments");
    put_zsh_flags(NULL, out);
    tw_buf_puts(out, "\n}\n_tidewaiter_command() {\n    case $words[1] in\n");
    for (size_t i = 0; (command = tw_command_at(i)); i++) {
        tw_buf_printf(out, "    %s) _arguments", command->name);
        put_zsh_flags(command, out);
        put_zsh_operands(command, out);
        tw_buf_puts(out, " ;;\n");
    }
    tw_buf_puts(out, "    esac\n}\n_tidewaiter() {\n"
                     "    if [[ $service = tidewaiterd ]]; then _tidewaiterd; return; fi\n"
                     "    if (( CURRENT == 2 )); then\n        local -a commands=(");
    for (size_t i = 0; (command = tw_command_at(i)); i++) {
        tw_buf_printf(out, "\n            '%s:", command->name);
        put_help(command->summary, out);
        tw_buf_puts(out, "'");
    }
    tw_buf_puts(out, ")\n        _describe command commands\n"
                     "    else\n        shift words; (( CURRENT-- )); _tidewaiter_command\n    fi\n"
                     "}\n"
                     "if [[ $funcstack[1] = _tidewaiter ]]; then _tidewaiter \"$@\"\n"
                     "else compdef _tidewaiter tidewaiter tidewaiterd; fi\n");
}

// ---- fish ----

static void put_fish_flags(const char *start, const struct tw_command *command, struct tw_buf *out)
{
    struct flag flag;
    for (size_t i = 0; flag_at(command, i, &flag); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf words = TW_BUF(SCRIPT_BYTES_MAX);
        tw_buf_printf(out, "%s -l %s -d '", start, flag.name);
        put_help(flag.help, out);
        tw_buf_puts(out, "'");
        if (flag.metavar)
            put_values(&flag, &words);
        const char *value = words.data ? words.data : "";
        if (value[0] == '@')
            tw_buf_puts(out, " -r -F");
        else if (flag.metavar)
            tw_buf_printf(out, " -x -a '%s'", value);
        tw_buf_puts(out, "\n");
    }
}

static void write_fish(struct tw_buf *out)
{
    const struct tw_command *command;
    tw_buf_puts(out, "# made by: tidewaiter completion fish\n"
                     "complete -c tidewaiter -f\ncomplete -c tidewaiterd -f\n");
    for (size_t i = 0; (command = tw_command_at(i)); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf start = TW_BUF(1024);
        TW_AUTO(tw_buf_done) struct tw_buf words = TW_BUF(SCRIPT_BYTES_MAX);
        tw_buf_printf(
            out, "complete -c tidewaiter -n __fish_use_subcommand -a %s -d '", command->name);
        put_help(command->summary, out);
        tw_buf_puts(out, "'\n");
        tw_buf_printf(
            &start, "complete -c tidewaiter -n '__fish_seen_subcommand_from %s'", command->name);
        if (!start.data)
            continue; // tw_command_completion looks at what is missing
        put_fish_flags(start.data, command, out);
        put_operands(command, &words);
        if (words.data && words.data[0] == '@')
            tw_buf_printf(out, "%s -F\n", start.data);
        else if (words.data)
            tw_buf_printf(out, "%s -a '%s'\n", start.data, words.data);
    }
    put_fish_flags("complete -c tidewaiterd", NULL, out);
}

static const struct {
    const char *name;
    void (*write)(struct tw_buf *out);
} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

static int completion(const struct tw_options *o, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(SCRIPT_BYTES_MAX);
    uint64_t failures = tw_mem_failures;
    for (size_t i = 0; i < TW_COUNT(shells) && o->operand_count == 1; i++) {
        if (strcmp(o->operands[0], shells[i].name) != 0)
            continue;
        shells[i].write(&out);
        return out.status < 0 || tw_mem_failures != failures
                   ? tw_err_set(err, TW_E_NOMEM, "out of memory")
                   : tw_options_write(o, tw_buf_span(&out), err);
    }
    return tw_err_set(err, TW_E_USAGE, "completion takes bash, zsh or fish");
}

int tw_command_completion(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("completion"), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    return completion(&o, &err) < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
}
