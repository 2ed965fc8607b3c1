// A report as JSON: design/contract.md, "A report"; schema in api/schema/.
#pragma once

#include "scanner/report/report.h"

int tw_report_write_json(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);
