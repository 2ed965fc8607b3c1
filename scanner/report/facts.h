// `tidewaiter facts`: what a GODEBUG key, a GOEXPERIMENT name or a release is to a Go version.
#pragma once

#include "scanner/facts/godebug.h"
#include "scanner/facts/goexperiment.h"
#include "scanner/report/report.h"

// What was asked, in that version: a text block, or a line of JSON. 0, or the buffer's failure.
int tw_facts_write_godebug(const struct tw_godebug *key, struct tw_goversion version, bool as_json,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err);
int tw_facts_write_goexperiment(const struct tw_goexperiment *experiment,
    struct tw_goversion version, bool as_json, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);
int tw_facts_write_release(struct tw_goversion version, bool as_json,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err);
