// report: what a daemon found in an image, in any of the formats.
#include <stdio.h>
#include <string.h>

#include "daemon/cli/answer.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum { REPORT_BYTES_MAX = 512 << 20, PATH_BYTES = 256 };

// What a terminal would obey is made visible; all else stays, byte for byte. In the formats of
// programs there is nothing of the kind: JSON and XML have no room for it.
static int make_safe(struct tw_buf *out, struct tw_span text)
{
    bool is_utf8 = tw_text_is_utf8(text);
    uint64_t start = 0;
    for (uint64_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        // C1 controls are two bytes in UTF-8: U+0080 to U+009F.
        bool is_c1 = is_utf8 && c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0;
        bool obeyed =
            (c < ' ' && c != '\n' && c != '\t') || c == 127 || is_c1 || (!is_utf8 && c >= 0x80);
        if (!obeyed)
            continue;
        tw_buf_append(out, text.p + start, i - start);
        tw_buf_printf(out, "\\x%02x", c);
        start = i + 1;
        if (is_c1)
            tw_buf_printf(out, "\\x%02x", text.p[start++]), i++;
    }
    return tw_buf_append(out, text.p + start, text.n - start);
}

static int write_report(const struct tw_asking *a, const struct tw_buf *body, struct tw_err *err)
{
    const struct tw_options *o = a->options;
    if (strcmp(o->format->name, "text") != 0 && (o->output || !isatty(STDOUT_FILENO)))
        return tw_options_write(o, tw_buf_span(body), err);
    TW_AUTO(tw_buf_done) struct tw_buf safe = TW_BUF(REPORT_BYTES_MAX);
    if (body->size > 0 && make_safe(&safe, tw_buf_span(body)) < 0)
        return tw_err_set(err, safe.status, "the report is too large to be shown");
    return tw_options_write(o, tw_buf_span(&safe), err);
}

static int report(const struct tw_asking *a, struct tw_err *err)
{
    const struct tw_options *o = a->options;
    TW_AUTO(tw_json_decrefp) json_t *image = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(REPORT_BYTES_MAX);
    char path[PATH_BYTES];
    int r = tw_answer_find_image(a->remote, o->operands[0], &image, err);
    if (r < 0)
        return r;
    const char *digest = tw_json_string(image, "digest");
    if (!digest || !tw_answer_is_digest(digest))
        return tw_err_set(err, TW_E_FORMAT, "the daemon's answer has no digest in it");
    snprintf(path, sizeof path, "/v1/images/%s/report", digest);
    r = tw_remote_get_text(a->remote, path,
        (const char *const[]){
            "format", o->format->name, "lang", o->lang == TW_ZH ? "zh" : "en", NULL},
        o->format->media_type, &body, err);
    if (r == 0)
        r = write_report(a, &body, err);
    return r < 0 ? r : tw_answer_exit(image, o);
}

int tw_command_report(struct tw_settings *settings, int argc, char **argv)
{
    return tw_remote_command("report", 1, 1, report, settings, argc, argv);
}
