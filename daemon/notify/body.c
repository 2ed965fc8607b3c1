#include "daemon/notify/body.h"

#include <stdio.h>

#include "scanner/base/json.h"
#include "scanner/base/text.h"

#define SCHEMA "tidewaiter.notification/v1"

static json_t *image_json(const struct tw_event *event)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "registry", tw_json_text_or_null(event->registry),
        "repository", tw_json_text_or_null(event->repository), "tag",
        tw_json_text_or_null(event->tag), "digest", tw_json_text_or_null(event->digest));
}

static json_t *finding_json(const struct tw_event_finding *f, enum tw_lang lang)
{
    const struct tw_rule *rule = tw_rule_find(f->rule);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "rule", f->rule, "severity",
        tw_severity_name(f->severity), "title",
        tw_json_text_or_null(rule ? rule->text[lang].title : NULL), "message",
        tw_json_text_or_null(f->message[lang]), "binary", tw_json_text_or_null(f->binary),
        "platform", tw_json_text_or_null(f->platform), "fingerprint", f->fingerprint);
}

static json_t *findings_json(const struct tw_event *event, enum tw_lang lang)
{
    json_t *list = json_array();
    for (size_t i = 0; i < event->count; i++) {
        if (json_array_append_new(list, finding_json(&event->findings[i], lang)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *counts_json(const struct tw_event *event)
{
    json_t *counts = json_object();
    unsigned n[TW_SEVERITY_COUNT];
    memcpy(n, event->more, sizeof n);
    for (size_t i = 0; i < event->count; i++)
        n[event->findings[i].severity]++;
    for (int s = TW_CRITICAL; s >= TW_INFO; s--) {
        if (json_object_set_new(counts, tw_severity_name((enum tw_severity)s), json_integer(n[s])) <
            0) {
            json_decref(counts);
            return NULL;
        }
    }
    return counts;
}

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static bool set_results(json_t *root, const struct tw_event *event, const struct tw_sink *sink)
{
    return set(root, "decision", tw_json_text_or_null(event->decision)) &&
           set(root, "previous", tw_json_text_or_null(event->previous)) &&
           set(root, "counts", counts_json(event)) &&
           set(root, "findings", findings_json(event, sink->lang));
}

static bool set_scan(json_t *root, const struct tw_event *event)
{
    return set(root, "scan",
        json_pack("{s:o, s:i, s:{s:o, s:o}}", "id", tw_json_text_or_null(event->scan), "attempts",
            (int)event->attempts, "error", "code", tw_json_text_or_null(event->error), "message",
            tw_json_text_or_null(event->message)));
}

json_t *tw_notify_body_json(const struct tw_sink *sink, const struct tw_dispatch *dispatch)
{
    const struct tw_event *event = &dispatch->events[0];
    char time[TW_TEXT_TIME_BYTES];
    tw_text_time(event->at_ms, time);
    json_t *root = json_pack("{s:s, s:s, s:s, s:s}", "schema", SCHEMA, "id", dispatch->id, "event",
        tw_event_names[event->kind], "time", time);
    bool good = root != NULL;
    if (good && event->kind != TW_EVENT_TEST)
        good = set(root, "image", image_json(event)) &&
               (event->kind == TW_EVENT_DEAD_LETTER ? set_scan(root, event)
                                                    : set_results(root, event, sink));
    if (good)
        return root;
    json_decref(root);
    return NULL;
}

static int append(const char *bytes, size_t size, void *out)
{
    return tw_buf_append(out, bytes, size) < 0 ? -1 : 0;
}

int tw_body_write(json_t *json, struct tw_buf *out, struct tw_err *err)
{
    int r = json ? json_dump_callback(json, append, out, JSON_COMPACT) : -1;
    json_decref(json);
    return r < 0 ? tw_err_set(err, out->status ? out->status : TW_E_NOMEM, "out of memory") : 0;
}
