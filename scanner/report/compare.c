#include "scanner/report/compare.h"

#include <jansson.h>
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/report/binary.h"
#include "scanner/report/json.h"
#include "scanner/report/text.h"
#include "scanner/report/words.h"

// ---- JSON ----

static json_t *side_json(const struct tw_image_inventory *image, const char *name)
{
    json_t *platform =
        json_pack("{s:o, s:o, s:o}", "os", tw_json_or_null(image->os), "architecture",
            tw_json_or_null(image->architecture), "variant", tw_json_or_null(image->variant));
    return json_pack("{s:o, s:o, s:o}", "reference",
        tw_json_or_null(image->reference ? image->reference : name), "digest",
        tw_json_or_null(tw_digest_is_set(&image->digest) ? image->digest.text : NULL), "platform",
        platform);
}

// The programs of `a` that have no partner in `b`.
static json_t *alone_json(const struct tw_image_inventory *a, const struct tw_image_inventory *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->binary_count; i++) {
        if (a->binaries[i].bin->is_go && !tw_compare_partner(b, &a->binaries[i]))
            json_array_append_new(list, json_string(a->binaries[i].path));
    }
    return list;
}

// The findings of `a` that `b` does not have.
static json_t *only_json(const struct tw_verdict *a, const struct tw_verdict *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->finding_count; i++) {
        if (!tw_verdict_has(b, a->findings[i].fingerprint))
            json_array_append_new(list, tw_report_finding_json(&a->findings[i]));
    }
    return list;
}

static json_t *comparison_json(
    const struct tw_comparison_set *set, const struct tw_comparison *comparison)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < comparison->drift->finding_count; i++)
        json_array_append_new(changes, tw_report_finding_json(&comparison->drift->findings[i]));
    return json_pack("{s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o}", "from",
        side_json(comparison->from, set->from), "to", side_json(comparison->to, set->to),
        "programs", "added", alone_json(comparison->to, comparison->from), "removed",
        alone_json(comparison->from, comparison->to), "changes", changes, "findings_new",
        only_json(comparison->after, comparison->before), "findings_gone",
        only_json(comparison->before, comparison->after));
}

int tw_comparison_write_json(
    const struct tw_comparison_set *set, struct tw_buf *out, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(list, comparison_json(set, &set->items[i]));
    json_t *json = json_pack("{s:s, s:o, s:o}", "schema", "tidewaiter.comparison/v1", "tool",
        tw_report_tool_json(), "comparisons", list);
    int r = tw_json_write(json, JSON_INDENT(2), out, err);
    return r == 0 && tw_mem_failures != failures
               ? tw_err_set(err, TW_E_NOMEM, "no memory for the comparison")
               : r;
}

// ---- text ----

// The words are our own table's, never an image's.
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void heading(struct tw_page *page, enum tw_word word, enum tw_lang lang)
{
    tw_page_blank_line(page);
    tw_page_text(page, TW_INK_STRONG, tw_word(word, lang));
    tw_page_line(page);
}

static void findings_alone(struct tw_page *page, const struct tw_verdict *a,
    const struct tw_verdict *b, enum tw_word title, enum tw_lang lang)
{
    bool any = false;
    for (size_t i = 0; i < a->finding_count; i++) {
        const struct tw_finding *finding = &a->findings[i];
        if (tw_verdict_has(b, finding->fingerprint))
            continue;
        if (!any)
            heading(page, title, lang);
        any = true;
        tw_report_finding_text(page, NULL, finding, false, lang);
    }
}

static void programs_alone(struct tw_page *page, const struct tw_image_inventory *a,
    const struct tw_image_inventory *b, enum tw_word title, enum tw_lang lang)
{
    bool any = false;
    for (size_t i = 0; i < a->binary_count; i++) {
        if (!a->binaries[i].bin->is_go || tw_compare_partner(b, &a->binaries[i]))
            continue;
        if (!any)
            heading(page, title, lang);
        any = true;
        tw_page_tab(page, 2);
        tw_page_excerpt(page, TW_INK_PLAIN, a->binaries[i].path);
        tw_page_line(page);
    }
}

static void side(struct tw_page *page, const char *mark, enum tw_ink ink,
    const struct tw_image_inventory *image, const char *name)
{
    tw_page_text(page, ink, mark);
    tw_page_tab(page, 4);
    tw_page_text(page, TW_INK_STRONG, image->reference ? image->reference : name ? name : "-");
    if (image->os)
        tw_page_printf(page, TW_INK_PLAIN, "  %s/%s", image->os,
            image->architecture ? image->architecture : "?");
    tw_page_line(page);
    if (tw_digest_is_set(&image->digest)) {
        tw_page_tab(page, 4);
        tw_page_text(page, TW_INK_DIM, image->digest.text);
        tw_page_line(page);
    }
}

static void comparison_text(struct tw_page *page, const struct tw_comparison_set *set,
    const struct tw_comparison *comparison, enum tw_lang lang)
{
    const struct tw_verdict *drift = comparison->drift;
    side(page, "---", TW_INK_BAD, comparison->from, set->from);
    side(page, "+++", TW_INK_GOOD, comparison->to, set->to);
    heading(page, drift->finding_count ? TW_WORD_CHANGES : TW_WORD_NO_CHANGES, lang);
    const char *binary = NULL;
    for (size_t i = 0; i < drift->finding_count; i++) {
        const struct tw_finding *finding = &drift->findings[i];
        if (finding->binary && (!binary || strcmp(binary, finding->binary) != 0)) {
            tw_page_tab(page, 2);
            tw_page_text(page, TW_INK_DIM, finding->binary);
            tw_page_line(page);
        }
        binary = finding->binary;
        tw_report_finding_text(page, NULL, finding, false, lang);
    }
    programs_alone(page, comparison->to, comparison->from, TW_WORD_PROGRAMS_ADDED, lang);
    programs_alone(page, comparison->from, comparison->to, TW_WORD_PROGRAMS_REMOVED, lang);
    findings_alone(page, comparison->after, comparison->before, TW_WORD_FINDINGS_NEW, lang);
    findings_alone(page, comparison->before, comparison->after, TW_WORD_FINDINGS_GONE, lang);
}

int tw_comparison_write_text(const struct tw_comparison_set *set,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err)
{
    struct tw_page page = tw_page_on(out, style);
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0)
            tw_page_blank_line(&page);
        comparison_text(&page, set, &set->items[i], style->lang);
    }
    return out->status < 0 ? tw_err_set(err, out->status, "the report is too large, or no memory")
                           : 0;
}
