// A report as JUnit XML, as CI systems read it: one test suite a platform, one test case for each
// rule and program with findings. A case fails when one of its findings is at or above the policy's
// fail_on; the text of others is its output; one with nothing but waived findings is skipped. The
// case "completeness" is an error when not everything could be looked at, and a clean image has the
// case "no-findings": a suite is never empty, which some readers take for a failure. Names are the
// same in every language.
#pragma once

#include "scanner/report/report.h"

int tw_report_write_junit(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);
