#include "scanner/report/text.h"

#include <stdio.h>
#include <string.h>

#include "scanner/report/contents.h"
#include "scanner/report/page.h"
#include "scanner/report/words.h"

enum {
    BODY_COLUMN = 10,    // of what a finding says
    FINDINGS_SHOWN = 50, // the worst; the rest is counted
    PROGRAMS_NAMED = 4,
    NAMES_COLUMN = 2,
};

static const enum tw_ink severity_inks[TW_SEVERITY_COUNT] = {
    [TW_INFO] = TW_INK_DIM,
    [TW_LOW] = TW_INK_PLAIN,
    [TW_MEDIUM] = TW_INK_WARN,
    [TW_HIGH] = TW_INK_BAD,
    [TW_CRITICAL] = TW_INK_BAD,
};

static const enum tw_ink decision_inks[] = {
    [TW_PASS] = TW_INK_GOOD, [TW_WARN] = TW_INK_WARN, [TW_DENY] = TW_INK_BAD};

// The words are our own table's, never an image's.
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void tw_report_go_version(
    const struct tw_gobin *bin, enum tw_lang lang, char *ret_text, size_t size)
{
    if (bin->go.release)
        snprintf(ret_text, size, "Go %s", bin->go.release);
    else if (bin->go.range_from && bin->go.range_to)
        snprintf(ret_text, size, tw_word(TW_WORD_TO, lang), bin->go.range_from, bin->go.range_to);
    else if (bin->go.range_from)
        snprintf(ret_text, size, tw_word(TW_WORD_OR_LATER, lang), bin->go.range_from);
    else if (bin->go.version)
        snprintf(ret_text, size, "Go %s", bin->go.version);
    else
        snprintf(ret_text, size, "%s", tw_word(TW_WORD_UNKNOWN_GO, lang));
}

// ---- what it is, and the verdict ----

static void counts(struct tw_page *page, const struct tw_verdict *verdict)
{
    const char *comma = "";
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0; s--) {
        if (verdict->counts[s] == 0)
            continue;
        tw_page_printf(page, TW_INK_PLAIN, "%s%u %s", comma, verdict->counts[s],
            tw_severity_name((enum tw_severity)s));
        comma = ", ";
    }
}

// By what it was judged, when that is not the default.
static void judged_by(struct tw_page *page, const struct tw_verdict *verdict, enum tw_lang lang)
{
    if (verdict->waived > 0) {
        tw_page_text(page, TW_INK_PLAIN, "; ");
        tw_page_printf(page, TW_INK_PLAIN, tw_word(TW_WORD_WAIVED_COUNT, lang), verdict->waived);
    }
    if (strcmp(verdict->policy, "default") != 0) {
        tw_page_text(page, TW_INK_PLAIN, "; ");
        tw_page_printf(page, TW_INK_PLAIN, tw_word(TW_WORD_POLICY, lang), verdict->policy);
    }
    if (verdict->channel) {
        tw_page_text(page, TW_INK_PLAIN, ", ");
        tw_page_printf(page, TW_INK_PLAIN, tw_word(TW_WORD_CHANNEL, lang), verdict->channel);
    }
}

static void top(
    struct tw_page *page, const struct tw_report *report, const char *reference, enum tw_lang lang)
{
    static const enum tw_word status_words[] = {
        [TW_COMPLETE] = TW_WORD_COMPLETE,
        [TW_PARTIAL] = TW_WORD_PARTIAL,
        [TW_FAILED] = TW_WORD_FAILED,
    };
    const struct tw_image_inventory *image = report->image;
    const struct tw_verdict *verdict = report->verdict;
    char decision[16];
    snprintf(decision, sizeof decision, "%s", tw_decision_name(verdict->decision));
    for (char *p = decision; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
    tw_page_text(page, decision_inks[verdict->decision], decision);
    tw_page_tab(page, 6);
    tw_page_text(page, TW_INK_STRONG,
        image->reference ? image->reference
        : reference      ? reference
                         : "-");
    if (image->os)
        tw_page_printf(page, TW_INK_PLAIN, "  %s/%s%s%s", image->os,
            image->architecture ? image->architecture : "?", image->variant ? "/" : "",
            image->variant ? image->variant : "");
    tw_page_line(page);
    if (tw_digest_is_set(&image->digest)) {
        tw_page_tab(page, 6);
        tw_page_text(page, TW_INK_DIM, image->digest.text);
        tw_page_line(page);
    }
    tw_page_tab(page, 6);
    if (verdict->finding_count > 0)
        counts(page, verdict);
    else
        tw_page_text(page, TW_INK_PLAIN, tw_word(TW_WORD_NO_FINDINGS, lang));
    tw_page_text(page, TW_INK_PLAIN, "; ");
    tw_page_text(page, image->status == TW_COMPLETE ? TW_INK_PLAIN : TW_INK_WARN,
        tw_word(status_words[image->status], lang));
    judged_by(page, verdict, lang);
    tw_page_line(page);
}

// ---- findings, by program ----

struct place {
    const struct tw_finding *finding;
    size_t group; // of the first finding of the same program
};

static int by_program(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(
        x->finding->binary ? x->finding->binary : "", y->finding->binary ? y->finding->binary : "");
    return order ? order : x->finding < y->finding ? -1 : x->finding > y->finding;
}

static int by_group(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->finding < y->finding ? -1 : x->finding > y->finding;
}

static bool same_program(const struct tw_finding *a, const struct tw_finding *b)
{
    return a->binary && b->binary ? strcmp(a->binary, b->binary) == 0 : a->binary == b->binary;
}

// The first `count` findings with those of one program together, the program with the worst one
// first.
static struct place *arrange(const struct tw_verdict *verdict, size_t count)
{
    struct place *places = calloc(count + 1, sizeof *places);
    if (!places)
        return NULL;
    for (size_t i = 0; i < count; i++)
        places[i].finding = &verdict->findings[i];
    qsort(places, count, sizeof *places, by_program);
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || !same_program(places[i - 1].finding, places[i].finding);
        places[i].group =
            first ? (size_t)(places[i].finding - verdict->findings) : places[i - 1].group;
    }
    qsort(places, count, sizeof *places, by_group);
    return places;
}

static int at_path(const void *key, const void *item)
{
    const struct tw_image_binary *binary = item;
    return strcmp(key, binary->path);
}

static const struct tw_image_binary *find_binary(
    const struct tw_image_inventory *image, const char *path)
{
    if (!path || image->binary_count == 0)
        return NULL;
    return bsearch(path, image->binaries, image->binary_count, sizeof *image->binaries, at_path);
}

static void group_heading(struct tw_page *page, const struct tw_image_inventory *image,
    const struct tw_finding *finding, enum tw_lang lang)
{
    const struct tw_image_binary *file = find_binary(image, finding->binary);
    tw_page_blank_line(page);
    tw_page_text(page, TW_INK_STRONG,
        finding->binary ? finding->binary : tw_word(TW_WORD_IMAGE_AS_A_WHOLE, lang));
    if (file && file->bin->is_go) {
        char version[128];
        tw_report_go_version(file->bin, lang, version, sizeof version);
        tw_page_printf(page, TW_INK_DIM, " (%s)", version);
    }
    tw_page_line(page);
}

// Which programs, when a finding speaks of several but not of all.
static void programs(
    struct tw_page *page, const struct tw_image_inventory *image, const struct tw_finding *finding)
{
    size_t count = 0;
    for (size_t i = 0; i < finding->evidence_count; i++)
        count += strcmp(finding->evidence[i].kind, "binary") == 0;
    if (finding->binary || count == 0 || count == image->binary_count)
        return;
    tw_page_tab(page, BODY_COLUMN + 1);
    size_t named = 0;
    for (size_t i = 0; i < finding->evidence_count && named < PROGRAMS_NAMED; i++) {
        const struct tw_evidence *evidence = &finding->evidence[i];
        if (strcmp(evidence->kind, "binary") == 0 && evidence->path)
            tw_page_printf(page, TW_INK_DIM, "%s%s", named++ ? ", " : "", evidence->path);
    }
    if (count > named)
        tw_page_printf(page, TW_INK_DIM, ", +%zu", count - named);
    tw_page_line(page);
}

// What a waiver says, or that one has ended.
static void waivers(struct tw_page *page, const struct tw_finding *finding, enum tw_lang lang)
{
    if (finding->waiver_until) {
        tw_page_tab(page, BODY_COLUMN + 1);
        tw_page_printf(page, TW_INK_DIM, tw_word(TW_WORD_WAIVED, lang), finding->waiver_who,
            finding->waiver_until, finding->waiver_reason);
        tw_page_line(page);
    }
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct tw_evidence *evidence = &finding->evidence[i];
        if (strcmp(evidence->kind, "expired-waiver") != 0)
            continue;
        tw_page_tab(page, BODY_COLUMN + 1);
        tw_page_printf(page, TW_INK_WARN, tw_word(TW_WORD_WAIVER_ENDED, lang), evidence->name,
            evidence->value);
        tw_page_line(page);
    }
}

void tw_report_finding_text(struct tw_page *page, const struct tw_image_inventory *image,
    const struct tw_finding *finding, bool with_remedy, enum tw_lang lang)
{
    bool waived = finding->waiver_until != NULL;
    tw_page_tab(page, NAMES_COLUMN);
    tw_page_text(page, waived ? TW_INK_DIM : severity_inks[finding->severity],
        tw_severity_name(finding->severity));
    tw_page_tab(page, BODY_COLUMN + 1);
    tw_page_text(page, TW_INK_PLAIN, finding->rule->id);
    tw_page_text(page, TW_INK_PLAIN, "  ");
    tw_page_text(page, waived ? TW_INK_DIM : TW_INK_STRONG, finding->title);
    tw_page_line(page);
    tw_page_tab(page, BODY_COLUMN + 1);
    tw_page_text(page, waived ? TW_INK_DIM : TW_INK_PLAIN, finding->message);
    tw_page_line(page);
    if (image)
        programs(page, image, finding);
    waivers(page, finding, lang);
    if (!with_remedy || waived)
        return;
    tw_page_tab(page, BODY_COLUMN - 2);
    tw_page_text(page, TW_INK_GOOD, "->");
    tw_page_tab(page, BODY_COLUMN + 1);
    tw_page_text(page, TW_INK_PLAIN, finding->remediation);
    tw_page_line(page);
}

static int findings(struct tw_page *page, const struct tw_report *report, enum tw_lang lang)
{
    const struct tw_verdict *verdict = report->verdict;
    size_t shown =
        verdict->finding_count < FINDINGS_SHOWN ? verdict->finding_count : FINDINGS_SHOWN;
    TW_AUTO(tw_freep) struct place *places = arrange(verdict, shown);
    if (!places)
        return TW_E_NOMEM;
    for (size_t i = 0; i < shown; i++) {
        if (i == 0 || places[i].group != places[i - 1].group)
            group_heading(page, report->image, places[i].finding, lang);
        // Several findings of one rule in a row share what to do.
        bool last = i + 1 == shown || places[i].group != places[i + 1].group ||
                    places[i].finding->rule != places[i + 1].finding->rule;
        tw_report_finding_text(page, report->image, places[i].finding, last, lang);
    }
    if (shown < verdict->finding_count) {
        tw_page_blank_line(page);
        tw_page_printf(page, TW_INK_DIM, tw_word(TW_WORD_MORE_FINDINGS, lang),
            verdict->finding_count - shown, tw_severity_name(verdict->findings[shown].severity));
        tw_page_line(page);
    }
    return 0;
}

int tw_report_write_text(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    struct tw_page page = tw_page_on(out, style);
    for (size_t i = 0; i < set->count; i++) {
        const struct tw_report *report = &set->reports[i];
        if (i > 0)
            tw_page_blank_line(&page);
        top(&page, report, set->reference, style->lang);
        if (findings(&page, report, style->lang) < 0)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        tw_report_contents(&page, report->image, style->lang);
    }
    return out->status < 0 ? tw_err_set(err, out->status, "the report is too large, or no memory")
                           : 0;
}
