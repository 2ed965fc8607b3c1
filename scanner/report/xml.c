#include "scanner/report/xml.h"

#include "scanner/base/text.h"

// How many bytes the character at `text` has; 0: they are no UTF-8.
static size_t character(const char *text)
{
    size_t size = 1;
    while (size < 4 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size++;
    for (; size > 0; size--) {
        bool is_one = size == 1 ? (unsigned char)text[0] < 0x80 : (unsigned char)text[0] >= 0xC0;
        if (is_one && tw_text_is_utf8(tw_span_of(text, size)))
            return size;
    }
    return 0;
}

static bool is_forbidden(const unsigned char *p, size_t size)
{
    if (size == 1)
        return p[0] < 0x20 && p[0] != '\t' && p[0] != '\n' && p[0] != '\r';
    return size == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE; // U+FFFE, U+FFFF
}

// Markup, blanks but the plain one, DEL and the C1 controls.
static bool needs_reference(const unsigned char *p, size_t size)
{
    if (size == 1)
        return p[0] < 0x20 || p[0] == 0x7F || strchr("&<>\"'", p[0]);
    return size == 2 && p[0] == 0xC2 && p[1] < 0xA0;
}

int tw_xml_text(struct tw_buf *out, const char *text)
{
    for (const char *at = text ? text : ""; *at;) {
        size_t size = character(at);
        const unsigned char *p = (const unsigned char *)at;
        if (size == 0)
            tw_buf_puts(out, "\xef\xbf\xbd");
        else if (needs_reference(p, size) && !is_forbidden(p, size))
            tw_buf_printf(out, "&#%u;", p[size - 1]); // of C1 the second byte is the number
        else if (!is_forbidden(p, size))
            tw_buf_append(out, at, size);
        at += size ? size : 1;
    }
    return out->status;
}
