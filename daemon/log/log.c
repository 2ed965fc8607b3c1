#include "daemon/log/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scanner/base/text.h"

enum { LINE_BYTES_MAX = 4096 };

static const char *const names[] = {
    [TW_LOG_ERROR] = "error",
    [TW_LOG_WARNING] = "warning",
    [TW_LOG_INFO] = "info",
    [TW_LOG_DEBUG] = "debug",
};

static enum tw_log_level threshold = TW_LOG_INFO;

void tw_log_init(enum tw_log_level level)
{
    threshold = level;
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

static void stamp(struct tw_buf *line)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    tw_buf_printf(line, "%s.%03ldZ ", text, now.tv_nsec / 1000000);
}

void tw_log(enum tw_log_level level, const char *fmt, ...)
{
    if (level > threshold)
        return;
    char message[LINE_BYTES_MAX / 2];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);

    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(LINE_BYTES_MAX * 4);
    stamp(&line);
    tw_buf_printf(&line, "%s ", names[level]);
    tw_text_escape_to(&line, tw_span_str(message));
    tw_buf_puts(&line, "\n");
    if (line.status == 0 && write(STDERR_FILENO, line.data, line.size) < 0)
        return; // nowhere left to say it
}
