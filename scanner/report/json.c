#include "scanner/report/json.h"

#include "scanner/base/json.h"
#include "scanner/facts/release.h"
#include "scanner/report/binary.h"

static json_t *digest_or_null(const struct tw_digest *digest)
{
    return tw_digest_is_set(digest) ? json_string(digest->text) : json_null();
}

json_t *tw_report_tool_json(void)
{
    return json_pack("{s:s, s:s, s:s}", "name", "tidewaiter", "version", TW_VERSION, "facts",
        tw_facts_version());
}

static json_t *layers_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->layer_count; i++) {
        const struct tw_image_layer *layer = &image->layers[i];
        json_array_append_new(list,
            json_pack("{s:s, s:o, s:I, s:o}", "digest", layer->digest.text, "media_type",
                tw_json_or_null(layer->media_type), "size_bytes", (json_int_t)layer->size_bytes,
                "created_by", tw_json_or_null(layer->created_by)));
    }
    return list;
}

static json_t *image_json(const struct tw_image_inventory *image)
{
    json_t *platform =
        json_pack("{s:o, s:o, s:o}", "os", tw_json_or_null(image->os), "architecture",
            tw_json_or_null(image->architecture), "variant", tw_json_or_null(image->variant));
    json_t *labels = json_object();
    for (size_t i = 0; i < image->label_count; i++)
        json_object_set_new(labels, image->labels[i].name, json_string(image->labels[i].value));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "reference",
        tw_json_or_null(image->reference), "registry", tw_json_or_null(image->registry),
        "repository", tw_json_or_null(image->repository), "tag", tw_json_or_null(image->tag),
        "digest", digest_or_null(&image->digest), "media_type", tw_json_or_null(image->media_type),
        "platform", platform, "created", tw_json_or_null(image->created), "layers",
        layers_json(image), "labels", labels, "certificates", tw_json_or_null(image->certificates),
        "zone_data", tw_json_or_null(image->zone_data));
}

static json_t *completeness_json(const struct tw_image_inventory *image)
{
    json_t *notes = json_array();
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        json_array_append_new(
            notes, json_pack("{s:o, s:o, s:s, s:s, s:b}", "layer", tw_json_or_null(note->layer),
                       "path", tw_json_or_null(note->path), "code", note->code, "message",
                       note->message, "incomplete", note->incomplete));
    }
    return json_pack("{s:s, s:o}", "status", tw_completeness_name(image->status), "notes", notes);
}

static json_t *environment_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->env_count; i++) {
        const struct tw_env_var *var = &image->env[i];
        json_t *set_by =
            !var->instruction
                ? json_null()
                : json_pack("{s:s, s:o}", "instruction", var->instruction, "history_index",
                      var->history_index < 0 ? json_null()
                                             : json_integer((json_int_t)var->history_index));
        json_array_append_new(list,
            json_pack("{s:s, s:s, s:o}", "name", var->name, "value", var->value, "set_by", set_by));
    }
    return list;
}

static json_t *strings_json(const char *const *strings, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(strings[i]));
    return list;
}

static json_t *binaries_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *file = &image->binaries[i];
        if (!file->bin->is_go)
            continue; // packed: kept for TW904
        json_t *json =
            tw_binary_json(file->layer, file->path, file->size_bytes, &file->sha256, file->bin);
        if (file->alias_count > 0)
            json_object_set_new(json, "aliases", strings_json(file->aliases, file->alias_count));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *toolchains_json(const struct tw_image_inventory *image)
{
    json_t *list = json_array();
    for (size_t i = 0; i < image->toolchain_count; i++) {
        const struct tw_toolchain *toolchain = &image->toolchains[i];
        json_array_append_new(
            list, json_pack("{s:s+, s:s, s:o}", "root", "/", toolchain->root, "version",
                      toolchain->version, "layer", tw_json_or_null(toolchain->layer)));
    }
    return list;
}

static json_t *evidence_json(const struct tw_evidence *evidence)
{
    const struct {
        const char *key, *value;
    } fields[] = {
        {"kind", evidence->kind},
        {"name", evidence->name},
        {"value", evidence->value},
        {"instruction", evidence->instruction},
        {"layer", evidence->layer},
        {"path", evidence->path},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < TW_COUNT(fields); i++) {
        if (fields[i].value)
            json_object_set_new(json, fields[i].key, json_string(fields[i].value));
    }
    return json;
}

json_t *tw_report_finding_json(const struct tw_finding *finding)
{
    json_t *evidence = json_array();
    for (size_t i = 0; i < finding->evidence_count; i++)
        json_array_append_new(evidence, evidence_json(&finding->evidence[i]));
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s}", "rule", finding->rule->id,
        "severity", tw_severity_name(finding->severity), "title", finding->title, "message",
        finding->message, "binary", tw_json_or_null(finding->binary), "evidence", evidence,
        "remediation", finding->remediation, "fingerprint", finding->fingerprint);
    if (json && finding->waiver_until)
        json_object_set_new(json, "waived",
            json_pack("{s:s, s:s, s:s}", "reason", finding->waiver_reason, "who",
                finding->waiver_who, "until", finding->waiver_until));
    return json;
}

static json_t *findings_json(const struct tw_verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->finding_count; i++)
        json_array_append_new(list, tw_report_finding_json(&verdict->findings[i]));
    return list;
}

static json_t *verdict_json(const struct tw_verdict *verdict)
{
    json_t *counts = json_object();
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0; s--)
        json_object_set_new(counts, tw_severity_name((enum tw_severity)s),
            json_integer((json_int_t)verdict->counts[s]));
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:i}", "decision",
        tw_decision_name(verdict->decision), "policy", verdict->policy, "channel",
        tw_json_or_null(verdict->channel), "fail_on", tw_severity_name(verdict->fail_on), "counts",
        counts, "waived", (int)verdict->waived);
}

static json_t *report_json(const struct tw_report *report)
{
    const struct tw_image_inventory *image = report->image;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
        "tidewaiter.report/v1", "tool", tw_report_tool_json(), "image", image_json(image),
        "completeness", completeness_json(image), "environment", environment_json(image),
        "go_binaries", binaries_json(image), "toolchains", toolchains_json(image), "findings",
        findings_json(report->verdict), "verdict", verdict_json(report->verdict));
}

static json_t *index_json(const struct tw_report_set *set)
{
    json_t *reports = json_array();
    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(reports, report_json(&set->reports[i]));
    return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "schema", "tidewaiter.index/v1", "tool",
        tw_report_tool_json(), "reference", tw_json_or_null(set->reference), "digest",
        set->index_digest.text, "media_type", tw_json_or_null(set->index_media_type), "reports",
        reports);
}

int tw_report_write_json(const struct tw_report_set *set, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    (void)style; // JSON has none; the verdict's texts are in the language that it was judged in
    bool is_index = tw_digest_is_set(&set->index_digest);
    if (!is_index && set->count != 1)
        return tw_err_set(err, TW_E_INTERNAL, "%zu reports without an index", set->count);
    json_t *json = is_index ? index_json(set) : report_json(&set->reports[0]);
    return tw_json_write(json, JSON_INDENT(2), out, err);
}
