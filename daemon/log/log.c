#include "daemon/log/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock/clock.h"
#include "scanner/base/text.h"

enum { MESSAGE_BYTES_MAX = 2048, VALUE_BYTES_MAX = 1024, LINE_BYTES_MAX = 65536 };

static const char *const names[] = {
    [TW_LOG_ERROR] = "error",
    [TW_LOG_WARNING] = "warning",
    [TW_LOG_INFO] = "info",
    [TW_LOG_DEBUG] = "debug",
};

static atomic_uint threshold = TW_LOG_INFO;
static atomic_bool is_json;

void tw_log_init(enum tw_log_level level, bool as_json)
{
    atomic_store(&threshold, level);
    atomic_store(&is_json, as_json);
}

int tw_log_level_parse(const char *name, enum tw_log_level *ret_level, struct tw_err *err)
{
    for (unsigned i = 0; i < TW_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_level = (enum tw_log_level)i;
            return 0;
        }
    }
    return tw_err_set(
        err, TW_E_USAGE, "log level \"%.40s\": must be error, warning, info or debug", name);
}

static void write_time(struct tw_buf *line)
{
    char text[TW_TEXT_TIME_BYTES];
    tw_text_time(tw_clock_utc_ms(), text);
    tw_buf_puts(line, text);
}

static struct tw_span cut(const char *text, size_t max_bytes)
{
    size_t size = strnlen(text, max_bytes + 1);
    return tw_span_of(text, tw_text_cut(tw_span_of(text, size), max_bytes));
}

static bool is_left_out(const struct tw_log_field *field)
{
    return !field->is_number && (!field->text || !field->text[0]);
}

// ---- for people ----

static void write_value(struct tw_buf *line, const char *text)
{
    struct tw_span value = cut(text, VALUE_BYTES_MAX);
    size_t plain = 0;
    while (plain < value.n && !strchr(" =\"", value.p[plain]))
        plain++;
    if (plain == value.n) {
        tw_text_escape_to(line, value);
        return;
    }
    tw_buf_puts(line, "\"");
    for (size_t i = 0, next; i < value.n; i = next) { // escaping takes whole runs: characters stay
        next = i;
        while (next < value.n && value.p[next] != '"')
            next++;
        tw_text_escape_to(line, tw_span_of(value.p + i, next - i));
        if (next < value.n) {
            tw_buf_puts(line, "\\x22");
            next++;
        }
    }
    tw_buf_puts(line, "\"");
}

static void write_text(struct tw_buf *line, enum tw_log_level level,
    const struct tw_log_field *fields, const char *message)
{
    write_time(line);
    tw_buf_printf(line, " %s ", names[level]);
    tw_text_escape_to(line, cut(message, MESSAGE_BYTES_MAX));
    for (; fields && fields->name; fields++) {
        if (is_left_out(fields))
            continue;
        tw_buf_printf(line, " %s=", fields->name);
        if (fields->is_number)
            tw_buf_printf(line, "%lld", (long long)fields->number);
        else
            write_value(line, fields->text);
    }
}

// ---- for programs ----

// A JSON string of what tw_text_escape_to makes of it: printable UTF-8, so that only these two
// characters are left to be escaped (RFC 8259 section 7).
static void write_string(struct tw_buf *line, struct tw_span text)
{
    TW_AUTO(tw_buf_done) struct tw_buf escaped = TW_BUF(LINE_BYTES_MAX);
    if (tw_text_escape_to(&escaped, text) < 0) {
        line->status = escaped.status;
        return;
    }
    tw_buf_puts(line, "\"");
    for (const char *p = escaped.data ? escaped.data : ""; *p; p++) {
        if (*p == '"' || *p == '\\')
            tw_buf_puts(line, "\\");
        tw_buf_append(line, p, 1);
    }
    tw_buf_puts(line, "\"");
}

static void write_json(struct tw_buf *line, enum tw_log_level level,
    const struct tw_log_field *fields, const char *message)
{
    tw_buf_puts(line, "{\"time\":\"");
    write_time(line);
    tw_buf_printf(line, "\",\"level\":\"%s\",\"message\":", names[level]);
    write_string(line, cut(message, MESSAGE_BYTES_MAX));
    for (; fields && fields->name; fields++) {
        if (is_left_out(fields))
            continue;
        tw_buf_printf(line, ",\"%s\":", fields->name);
        if (fields->is_number)
            tw_buf_printf(line, "%lld", (long long)fields->number);
        else
            write_string(line, cut(fields->text, VALUE_BYTES_MAX));
    }
    tw_buf_puts(line, "}");
}

// ---- a line ----

__attribute__((format(printf, 3, 0))) static void log_line(
    enum tw_log_level level, const struct tw_log_field *fields, const char *fmt, va_list ap)
{
    char message[MESSAGE_BYTES_MAX + 8];
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(LINE_BYTES_MAX);
    vsnprintf(message, sizeof message, fmt, ap);
    (atomic_load(&is_json) ? write_json : write_text)(&line, level, fields, message);
    tw_buf_puts(&line, "\n");
    if (line.status == 0 && write(STDERR_FILENO, line.data, line.size) < 0)
        return; // nowhere left to say it
}

void tw_log_about(enum tw_log_level level, const struct tw_log_field *fields, const char *fmt, ...)
{
    va_list ap;
    if (level > atomic_load(&threshold))
        return;
    va_start(ap, fmt);
    log_line(level, fields, fmt, ap);
    va_end(ap);
}

void tw_log(enum tw_log_level level, const char *fmt, ...)
{
    va_list ap;
    if (level > atomic_load(&threshold))
        return;
    va_start(ap, fmt);
    log_line(level, NULL, fmt, ap);
    va_end(ap);
}
