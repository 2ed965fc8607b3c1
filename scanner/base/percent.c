#include "scanner/base/percent.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int tw_percent_decode_bytes(char *text, bool plus, size_t *ret_size, struct tw_err *err)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in == '+' && plus) {
            *out++ = ' ';
        } else if (*in == '%') {
            int high = hex_value(in[1]);
            int low = high < 0 ? -1 : hex_value(in[2]);
            if (low < 0)
                return tw_err_set(err, TW_E_USAGE,
                    "a %% must be followed by two hex digits; a %% itself is %%25");
            if (high == 0 && low == 0)
                return tw_err_set(err, TW_E_USAGE, "a NUL character (%%00) cannot be in a text");
            *out++ = (char)(high << 4 | low);
            in += 2;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    *ret_size = (size_t)(out - text);
    return 0;
}
