// Lines of text for a person: wrapped, coloured when asked, and safe: a control character of an
// image never reaches a terminal.
#pragma once

#include "scanner/report/report.h"

enum tw_ink { TW_INK_PLAIN, TW_INK_BAD, TW_INK_WARN, TW_INK_GOOD, TW_INK_DIM, TW_INK_STRONG };

struct tw_page {
    struct tw_buf *out;
    bool colour;
    unsigned width;  // columns
    unsigned column; // where the next character goes
    unsigned indent; // of the lines that wrapping begins
};

struct tw_page tw_page_on(struct tw_buf *out, const struct tw_report_style *style);

// Ends the line, if one was begun.
void tw_page_line(struct tw_page *page);
void tw_page_blank_line(struct tw_page *page);

// Goes to a column of the current line (at least one blank), and wraps to there from now on.
void tw_page_tab(struct tw_page *page, unsigned column);

// Text is cut into words at blanks and after wide characters; a word that is longer than a line
// stays in one piece. Anything that could steer a terminal is shown as \xNN or \u{NNNN}.
void tw_page_text(struct tw_page *page, enum tw_ink ink, const char *text);

// The same, but of a very long text only the beginning, and how long it is.
void tw_page_excerpt(struct tw_page *page, enum tw_ink ink, const char *text);

void tw_page_printf(struct tw_page *page, enum tw_ink ink, const char *fmt, ...) TW_PRINTF(3, 4);

// A line "name  value  (more)" of a record; nothing when `value` is NULL, and "" for an empty one.
enum { TW_PAGE_NAME_COLUMN = 2, TW_PAGE_VALUE_COLUMN = 16 };
void tw_page_row(struct tw_page *page, const char *name, const char *value, const char *more);
