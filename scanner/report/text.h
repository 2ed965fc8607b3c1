// A report for a person in trouble: the verdict, what is wrong with each program and what to do,
// then what else there is. At most one screen for an image with little wrong.
#pragma once

#include "scanner/report/report.h"

int tw_report_write_text(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);

// "Go 1.22.1", "Go 1.20 or later", "Go of an unknown version".
void tw_report_go_version(
    const struct tw_gobin *bin, enum tw_lang lang, char *ret_text, size_t size);
