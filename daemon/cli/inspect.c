#include <string.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "daemon/scan/scan.h"

enum { INSPECT_BYTES_MAX = 256 << 20 };

static int inspect_file(struct tw_settings *settings, const struct tw_options *o, bool json,
    const char *path, struct tw_buf *out, bool *incomplete, struct tw_err *err)
{
    struct tw_scan_options options = {
        .limits = &settings->limits, .cage = tw_settings_cage(settings)};
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *file = NULL;
    int r = tw_scan_file(path, &options, &file, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < file->note_count; i++)
        fprintf(stderr, "tidewaiter: %s: %s\n", path, file->notes[i].message);
    *incomplete |= !file->complete;
    struct tw_report_style style = tw_options_style(o);
    for (size_t i = 0; i < file->file_count && r == 0; i++) {
        file->files[i].path = path;
        r = o->functions ? tw_inspect_write_functions(&file->files[i], &settings->limits, json,
                               o->operand_count > 1, out, err)
            : json       ? tw_inspect_write_json(&file->files[i], out, err)
                         : tw_inspect_write_text(&file->files[i], &style, out, err);
    }
    return r;
}

static int inspect(struct tw_settings *settings, const struct tw_options *o)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(INSPECT_BYTES_MAX);
    bool incomplete = false, trouble = false, json;
    struct tw_err err = {0};
    if (tw_options_record_format(o, &json, &err) < 0)
        return tw_trouble(&err);
    for (int i = 0; i < o->operand_count; i++) {
        if (inspect_file(settings, o, json, o->operands[i], &out, &incomplete, &err) < 0) {
            tw_trouble(&err);
            trouble = true;
        }
    }
    if (tw_options_write(o, tw_buf_span(&out), &err) < 0)
        return tw_trouble(&err);
    return trouble ? TW_EXIT_TROUBLE : incomplete ? TW_EXIT_INCOMPLETE : TW_EXIT_CLEAN;
}

int tw_command_inspect(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("inspect"), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    int code;
    if (o.operand_count == 0) {
        tw_err_set(&err, TW_E_USAGE, "inspect takes one or more FILEs");
        code = tw_trouble(&err);
    } else {
        code = inspect(settings, &o);
    }
    free(o.operands);
    return code;
}
