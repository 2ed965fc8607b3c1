#include "scanner/report/sarif.h"

#include <string.h>

#include "scanner/report/binary.h"
#include "scanner/report/naming.h"
#include "scanner/report/purl.h"
#include "scanner/report/sarif_rule.h"

enum {
    RESULTS_MAX = 25000, // GitHub refuses a run with more
    RELATED_MAX = 100,   // GitHub shows no more locations of a result
    NOTIFICATIONS_MAX = 1000,
};

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

// One run being written.
struct run {
    const struct tw_report_set *set;
    const struct tw_report *report;
    struct tw_buf *room;
    struct tw_sarif_rules rules;
    size_t result_count;
    const char *title;    // of the image, with its platform
    const char *platform; // NULL
    const char *uri;      // of findings on the image as a whole
    enum tw_lang lang;
};

// ---- results ----

// `path` NULL: the image as a whole. GitHub wants a region; a binary has no lines.
static json_t *location_json(const struct run *run, const char *path, json_t *message)
{
    const char *uri = path ? tw_uri_of_path(run->room, path) : NULL;
    if (!uri && run->room->status == 0)
        uri = run->uri;
    return json_pack("{s:{s:{s:s}, s:{s:i, s:i, s:i, s:i}}, s:{s:o}}", "physicalLocation",
        "artifactLocation", "uri", uri, "region", "startLine", 1, "startColumn", 1, "endLine", 1,
        "endColumn", 1, "message", "text", message);
}

static json_t *main_location(const struct run *run, const struct tw_finding *finding)
{
    bool has_path = finding->binary && *finding->binary;
    json_t *message =
        json_sprintf("%s%s%s", run->title, has_path ? ": " : "", has_path ? finding->binary : "");
    return location_json(run, finding->binary, message);
}

// The programs that a finding on several speaks of.
static json_t *related_locations(const struct run *run, const struct tw_finding *finding)
{
    json_t *list = json_array();
    for (size_t i = 0; i < finding->evidence_count && json_array_size(list) < RELATED_MAX; i++) {
        const struct tw_evidence *evidence = &finding->evidence[i];
        if (evidence->path && *evidence->path && strcmp(evidence->kind, "binary") == 0)
            list = tw_json_append(
                list, location_json(run, evidence->path, json_string(evidence->path)));
    }
    return list;
}

// An empty list says that the finding is not suppressed; none at all, that nobody knows.
static json_t *suppressions_json(const struct tw_finding *finding)
{
    json_t *list = json_array();
    if (!finding->waiver_until)
        return list;
    return tw_json_append(list,
        json_pack("{s:s, s:s, s:o}", "kind", "external", "status", "accepted", "justification",
            json_sprintf("%s (%s, until %s)", finding->waiver_reason, finding->waiver_who,
                finding->waiver_until)));
}

static json_t *result_json(const struct run *run, const struct tw_finding *finding)
{
    json_t *json = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[o], s:{s:o}, s:o, s:{s:s, s:s, s:s}}", //
        "ruleId", finding->rule->id,                                                             //
        "ruleIndex", (int)tw_sarif_rule_index(&run->rules, finding->rule),                       //
        "level", tw_sarif_level(finding->severity),                                              //
        "message", "text", json_sprintf("%s\n%s", finding->message, finding->remediation),       //
        "locations", main_location(run, finding),                                                //
        "partialFingerprints", "primaryLocationLineHash",
        json_sprintf("%s:1", finding->fingerprint), //
        "suppressions", suppressions_json(finding), //
        "properties", "severity", tw_severity_name(finding->severity), "title", finding->title,
        "remediation", finding->remediation);
    json_t *related = finding->binary ? json_array() : related_locations(run, finding);
    if (json_array_size(related) == 0)
        json_decref(related);
    else if (json_object_set_new(json, "relatedLocations", related) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *results_json(const struct run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->result_count; i++)
        list = tw_json_append(list, result_json(run, &run->report->verdict->findings[i]));
    return list;
}

// ---- what was not looked at ----

static json_t *notification_json(const char *level, json_t *text)
{
    return json_pack("{s:s, s:{s:o}}", "level", level, "message", "text", text);
}

// Of the findings that are not written; waived ones come last whatever they are.
static enum tw_severity worst_of_rest(const struct tw_verdict *verdict)
{
    enum tw_severity worst = TW_INFO;
    for (size_t i = RESULTS_MAX; i < verdict->finding_count; i++) {
        if (verdict->findings[i].severity > worst)
            worst = verdict->findings[i].severity;
    }
    return worst;
}

static json_t *notifications_json(const struct run *run)
{
    const struct tw_image_inventory *image = run->report->image;
    size_t findings = run->report->verdict->finding_count;
    json_t *list = json_array();
    for (size_t i = 0; i < image->note_count && i < NOTIFICATIONS_MAX; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        json_t *text =
            json_sprintf("%s%s%s%s%s: %s", note->layer ? note->layer : "", note->layer ? " " : "",
                note->path ? note->path : "", note->path ? " " : "", note->code, note->message);
        list = tw_json_append(list, notification_json(note->incomplete ? "error" : "note", text));
    }
    if (image->note_count > NOTIFICATIONS_MAX)
        list = tw_json_append(
            list, notification_json("error",
                      json_sprintf("and %zu more notes", image->note_count - NOTIFICATIONS_MAX)));
    if (findings > RESULTS_MAX)
        list = tw_json_append(list,
            notification_json("warning",
                json_sprintf("and %zu more findings, none worse than %s", findings - RESULTS_MAX,
                    tw_severity_name(worst_of_rest(run->report->verdict)))));
    return list;
}

// ---- the run ----

static json_t *properties_json(const struct run *run)
{
    const struct tw_image_inventory *image = run->report->image;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "imageName", tw_report_name(run->set, image),
        "completeness", tw_completeness_name(image->status), "decision",
        tw_decision_name(run->report->verdict->decision), "policy", run->report->verdict->policy);
    const struct {
        const char *key, *value;
    } known[] = {
        {"imageDigest", tw_digest_is_set(&image->digest) ? image->digest.text : NULL},
        {"platform", run->platform},
    };
    for (size_t i = 0; i < TW_COUNT(known); i++) {
        if (known[i].value &&
            json_object_set_new(json, known[i].key, json_string(known[i].value)) < 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

static json_t *run_json(const struct run *run, const char *series)
{
    return json_pack("{s:{s:{s:s, s:s, s:s, s:o}}, s:{s:o}, s:[{s:b, s:o}], s:s, s:o, s:o}", //
        "tool", "driver", "name", "tidewaiter", "version", TW_VERSION, "semanticVersion",
        TW_VERSION, "rules", tw_sarif_rules_json(&run->rules, run->lang), //
        "automationDetails", "id", json_sprintf("%s/", series),           //
        "invocations", "executionSuccessful", run->report->image->status != TW_FAILED,
        "toolExecutionNotifications", notifications_json(run), //
        "columnKind", "utf16CodeUnits", "results", results_json(run), "properties",
        properties_json(run));
}

static int write_run(const struct tw_report_set *set, size_t index, enum tw_lang lang,
    json_t **runs, struct tw_err *err)
{
    const struct tw_report *report = &set->reports[index];
    const struct tw_image_inventory *image = report->image;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(TW_REPORT_ARENA_MAX_BYTES);
    if (!arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    const char *whole = image->dockerfile ? image->dockerfile : image->repository;
    TW_AUTO(tw_buf_done) struct tw_buf room = TW_BUF(TW_REPORT_NAME_MAX_BYTES);
    const char *whole_uri = whole ? tw_uri_of_path(&room, whole) : NULL;
    const char *uri = tw_arena_strdup(arena, whole_uri ? whole_uri : "image");
    const char *series = tw_report_series(arena, set, index);
    struct run run = {
        .set = set,
        .report = report,
        .room = &room,
        .result_count = report->verdict->finding_count < RESULTS_MAX
                            ? report->verdict->finding_count
                            : RESULTS_MAX,
        .title = tw_report_title(arena, set, index),
        .platform = tw_report_platform(arena, image),
        .uri = uri,
        .lang = lang,
    };
    if (!series || !uri || !run.title || room.status < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_sarif_rules_of(report->verdict, run.result_count, arena, &run.rules, err);
    if (r == 0)
        *runs = tw_json_append(*runs, run_json(&run, series));
    return r;
}

int tw_report_write_sarif(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    json_t *runs = json_array();
    int r = 0;
    for (size_t i = 0; i < set->count && r == 0; i++)
        r = write_run(set, i, style->lang, &runs, err);
    if (r < 0) {
        json_decref(runs);
        return r;
    }
    return tw_json_write(
        json_pack("{s:s, s:s, s:o}", "$schema", SCHEMA, "version", "2.1.0", "runs", runs),
        JSON_INDENT(2), out, err);
}
