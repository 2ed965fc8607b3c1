// What Go there is in an image as a CycloneDX 1.6 bill of materials: the image (of an index: all of
// its images) as container, its Go programs as applications, their modules and the standard library
// as libraries with package URLs, and what depends on what.
// https://cyclonedx.org/docs/1.6/json/
//
// It has no findings, and nothing that is not Go; `compositions` says that. The serial number is
// made from the rest of the document. Build settings are an allow-list: what may hold a secret
// (-ldflags, CGO_*FLAGS) is left out.
#pragma once

#include "scanner/report/report.h"

int tw_report_write_cyclonedx(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);
