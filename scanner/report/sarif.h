// A report as SARIF 2.1.0, as GitHub's code scanning takes it: one run a platform.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and GitHub's "SARIF support for code scanning".
//
// Of a run with more than 25,000 findings, which GitHub would refuse, the worst are written, and a
// notification of the run counts the rest.
#pragma once

#include "scanner/report/report.h"

int tw_report_write_sarif(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);
