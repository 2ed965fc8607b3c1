#include "scanner/report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/text.h"

enum {
    DEFAULT_WIDTH = 80,
    LEAST_WIDTH = 40,
    PRINTF_BYTES = 4096,
    EXCERPT_BYTES = 480,
    WORD_BYTES = 256
};

// ECMA-48 select graphic rendition.
static const char *const inks[] = {
    [TW_INK_PLAIN] = "",
    [TW_INK_BAD] = "\033[1;31m",
    [TW_INK_WARN] = "\033[33m",
    [TW_INK_GOOD] = "\033[32m",
    [TW_INK_DIM] = "\033[2m",
    [TW_INK_STRONG] = "\033[1m",
};

struct tw_page tw_page_on(struct tw_buf *out, const struct tw_report_style *style)
{
    unsigned width = style->width ? style->width : DEFAULT_WIDTH;
    return (struct tw_page){
        .out = out, .colour = style->colour, .width = width < LEAST_WIDTH ? LEAST_WIDTH : width};
}

void tw_page_line(struct tw_page *page)
{
    if (page->column > 0)
        tw_buf_puts(page->out, "\n");
    page->column = 0;
    page->indent = 0;
}

void tw_page_blank_line(struct tw_page *page)
{
    tw_page_line(page);
    tw_buf_puts(page->out, "\n");
}

static void pad(struct tw_page *page, unsigned column)
{
    for (; page->column < column; page->column++)
        tw_buf_puts(page->out, " ");
}

void tw_page_tab(struct tw_page *page, unsigned column)
{
    if (page->column >= column && page->column > 0)
        pad(page, page->column + 1);
    pad(page, column);
    page->indent = column;
}

// One character of valid UTF-8: its size in bytes and its code point.
static unsigned decode(const char *text, uint32_t *ret_point)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned size = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t point = size == 1 ? p[0] : p[0] & (0xFFu >> (size + 1));
    for (unsigned i = 1; i < size; i++)
        point = point << 6 | (p[i] & 0x3F);
    *ret_point = point;
    return size;
}

static const struct range {
    uint32_t first, last;
} steering[] =
    { // C0, DEL and C1 controls; marks that turn or hide text; line separators; tags
        {0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x061C, 0x061C}, {0x180E, 0x180E},
        {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},
        {0xE0000, 0xE007F}},
  wide[] = { // East Asian wide, roughly (UAX #11)
      {0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
      {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};

static bool is_in(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    }
    return false;
}

// The word at `text`, made safe: up to a blank (not taken), or one wide character. Returns the
// bytes taken; a very long word comes in pieces.
static size_t take_word(const char *text, char ret_word[WORD_BYTES], unsigned *ret_columns)
{
    size_t at = 0, filled = 0;
    unsigned columns = 0;
    while (text[at] && text[at] != ' ' && text[at] != '\n' && filled + 12 < WORD_BYTES) {
        uint32_t point;
        unsigned size = decode(text + at, &point);
        bool is_wide = is_in(wide, TW_COUNT(wide), point);
        if (is_wide && columns > 0)
            break;
        if (is_in(steering, TW_COUNT(steering), point)) {
            int n = snprintf(ret_word + filled, WORD_BYTES - filled,
                point < 0x100 ? "\\x%02x" : "\\u{%04x}", (unsigned)point);
            filled += (size_t)n;
            columns += (unsigned)n;
        } else {
            memcpy(ret_word + filled, text + at, size);
            filled += size;
            columns += is_wide ? 2 : 1;
        }
        at += size;
        if (is_wide)
            break;
    }
    ret_word[filled] = '\0';
    *ret_columns = columns;
    return at;
}

static void wrap(struct tw_page *page)
{
    unsigned indent = page->indent;
    tw_buf_puts(page->out, "\n");
    page->column = 0;
    pad(page, indent);
}

void tw_page_text(struct tw_page *page, enum tw_ink ink, const char *text)
{
    bool inked = page->colour && ink != TW_INK_PLAIN, blank = false;
    char word[WORD_BYTES];
    if (!tw_text_is_utf8(tw_span_str(text)))
        text = "(not UTF-8)"; // cannot come from an inventory
    if (inked)
        tw_buf_puts(page->out, inks[ink]);
    while (*text) {
        if (*text == ' ' || *text == '\n') {
            blank = true;
            text++;
            continue;
        }
        unsigned columns;
        text += take_word(text, word, &columns);
        if (page->column > page->indent && page->column + blank + columns > page->width)
            wrap(page);
        else if (blank && page->column > page->indent)
            pad(page, page->column + 1);
        blank = false;
        tw_buf_puts(page->out, word);
        page->column += columns;
    }
    if (inked)
        tw_buf_puts(page->out, "\033[0m");
    if (blank && page->column > page->indent)
        pad(page, page->column + 1);
}

// A cut may fall into a character: gives the broken one up.
static size_t whole_characters(const char *text, size_t size)
{
    for (unsigned i = 0; i < 4 && size > 0; i++) {
        if (tw_text_is_utf8(tw_span_of(text, size)))
            return size;
        size--;
    }
    return tw_text_is_utf8(tw_span_of(text, size)) ? size : 0;
}

void tw_page_printf(struct tw_page *page, enum tw_ink ink, const char *fmt, ...)
{
    char text[PRINTF_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text[n < 0 ? 0 : whole_characters(text, strlen(text))] = '\0';
    tw_page_text(page, ink, text);
}

void tw_page_excerpt(struct tw_page *page, enum tw_ink ink, const char *text)
{
    size_t size = strlen(text);
    char start[EXCERPT_BYTES + 1];
    if (size <= EXCERPT_BYTES) {
        tw_page_text(page, ink, text);
        return;
    }
    memcpy(start, text, EXCERPT_BYTES);
    start[whole_characters(start, EXCERPT_BYTES)] = '\0';
    tw_page_text(page, ink, start);
    tw_page_printf(page, TW_INK_DIM, " ... (%zu bytes)", size);
}

void tw_page_row(struct tw_page *page, const char *name, const char *value, const char *more)
{
    if (!value)
        return;
    tw_page_tab(page, TW_PAGE_NAME_COLUMN);
    tw_page_text(page, TW_INK_DIM, name);
    tw_page_tab(page, TW_PAGE_VALUE_COLUMN);
    tw_page_text(page, TW_INK_PLAIN, *value ? value : "\"\"");
    if (more)
        tw_page_printf(page, TW_INK_DIM, "  (%s)", more);
    tw_page_line(page);
}
