// A comparison of two images, for a person or as JSON (api/schema/comparison.json).
#pragma once

#include "scanner/report/report.h"
#include "scanner/rules/compare.h"

struct tw_comparison_set {
    const struct tw_comparison *items; // one a platform
    size_t count;
    const char *from, *to; // as the person named them
};

int tw_comparison_write_json(
    const struct tw_comparison_set *set, struct tw_buf *out, struct tw_err *err);
int tw_comparison_write_text(const struct tw_comparison_set *set,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err);
