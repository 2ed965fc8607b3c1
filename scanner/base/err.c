#include "scanner/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/text.h"

static const struct {
    int code;
    const char *name;
    bool temporary;
} codes[] = {
    {0, "ok", false},
    {TW_E_NOMEM, "out-of-memory", true},
    {TW_E_IO, "io", true},
    {TW_E_FORMAT, "malformed", false},
    {TW_E_TRUNCATED, "truncated", false},
    {TW_E_LIMIT, "over-limit", false},
    {TW_E_UNSUPPORTED, "unsupported", false},
    {TW_E_DIGEST, "digest-mismatch", true},
    {TW_E_NOT_FOUND, "not-found", false},
    {TW_E_DENIED, "denied", false},
    {TW_E_NOT_ALLOWED, "not-allowed", false},
    {TW_E_UNAVAILABLE, "unavailable", true},
    {TW_E_USAGE, "usage", false},
    {TW_E_CAGE, "cage", true},
    {TW_E_INTERRUPTED, "interrupted", true},
    {TW_E_STORE, "store", true},
    {TW_E_INTERNAL, "internal", true},
    {TW_E_BUSY, "busy", true},
};

// vsnprintf cuts at a byte; a cut UTF-8 sequence at the end would make the message invalid.
static void cut_at_character(char *s, size_t size, int wanted)
{
    if (wanted < 0 || (size_t)wanted < size)
        return;
    size_t end = size - 1;
    size_t start = end;
    while (start > 0 && end - start < 4 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && ((unsigned char)s[start - 1] & 0xC0) == 0xC0)
        s[start - 1] = '\0';
}

// Messages quote what images and registries say: one line of UTF-8 without control characters,
// whoever prints it.
static void make_printable(char *text)
{
    for (size_t n; *text; text += n) {
        unsigned char lead = (unsigned char)*text;
        n = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (strnlen(text, n) < n || !tw_text_is_utf8(tw_span_of(text, n)))
            n = 1;
        if (lead == 0xC2 && n == 2 && (unsigned char)text[1] < 0xA0)
            n = 1; // C1 control characters
        if (*text == '\n' || *text == '\r')
            *text = ' ';
        else if (lead < ' ' || lead == 0x7F || (n == 1 && lead >= 0x80))
            *text = '?';
    }
}

__attribute__((format(printf, 3, 0))) static void format_message(
    char *out, size_t size, const char *fmt, va_list ap)
{
    cut_at_character(out, size, vsnprintf(out, size, fmt, ap));
    make_printable(out);
}

int tw_err_set(struct tw_err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    format_message(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    err->code = code;
    err->retry_after_s = 0;
    return code;
}

int tw_err_wrap(struct tw_err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    char inner[sizeof err->msg];
    memcpy(inner, err->msg, sizeof inner);
    char prefix[256];
    va_list ap;
    va_start(ap, fmt);
    format_message(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    cut_at_character(
        err->msg, sizeof err->msg, snprintf(err->msg, sizeof err->msg, "%s: %s", prefix, inner));
    return err->code;
}

const char *tw_err_name(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code)
            return codes[i].name;
    }
    return "unknown";
}

bool tw_err_is_temporary(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code)
            return codes[i].temporary;
    }
    return false;
}
