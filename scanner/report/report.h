// Reports in the formats of the table: text for a person, JSON by the contract.
#pragma once

#include "scanner/base/buf.h"
#include "scanner/rules/verdict.h"

enum {
    TW_REPORT_ARENA_MAX_BYTES = 64 << 20, // what a writer keeps beside the document
    TW_REPORT_NAME_MAX_BYTES = 64 << 10,  // a URI or package URL; what is longer is left out
};

struct tw_report {
    const struct tw_image_inventory *image;
    const struct tw_verdict *verdict;
};

struct tw_report_set {
    struct tw_report *reports; // one a platform
    size_t count;
    // Set when the source was an index (a multi-platform image), else empty and NULL.
    struct tw_digest index_digest;
    const char *index_media_type;
    const char *reference;
};

struct tw_report_style {
    bool colour;
    unsigned width; // columns; 0: 80
    enum tw_lang lang;
};

struct tw_report_format {
    const char *name;       // "text", "json", "sarif" ...
    const char *media_type; // for HTTP
    bool is_vague; // the media type says little: browsers ask for it and mean something else
    int (*write)(  // by tw_report_write
        const struct tw_report_set *set, const struct tw_report_style *style, struct tw_buf *out,
        struct tw_err *err);
};

// NULL: no such format. tw_report_format_at gives the rows in order, NULL past the end.
const struct tw_report_format *tw_report_format_find(const char *name);
const struct tw_report_format *tw_report_format_at(size_t index);

// Writes the reports in that format. TW_E_NOMEM, TW_E_LIMIT: then `out` holds a part of them.
int tw_report_write(const struct tw_report_format *format, const struct tw_report_set *set,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err);

// A record of `tidewaiter inspect`: the text block or the JSON line of one binary.
// `file->path` is what is printed as the path.
int tw_inspect_write_json(const struct tw_file *file, struct tw_buf *out, struct tw_err *err);
int tw_inspect_write_text(const struct tw_file *file, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err);

// The names of all functions of a binary, sorted: a name a line, headed by the path when `headed`
// or there are several records, or the JSON record with "names" in its "functions". What is not
// Go has none.
int tw_inspect_write_functions(const struct tw_file *file, const struct tw_limits *limits,
    bool as_json, bool headed, struct tw_buf *out, struct tw_err *err);
