#include "daemon/notify/event.h"

#include <string.h>

#include "scanner/base/json.h"

enum { DEPTH_MAX = 8, VALUES_MAX = 20000 };

const char *const tw_event_names[TW_EVENT_KINDS] = {
    [TW_EVENT_FINDINGS] = "findings",
    [TW_EVENT_DRIFT] = "drift",
    [TW_EVENT_DEAD_LETTER] = "dead-letter",
    [TW_EVENT_TEST] = "test",
};

// ---- out ----

// Members that are absent stay so.
static bool set(json_t *object, const char *name, const char *text)
{
    return !text || json_object_set_new(object, name, json_string(text)) == 0;
}

static json_t *finding_json(const struct tw_event_finding *f)
{
    json_t *json = json_object();
    if (json && set(json, "rule", f->rule) &&
        set(json, "severity", tw_severity_name(f->severity)) &&
        set(json, "platform", f->platform) && set(json, "binary", f->binary) &&
        set(json, "fingerprint", f->fingerprint) && set(json, "en", f->message[TW_EN]) &&
        set(json, "zh", f->message[TW_ZH]))
        return json;
    json_decref(json);
    return NULL;
}

static bool set_findings(json_t *root, const struct tw_event *event)
{
    json_t *list = json_array(), *more = json_object();
    bool good = json_object_set_new(root, "findings", list) == 0;
    for (size_t i = 0; good && i < event->count; i++)
        good = json_array_append_new(list, finding_json(&event->findings[i])) == 0;
    good &= json_object_set_new(root, "more", more) == 0;
    for (int s = 0; good && s < TW_SEVERITY_COUNT; s++) {
        if (event->more[s])
            good = json_object_set_new(more, tw_severity_name((enum tw_severity)s),
                       json_integer(event->more[s])) == 0;
    }
    return good;
}

static int append(const char *bytes, size_t size, void *out)
{
    return tw_buf_append(out, bytes, size) < 0 ? -1 : 0;
}

int tw_event_write(const struct tw_event *event, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *root = json_object();
    bool good = root && set(root, "registry", event->registry) &&
                set(root, "repository", event->repository) && set(root, "tag", event->tag) &&
                set(root, "digest", event->digest) && set(root, "previous", event->previous) &&
                set(root, "decision", event->decision) && set(root, "scan", event->scan) &&
                set(root, "error", event->error) && set(root, "message", event->message) &&
                set_findings(root, event);
    if (good && event->attempts)
        good = json_object_set_new(root, "attempts", json_integer(event->attempts)) == 0;
    if (!good)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (json_dump_callback(root, append, out, JSON_COMPACT) < 0)
        return tw_err_set(err, out->status ? out->status : TW_E_NOMEM, "the event does not fit");
    return 0;
}

// ---- in ----

struct reading {
    struct tw_arena *arena;
    bool short_of_memory;
};

// `fallback` when it is absent.
static const char *text(
    struct reading *r, const json_t *object, const char *name, const char *fallback)
{
    const char *value = tw_json_string(object, name);
    char *copy = value ? tw_arena_strdup(r->arena, value) : NULL;
    r->short_of_memory |= value && !copy;
    return value ? copy : fallback;
}

static int read_finding(struct reading *r, const json_t *json, struct tw_event_finding *f)
{
    const char *severity = tw_json_string(json, "severity");
    f->rule = text(r, json, "rule", "");
    f->platform = text(r, json, "platform", NULL);
    f->binary = text(r, json, "binary", NULL);
    f->fingerprint = text(r, json, "fingerprint", "");
    f->message[TW_EN] = text(r, json, "en", "");
    f->message[TW_ZH] = text(r, json, "zh", f->message[TW_EN]);
    return severity ? tw_severity_parse(severity, &f->severity, NULL) : TW_E_FORMAT;
}

static int read_findings(struct reading *r, const json_t *root, struct tw_event *event)
{
    size_t i;
    json_t *item;
    const json_t *more = json_object_get(root, "more");
    json_array_foreach(json_object_get(root, "findings"), i, item)
    {
        struct tw_event_finding *f = tw_arena_push(r->arena, &event->findings, &event->count);
        if (!f)
            return TW_E_NOMEM;
        if (read_finding(r, item, f) < 0 || event->count > TW_EVENT_FINDINGS_MAX)
            return TW_E_FORMAT;
    }
    for (int s = 0; s < TW_SEVERITY_COUNT; s++) {
        json_int_t n =
            json_integer_value(json_object_get(more, tw_severity_name((enum tw_severity)s)));
        event->more[s] = n > 0 && n < UINT16_MAX * 16 ? (unsigned)n : 0;
    }
    return 0;
}

static int find_kind(const char *name, enum tw_event_kind *ret_kind)
{
    for (unsigned i = 0; i < TW_EVENT_KINDS; i++) {
        if (strcmp(tw_event_names[i], name) == 0) {
            *ret_kind = (enum tw_event_kind)i;
            return 0;
        }
    }
    return TW_E_FORMAT;
}

int tw_event_read(struct tw_span json, const char *kind, int64_t at_ms, struct tw_arena *arena,
    struct tw_event *ret_event, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *root = NULL;
    struct reading r = {.arena = arena};
    struct tw_event event = {.at_ms = at_ms};
    int code = tw_json_parse(
        json, (struct tw_json_caps){TW_EVENT_BYTES_MAX, DEPTH_MAX, VALUES_MAX}, &root, err);
    if (code < 0)
        return code;
    code = find_kind(kind, &event.kind);
    event.registry = text(&r, root, "registry", "");
    event.repository = text(&r, root, "repository", "");
    event.tag = text(&r, root, "tag", "");
    event.digest = text(&r, root, "digest", "");
    event.previous = text(&r, root, "previous", NULL);
    event.decision = text(&r, root, "decision", NULL);
    event.scan = text(&r, root, "scan", NULL);
    event.error = text(&r, root, "error", NULL);
    event.message = text(&r, root, "message", NULL);
    json_int_t attempts = json_integer_value(json_object_get(root, "attempts"));
    event.attempts = attempts > 0 && attempts < UINT16_MAX ? (unsigned)attempts : 0;
    if (code == 0)
        code = read_findings(&r, root, &event);
    if (r.short_of_memory || code == TW_E_NOMEM)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (code < 0)
        return tw_err_set(err, code, "this is no event of ours");
    *ret_event = event;
    return 0;
}

// ---- looking ----

unsigned tw_event_keep(struct tw_event *event, enum tw_severity min)
{
    size_t kept = 0;
    unsigned total = 0;
    for (size_t i = 0; i < event->count; i++) {
        if (event->findings[i].severity >= min)
            event->findings[kept++] = event->findings[i];
    }
    event->count = kept;
    for (int s = 0; s < TW_SEVERITY_COUNT; s++) {
        event->more[s] = s >= (int)min ? event->more[s] : 0;
        total += event->more[s];
    }
    return total + (unsigned)kept;
}

const char *tw_event_reference(const struct tw_event *event, struct tw_arena *arena)
{
    bool has_tag = event->tag[0] != '\0';
    return tw_arena_printf(arena, "%s/%s%s%s", event->registry, event->repository,
        has_tag            ? ":"
        : event->digest[0] ? "@"
                           : "",
        has_tag ? event->tag : event->digest);
}
