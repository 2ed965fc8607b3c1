// A report for a person in trouble: the verdict, what is wrong with each program and what to do,
// then what else there is. At most one screen for an image with little wrong.
#pragma once

#include "scanner/report/page.h"

int tw_report_write_text(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);

// "Go 1.22.1", "Go 1.20 or later", "Go of an unknown version".
void tw_report_go_version(
    const struct tw_gobin *bin, enum tw_lang lang, char *ret_text, size_t size);

// One finding: severity, rule, what happens, which of the image's programs (`image` NULL: not
// told), and, when asked for, what to do.
void tw_report_finding_text(struct tw_page *page, const struct tw_image_inventory *image,
    const struct tw_finding *finding, bool with_remedy, enum tw_lang lang);
