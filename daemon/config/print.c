// What is printed of the settings: help, a file, limits.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/table.h"
#include "scanner/base/buf.h"
#include "scanner/base/text.h"

enum { LINE_BYTES_MAX = 1 << 17, COMMENT_COLUMN = 40 };

// ---- help ----

static void print_bounds(const struct tw_setting_row *row, FILE *out)
{
    const char *separator = " (";
    if (row->kind == TW_SETTING_NUMBER) {
        fprintf(out, "%s%" PRIu64 " to %" PRIu64, separator, row->min, row->max);
        separator = "; ";
    }
    if (row->fallback)
        fprintf(out, "%sdefault: %s", separator, row->fallback);
    fprintf(out, "%s\n", row->fallback || row->kind == TW_SETTING_NUMBER ? ")" : "");
}

void tw_settings_print_help(enum tw_settings_program program, FILE *out)
{
    const struct tw_setting_row *row;
    for (size_t i = 0; (row = tw_setting_at(i)); i++) {
        char variable[TW_VARIABLE_BYTES];
        if (!(row->traits & program))
            continue;
        tw_variable_of_setting(row->name, variable);
        fprintf(out, "  --%s=%s\n      %s", row->name, row->metavar, row->help);
        print_bounds(row, out);
        fprintf(out, "      environment: %s%s\n", variable,
            program == TW_FOR_DAEMON && row->traits & TW_SETTING_LIVE ? "; read again at SIGHUP"
                                                                      : "");
    }
    if (program != TW_FOR_CLIENT)
        fprintf(out, "  --limit=NAME=VALUE\n"
                     "      changes a row of tidewaiterd --print-limits; may be given again\n"
                     "      environment: TIDEWAITER_LIMIT_NAME\n");
}

// ---- a file ----

// Texts that mean the same to every reader of YAML, 1.1 or 1.2, without quotes.
static bool is_plain(const char *text)
{
    static const char *const words[] = {
        "true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t size = strlen(text);
    for (size_t i = 0; i < TW_COUNT(words); i++) {
        if (strcasecmp(text, words[i]) == 0)
            return false;
    }
    return size > 0 && (strchr(letters, text[0]) || text[0] == '/') && text[size - 1] != ':' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@+-") ==
               size;
}

// Double quotes as YAML has them. 0, or negative for what YAML cannot say: bytes that are no text.
static int quote(struct tw_buf *line, const char *text)
{
    if (is_plain(text))
        return tw_buf_puts(line, text);
    if (!tw_text_is_utf8(tw_span_str(text)))
        return TW_E_FORMAT;
    tw_buf_puts(line, "\"");
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            tw_buf_printf(line, "\\%c", *p);
        else if ((unsigned char)*p < ' ' || *p == 127)
            tw_buf_printf(line, "\\x%02x", (unsigned)(unsigned char)*p);
        else
            tw_buf_append(line, p, 1);
    }
    return tw_buf_puts(line, "\"");
}

static void write_origin(const struct tw_settings *settings, struct tw_origin origin,
    const char *flag, const char *variable, FILE *out)
{
    switch (origin.from) {
    case TW_FROM_DEFAULT:
        fprintf(out, "# default\n");
        break;
    case TW_FROM_FILE:
        fprintf(out, "# %s:%u\n", settings->config ? settings->config : "", origin.line);
        break;
    case TW_FROM_ENVIRONMENT:
        fprintf(out, "# environment %s\n", variable);
        break;
    case TW_FROM_FLAG:
        fprintf(out, "# flag --%s\n", flag);
        break;
    }
}

static int write_list(struct tw_buf *line, const char *text)
{
    int r = tw_buf_puts(line, "[");
    const char *separator = "";
    while (r == 0 && *(text += strspn(text, ", "))) {
        size_t size = strcspn(text, ", ");
        TW_AUTO(tw_freep) char *item = strndup(text, size);
        tw_buf_puts(line, separator);
        r = item ? quote(line, item) : TW_E_NOMEM;
        separator = ", ";
        text += size;
    }
    return r < 0 ? r : tw_buf_puts(line, "]");
}

static void print_row(
    const struct tw_settings *settings, const struct tw_setting_row *row, FILE *out)
{
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(LINE_BYTES_MAX);
    char variable[TW_VARIABLE_BYTES];
    const char *text = row->kind == TW_SETTING_NUMBER ? "" : *tw_setting_text(settings, row);
    bool is_set = text && (*text || row->kind == TW_SETTING_NUMBER);
    tw_buf_printf(&line, "%s%s: ", is_set ? "" : "# ", row->name);
    int r = !is_set ? tw_buf_puts(&line, row->metavar)
            : row->kind == TW_SETTING_NUMBER
                ? tw_buf_printf(&line, "%" PRIu64, *tw_setting_number(settings, row))
            : row->kind == TW_SETTING_LIST ? write_list(&line, text)
                                           : quote(&line, text);
    if (r < 0 || line.status < 0) {
        fprintf(out, "# %s: its value is no text that a file can hold\n", row->name);
        return;
    }
    tw_variable_of_setting(row->name, variable);
    fprintf(out, "%-*s ", COMMENT_COLUMN, line.data);
    if (is_set)
        write_origin(settings, *tw_setting_origin(settings, row), row->name, variable, out);
    else
        fprintf(out, "# not set\n");
}

static void print_limit(
    const struct tw_settings *settings, const struct tw_limit_row *row, FILE *out)
{
    char line[TW_VARIABLE_BYTES], variable[TW_VARIABLE_BYTES];
    const char *at = (const char *)&settings->limits + row->offset;
    snprintf(line, sizeof line, "  %s: %" PRIu64, row->name, *(const uint64_t *)(const void *)at);
    tw_variable_of_limit(row->name, variable);
    fprintf(out, "%-*s ", COMMENT_COLUMN, line);
    write_origin(settings, *tw_limit_origin(settings, row), "limit", variable, out);
}

void tw_settings_print(
    const struct tw_settings *settings, enum tw_settings_program program, FILE *out)
{
    const struct tw_setting_row *row;
    fprintf(out, "# Every setting, and where it comes from. As a file: --config=FILE.\n");
    for (size_t i = 0; (row = tw_setting_at(i)); i++) {
        if (row->traits & program && !(row->traits & TW_SETTING_NOT_IN_FILE))
            print_row(settings, row, out);
    }
    fprintf(out, "limits:\n");
    for (unsigned i = 0; i < tw_limit_row_count; i++)
        print_limit(settings, &tw_limit_rows[i], out);
}

void tw_settings_print_limits(const struct tw_settings *settings, FILE *out)
{
    fprintf(out, "%-22s %15s %15s  %-8s %s\n", "limit", "value", "hard maximum", "unit", "what");
    for (unsigned i = 0; i < tw_limit_row_count; i++) {
        const struct tw_limit_row *row = &tw_limit_rows[i];
        const char *at = (const char *)&settings->limits + row->offset;
        fprintf(out, "%-22s %15" PRIu64 " %15" PRIu64 "  %-8s %s\n", row->name,
            *(const uint64_t *)(const void *)at, row->hard_maximum, row->unit, row->why);
    }
}
