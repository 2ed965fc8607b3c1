// A report as JSON: design/contract.md, "A report"; schema in api/schema/.
#pragma once

#include <jansson.h>

#include "scanner/report/report.h"

int tw_report_write_json(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);

// Parts of it, for other reports: new references, or NULL when out of memory.
json_t *tw_report_tool_json(void);
json_t *tw_report_finding_json(const struct tw_finding *finding);
