// `tidewaiter inspect`: what one file says of itself.
#include <stdio.h>
#include <string.h>

#include "scanner/base/secret.h"
#include "scanner/report/binary.h"
#include "scanner/report/page.h"
#include "scanner/report/report.h"
#include "scanner/report/text.h"

int tw_inspect_write_json(const struct tw_file *file, struct tw_buf *out, struct tw_err *err)
{
    int r = 0;
    for (size_t i = 0; i < file->record_count && r == 0; i++)
        r = tw_json_write(
            tw_binary_json(NULL, file->path, file->size_bytes, &file->sha256, &file->records[i]),
            JSON_COMPACT, out, err);
    return r;
}

static void module_text(
    struct tw_page *page, enum tw_ink ink, const char *before, const struct tw_module *module)
{
    tw_page_printf(page, ink, "%s%s%s%s", before, module->path, module->version ? " " : "",
        module->version ? module->version : "");
}

static void go_rows(struct tw_page *page, const struct tw_gobin *bin, enum tw_lang lang)
{
    char version[128], how[64], functions[32];
    tw_report_go_version(bin, lang, version, sizeof version);
    snprintf(how, sizeof how, "%s, %s", bin->go.source ? bin->go.source : "?",
        bin->go.confidence ? bin->go.confidence : "?");
    tw_page_row(page, "Go", version, how);
    for (size_t i = 0; i < bin->go.experiment_count; i++)
        tw_page_row(page, i == 0 ? "experiments" : "", bin->go.experiments[i], NULL);
    tw_page_row(page, "vendor", bin->go.vendor, NULL);
    tw_page_row(page, "main", bin->main_path, NULL);
    if (bin->main_module)
        tw_page_row(page, "module", bin->main_module->path, bin->main_module->version);
    tw_page_row(page, "version", bin->main_version, bin->main_version_source);
    tw_page_row(page, "GOROOT", bin->goroot, bin->goroot_source);
    tw_page_row(page, "go line", bin->go_line_at_most, "at most");
    if (bin->functions_known) {
        snprintf(functions, sizeof functions, "%llu", (unsigned long long)bin->function_count);
        tw_page_row(page, "functions", functions, NULL);
    }
    for (size_t i = 0; i < bin->setting_count; i++) {
        tw_page_tab(page, TW_PAGE_NAME_COLUMN);
        tw_page_text(page, TW_INK_DIM, i == 0 ? "build" : "");
        tw_page_tab(page, TW_PAGE_VALUE_COLUMN);
        struct tw_span text = tw_span_str(bin->settings[i].value);
        TW_AUTO(tw_buf_done) struct tw_buf value = TW_BUF(TW_SECRET_COVERED_MAX(text.n));
        tw_secret_cover_to(&value, text);
        tw_page_printf(
            page, TW_INK_PLAIN, "%s=%s", bin->settings[i].key, value.data ? value.data : "");
        tw_page_line(page);
    }
    for (size_t i = 0; i < bin->module_count; i++) {
        const struct tw_module *module = &bin->modules[i];
        tw_page_tab(page, TW_PAGE_NAME_COLUMN);
        tw_page_text(page, TW_INK_DIM, i == 0 ? "modules" : "");
        tw_page_tab(page, TW_PAGE_VALUE_COLUMN);
        module_text(page, TW_INK_PLAIN, "", module);
        if (module->replace)
            module_text(page, TW_INK_WARN, " => ", module->replace);
        tw_page_line(page);
    }
}

int tw_inspect_write_text(const struct tw_file *file, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    struct tw_page page = tw_page_on(out, style);
    for (size_t i = 0; i < file->record_count; i++) {
        const struct tw_gobin *bin = &file->records[i];
        tw_page_text(&page, TW_INK_STRONG, file->path);
        tw_page_printf(&page, TW_INK_DIM, "  %s%s%s%s%s",
            bin->format ? tw_format_name(bin->format) : "no executable", bin->os ? " " : "",
            bin->os ? bin->os : "", bin->arch ? "/" : "", bin->arch ? bin->arch : "");
        tw_page_line(&page);
        if (bin->is_go)
            go_rows(&page, bin, style->lang);
        else
            tw_page_row(&page, "Go", style->lang == TW_ZH ? "不是 Go 程序" : "no Go program", NULL);
        for (size_t j = 0; j < bin->note_count; j++)
            tw_page_row(&page, "note", bin->notes[j].message, bin->notes[j].code);
    }
    return out->status < 0 ? tw_err_set(err, out->status, "the output is too large, or no memory")
                           : 0;
}
