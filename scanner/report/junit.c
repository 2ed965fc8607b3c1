#include "scanner/report/junit.h"

#include <stdio.h>
#include <string.h>

#include "scanner/report/naming.h"
#include "scanner/report/words.h"
#include "scanner/report/xml.h"

// One suite being written.
struct suite {
    const struct tw_report *report;
    const char *name;
    const struct tw_finding **findings; // those of one case together
    size_t finding_count;
    size_t tests, failures, errors, skipped;
};

// The class name of cases on the image as a whole; a program's begins with a slash.
#define WHOLE "image"

// ---- cases ----

static int compare_cases(const struct tw_finding *a, const struct tw_finding *b)
{
    int order = strcmp(a->rule->id, b->rule->id);
    if (order == 0)
        order = (a->binary != NULL) - (b->binary != NULL);
    return order == 0 && a->binary && b->binary ? strcmp(a->binary, b->binary) : order;
}

// By rule and program; within a case in the order of the verdict, the worst first.
static int by_case(const void *va, const void *vb)
{
    const struct tw_finding *a = *(const struct tw_finding *const *)va;
    const struct tw_finding *b = *(const struct tw_finding *const *)vb;
    int order = compare_cases(a, b);
    return order ? order : a < b ? -1 : a > b;
}

static size_t case_size(const struct suite *suite, size_t first)
{
    size_t n = 1;
    while (first + n < suite->finding_count &&
           compare_cases(suite->findings[first], suite->findings[first + n]) == 0)
        n++;
    return n;
}

enum outcome { OUTPUT, FAILURE, SKIPPED };
static const char *const elements[] = {
    [OUTPUT] = "system-out", [FAILURE] = "failure", [SKIPPED] = "skipped"};

// A case whose findings are all waived is skipped. Where the verdict does not deny, the policy lets
// what is at or above its fail_on pass.
static enum outcome outcome_of(const struct suite *suite, size_t first, size_t n)
{
    const struct tw_verdict *verdict = suite->report->verdict;
    enum outcome outcome = SKIPPED;
    for (size_t i = first; i < first + n; i++) {
        const struct tw_finding *finding = suite->findings[i];
        if (finding->waiver_until)
            continue;
        if (verdict->decision == TW_DENY && finding->severity >= verdict->fail_on)
            return FAILURE;
        outcome = OUTPUT;
    }
    return outcome;
}

static bool is_clean(const struct suite *suite)
{
    return suite->finding_count == 0 && suite->report->image->status == TW_COMPLETE;
}

static int prepare(const struct tw_report_set *set, size_t index, struct tw_arena *arena,
    struct suite *suite, struct tw_err *err)
{
    const struct tw_verdict *verdict = set->reports[index].verdict;
    const struct tw_image_inventory *image = set->reports[index].image;
    suite->report = &set->reports[index];
    suite->name = tw_report_title(arena, set, index);
    suite->findings = tw_arena_alloc(arena, (verdict->finding_count + 1) * sizeof(void *));
    if (!suite->name || !suite->findings)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    suite->finding_count = verdict->finding_count;
    for (size_t i = 0; i < suite->finding_count; i++)
        suite->findings[i] = &verdict->findings[i];
    qsort(suite->findings, suite->finding_count, sizeof *suite->findings, by_case);
    for (size_t i = 0, n; i < suite->finding_count; i += n) {
        n = case_size(suite, i);
        suite->tests++;
        suite->failures += outcome_of(suite, i, n) == FAILURE;
        suite->skipped += outcome_of(suite, i, n) == SKIPPED;
    }
    suite->errors = image->status != TW_COMPLETE;
    suite->tests += 1 + is_clean(suite);
    return 0;
}

// ---- writing ----

// ` name="value"`
static void attribute(struct tw_buf *out, const char *name, const char *value)
{
    tw_buf_printf(out, " %s=\"", name);
    tw_xml_text(out, value);
    tw_buf_puts(out, "\"");
}

static void number(struct tw_buf *out, const char *name, size_t value)
{
    tw_buf_printf(out, " %s=\"%zu\"", name, value);
}

static void property(struct tw_buf *out, const char *name, const char *value)
{
    tw_buf_puts(out, "      <property");
    attribute(out, "name", name);
    attribute(out, "value", value);
    tw_buf_puts(out, "/>\n");
}

// `path` NULL: the image as a whole.
static void begin_case(struct tw_buf *out, const char *path, const char *name)
{
    tw_buf_puts(out, "    <testcase classname=\"");
    tw_buf_puts(out, path && *path != '/' ? "/" : "");
    tw_xml_text(out, path ? path : WHOLE);
    tw_buf_puts(out, "\"");
    attribute(out, "name", name);
    tw_buf_puts(out, " time=\"0\"");
}

// The words are our own table's, never an image's.
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void waiver_text(struct tw_buf *out, const struct tw_finding *finding, enum tw_lang lang)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TW_REPORT_NAME_MAX_BYTES);
    tw_buf_printf(&text, tw_word(TW_WORD_WAIVED, lang), finding->waiver_who, finding->waiver_until,
        finding->waiver_reason);
    tw_xml_text(out, text.data);
    tw_buf_puts(out, "\n");
}

static void finding_text(struct tw_buf *out, const struct tw_finding *finding, enum tw_lang lang)
{
    const char *const lines[] = {finding->message, finding->remediation, finding->fingerprint};
    tw_xml_text(out, tw_severity_name(finding->severity));
    tw_buf_puts(out, ": ");
    tw_xml_text(out, finding->title);
    for (size_t i = 0; i < TW_COUNT(lines); i++) {
        tw_buf_puts(out, "\n");
        tw_xml_text(out, lines[i]);
    }
    tw_buf_puts(out, "\n");
    if (finding->waiver_until)
        waiver_text(out, finding, lang);
}

static void findings_case(
    struct tw_buf *out, const struct suite *suite, size_t first, size_t n, enum tw_lang lang)
{
    const struct tw_finding *worst = suite->findings[first];
    enum outcome outcome = outcome_of(suite, first, n);
    char name[128];
    snprintf(name, sizeof name, "%s %s", worst->rule->id, worst->rule->name);
    begin_case(out, worst->binary, name);
    tw_buf_printf(out, ">\n      <%s", elements[outcome]);
    if (outcome == FAILURE) {
        attribute(out, "message", worst->title);
        attribute(out, "type", tw_severity_name(worst->severity));
    }
    tw_buf_puts(out, ">");
    for (size_t i = first; i < first + n; i++)
        finding_text(out, suite->findings[i], lang);
    tw_buf_printf(out, "</%s>\n    </testcase>\n", elements[outcome]);
}

static void completeness_case(struct tw_buf *out, const struct suite *suite, enum tw_lang lang)
{
    const struct tw_image_inventory *image = suite->report->image;
    begin_case(out, NULL, "completeness");
    if (image->status == TW_COMPLETE) {
        tw_buf_puts(out, "/>\n");
        return;
    }
    tw_buf_puts(out, ">\n      <error");
    attribute(out, "message",
        tw_word(image->status == TW_FAILED ? TW_WORD_FAILED : TW_WORD_PARTIAL, lang));
    attribute(out, "type", tw_completeness_name(image->status));
    tw_buf_puts(out, ">");
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        const char *const parts[] = {note->layer, note->path, note->code};
        for (size_t j = 0; note->incomplete && j < TW_COUNT(parts); j++) {
            tw_xml_text(out, parts[j]);
            tw_buf_puts(out, !parts[j] ? "" : j < TW_COUNT(parts) - 1 ? " " : ": ");
        }
        tw_xml_text(out, note->incomplete ? note->message : NULL);
        tw_buf_puts(out, note->incomplete ? "\n" : "");
    }
    tw_buf_puts(out, "</error>\n    </testcase>\n");
}

static void write_counts(
    struct tw_buf *out, const char *name, size_t tests, size_t failures, size_t errors)
{
    attribute(out, "name", name);
    number(out, "tests", tests);
    number(out, "failures", failures);
    number(out, "errors", errors);
}

static void write_suite(struct tw_buf *out, const struct suite *suite, enum tw_lang lang)
{
    const struct tw_image_inventory *image = suite->report->image;
    tw_buf_puts(out, "  <testsuite");
    write_counts(out, suite->name, suite->tests, suite->failures, suite->errors);
    number(out, "skipped", suite->skipped);
    tw_buf_puts(out, " time=\"0\">\n    <properties>\n");
    property(out, "tidewaiter.version", TW_VERSION);
    property(out, "tidewaiter.decision", tw_decision_name(suite->report->verdict->decision));
    property(out, "tidewaiter.policy", suite->report->verdict->policy);
    property(out, "tidewaiter.completeness", tw_completeness_name(image->status));
    if (tw_digest_is_set(&image->digest))
        property(out, "tidewaiter.digest", image->digest.text);
    tw_buf_puts(out, "    </properties>\n");
    completeness_case(out, suite, lang);
    if (is_clean(suite)) {
        begin_case(out, NULL, "no-findings");
        tw_buf_puts(out, "/>\n");
    }
    for (size_t i = 0; i < suite->finding_count; i += case_size(suite, i))
        findings_case(out, suite, i, case_size(suite, i), lang);
    tw_buf_puts(out, "  </testsuite>\n");
}

int tw_report_write_junit(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(TW_REPORT_ARENA_MAX_BYTES);
    struct suite *suites = arena ? tw_arena_alloc(arena, (set->count + 1) * sizeof *suites) : NULL;
    if (!suites)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct suite sum = {0};
    for (size_t i = 0; i < set->count; i++) {
        int r = prepare(set, i, arena, &suites[i], err);
        if (r < 0)
            return r;
        sum.tests += suites[i].tests;
        sum.failures += suites[i].failures;
        sum.errors += suites[i].errors;
    }
    tw_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    write_counts(out, "tidewaiter", sum.tests, sum.failures, sum.errors);
    tw_buf_puts(out, " time=\"0\">\n");
    for (size_t i = 0; i < set->count; i++)
        write_suite(out, &suites[i], style->lang);
    tw_buf_puts(out, "</testsuites>\n");
    return out->status < 0 ? tw_err_set(err, out->status, "the report is too large, or no memory")
                           : 0;
}
