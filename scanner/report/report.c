#include "scanner/report/report.h"

#include <string.h>

#include "scanner/report/cyclonedx.h"
#include "scanner/report/json.h"
#include "scanner/report/junit.h"
#include "scanner/report/sarif.h"
#include "scanner/report/text.h"

static const struct tw_report_format formats[] = {
    {"text", "text/plain; charset=utf-8", false, tw_report_write_text},
    {"json", "application/json", false, tw_report_write_json},
    {"sarif", "application/sarif+json", false, tw_report_write_sarif},
    {"junit", "application/xml", true, tw_report_write_junit},
    {"cyclonedx", "application/vnd.cyclonedx+json; version=1.6", false, tw_report_write_cyclonedx},
};

const struct tw_report_format *tw_report_format_at(size_t index)
{
    return index < TW_COUNT(formats) ? &formats[index] : NULL;
}

const struct tw_report_format *tw_report_format_find(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(formats); i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

int tw_report_write(const struct tw_report_format *format, const struct tw_report_set *set,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    int r = format->write(set, style, out, err);
    // jansson leaves out what it has no memory for.
    return r == 0 && tw_mem_failures != failures
               ? tw_err_set(err, TW_E_NOMEM, "no memory for the report")
               : r;
}
